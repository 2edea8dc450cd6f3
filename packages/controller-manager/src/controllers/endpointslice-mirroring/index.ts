import { type EndpointSlice, type Endpoints, objectKey, type Service } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, create, type Decision, NOTHING, remove, tell, update } from '../../framework/actions.js';
import { configured } from '../../framework/configured.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { MANAGED_BY_LABEL, SERVICE_LABEL } from '../endpointslice/slices.js';
import { MIRROR, mirror } from './mirror.js';

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
const MAX = 1000;
const INDEX = 'mirror-of';
const CONCURRENCY = { flag: 'mirroring-concurrent-service-endpoint-syncs', workers: 5 };

export const endpointSliceMirroring = configured({
  name: 'endpointslice-mirroring',
  concurrency: CONCURRENCY,
  flags: {
    'mirroring-max-endpoints-per-subset': {
      type: 'number',
      default: MAX,
      description: 'Addresses of a subset of Endpoints that are mirrored into EndpointSlices',
    },
  },
  check: ({ 'mirroring-max-endpoints-per-subset': max }) =>
    Number.isInteger(max) && max >= 1 && max <= MAX
      ? undefined
      : `--mirroring-max-endpoints-per-subset: must be a whole number from 1 to ${MAX}`,
  make: (args) => mirroring(args['mirroring-max-endpoints-per-subset']),
});

/** Says in EndpointSlices what Endpoints of Services without a selector say, whom somebody else writes. */
export function mirroring(max: number): Controller {
  return reconciler<Endpoints>({
    name: 'endpointslice-mirroring',
    resource: resources.endpoints,
    concurrency: CONCURRENCY,
    setUp({ informers, loop }) {
      const services = informers.for(resources.services);
      const slices = informers.for(resources.endpointSlices, { indices: { [INDEX]: keysOf } });
      loop.feed(services, (it) => [objectKey(it)]);
      loop.feed(slices, (it, old) => [...keysOf(it), ...(old === undefined ? [] : keysOf(old))]);
      const mirrorsOf = (key: string) => slices.indexer.byIndex(INDEX, key);
      return {
        decide(endpoints) {
          const { namespace = '', name = '' } = endpoints.metadata;
          const mirrors = mirrorsOf(objectKey(endpoints));
          const isWanted = isMirrored(endpoints, services.get(namespace, name));
          return isWanted ? decide(endpoints, mirrors, max) : { steps: [removals(mirrors)] };
        },
        // The garbage collector would, were their owner's uid known to it: here they go at once.
        absent: (key) => {
          const mirrors = mirrorsOf(key);
          return mirrors.length === 0 ? NOTHING : { steps: [removals(mirrors)] };
        },
      };
    },
  });
}

function keysOf({ metadata: { namespace, labels = {} } }: EndpointSlice): string[] {
  const service = labels[SERVICE_LABEL];
  return labels[MANAGED_BY_LABEL] === MIRROR && service ? [`${namespace}/${service}`] : [];
}

/** Whose Service has no selector, and who neither is a lock nor asks to be left alone. */
function isMirrored({ metadata: { labels, annotations, deletionTimestamp } }: Endpoints, service: Service | undefined) {
  return (
    deletionTimestamp === undefined &&
    labels?.[SKIP_LABEL] !== 'true' &&
    annotations?.[LEADER_ANNOTATION] === undefined &&
    service !== undefined &&
    service.spec?.selector === undefined
  );
}

function decide(endpoints: Endpoints, mirrors: readonly EndpointSlice[], max: number): Decision {
  const { create: missing, update: changed, remove: spare, invalid, skipped } = mirror(endpoints, mirrors, max);
  const words: Action[] = [];
  if (invalid > 0) {
    const text = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`;
    words.push(tell('Warning', 'InvalidIPAddress', text));
  }
  if (skipped > invalid) {
    const text =
      `A max of ${max} addresses can be mirrored to EndpointSlices per Endpoints subset. ` +
      `${skipped} addresses were skipped`;
    words.push(tell('Warning', 'TooManyAddressesToMirror', text));
  }
  return {
    steps: [
      words,
      missing.map((it) => create(resources.endpointSlices, it)),
      changed.map((it) => update(resources.endpointSlices, it, { ignore: ['NotFound'] })),
      removals(spare),
    ],
  };
}

function removals(slices: readonly EndpointSlice[]): Action[] {
  return slices.map((it) => remove(resources.endpointSlices, it, { ignore: ['Conflict'] }));
}
