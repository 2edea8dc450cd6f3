import { type EndpointSlice, objectKey, type Service } from '@keelson/api';
import { resources } from '@keelson/client';
import { create, NOTHING, remove, update } from '../../framework/actions.js';
import { configured } from '../../framework/configured.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { familiesOf, portGroups } from './endpoints.js';
import { followSelected, selectedPods, selectsPods } from './selected-pods.js';
import { MANAGED_BY_LABEL, MANAGER, planSlices, SERVICE_LABEL } from './slices.js';

const INDEX = 'service';
const MAX = 1000;
const CONCURRENCY = { flag: 'concurrent-service-endpoint-syncs', workers: 5 };

export const endpointSliceController = configured({
  name: 'endpointslice',
  concurrency: CONCURRENCY,
  flags: {
    'max-endpoints-per-slice': { type: 'number', default: 100, description: 'Endpoints that an EndpointSlice holds' },
  },
  check: ({ 'max-endpoints-per-slice': max }) =>
    Number.isInteger(max) && max >= 1 && max <= MAX
      ? undefined
      : `--max-endpoints-per-slice: must be a whole number from 1 to ${MAX}`,
  make: (args) => endpointSlices(args['max-endpoints-per-slice']),
});

/** Says which pods answer for each Service, in EndpointSlices of each of its families. */
function endpointSlices(max: number): Controller {
  return reconciler<Service>({
    name: 'endpointslice',
    resource: resources.services,
    concurrency: CONCURRENCY,
    setUp({ informers, owners, loop }) {
      const pods = informers.for(resources.pods);
      const nodes = informers.for(resources.nodes);
      const slices = informers.for(resources.endpointSlices, { indices: { [INDEX]: serviceOf } });
      const zoneOf = (name: string) => nodes.get('', name)?.metadata.labels?.['topology.kubernetes.io/zone'];
      loop.feed(slices, (it, old) => [it, ...(old === undefined ? [] : [old])].filter(isOurs).flatMap(serviceOf));
      followSelected(loop, owners, pods);
      return (service) => {
        // The slices of a Service that goes are the garbage collector's.
        if (!selectsPods(service) || service.metadata.deletionTimestamp !== undefined) return NOTHING;
        const chosen = selectedPods(service, pods);
        const existing = slices.indexer
          .byIndex(INDEX, objectKey(service))
          .filter((it) => isOurs(it) && it.metadata.deletionTimestamp === undefined);
        const families = familiesOf(service);
        const plans = families.map((family) =>
          planSlices(
            service,
            portGroups(service, chosen, zoneOf, family),
            existing.filter((it) => it.addressType === family),
            max,
            family,
          ),
        );
        const stray = existing.filter((it) => !families.some((family) => family === it.addressType));
        const spare = [...plans.flatMap((it) => it.remove), ...stray];
        return {
          steps: [
            plans.flatMap((it) => it.create).map((it) => create(resources.endpointSlices, it)),
            plans
              .flatMap((it) => it.update)
              .map((it) => update(resources.endpointSlices, it, { ignore: ['NotFound'] })),
            spare.map((it) => remove(resources.endpointSlices, it, { ignore: ['Conflict'] })),
          ],
        };
      };
    },
  });
}

function serviceOf({ metadata: { namespace, labels = {} } }: EndpointSlice): string[] {
  const service = labels[SERVICE_LABEL];
  return service ? [`${namespace}/${service}`] : [];
}

function isOurs({ metadata }: EndpointSlice): boolean {
  return metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
}
