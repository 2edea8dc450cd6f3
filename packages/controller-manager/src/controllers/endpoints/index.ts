import { deepEqual, type Endpoints, objectKey, type Service } from '@keelson/api';
import { resources } from '@keelson/client';
import { create, type Decision, NOTHING, remove, update } from '../../framework/actions.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { familiesOf, portGroups } from '../endpointslice/endpoints.js';
import { followSelected, selectedPods, selectsPods } from '../endpointslice/selected-pods.js';
import { subsetsOf, truncated } from './subsets.js';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MANAGER = 'endpoint-controller';
const HEADLESS = 'service.kubernetes.io/headless';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
/** Addresses that one object names at the most. */
const MAX = 1000;

/** Keeps Endpoints, the form before EndpointSlices, for those who still read it. */
export const endpointsController: Controller = reconciler<Service>({
  name: 'endpoints',
  resource: resources.services,
  concurrency: { flag: 'concurrent-endpoint-syncs', workers: 5 },
  setUp({ informers, owners, loop }) {
    const pods = informers.for(resources.pods);
    const endpoints = informers.for(resources.endpoints);
    const isOurs = ({ metadata }: Endpoints) => metadata.labels?.[MANAGED_BY] !== undefined;
    loop.feed(endpoints, (it) => (isOurs(it) ? [objectKey(it)] : []));
    followSelected(loop, owners, pods);
    return {
      decide(service) {
        if (!selectsPods(service)) return NOTHING;
        const { namespace = '', name = '' } = service.metadata;
        const chosen = selectedPods(service, pods).filter((pod) => pod.spec?.nodeName);
        const [family] = familiesOf(service);
        return decide(
          service,
          subsetsOf(portGroups(service, chosen, () => undefined, family)),
          endpoints.get(namespace, name),
        );
      },
      absent(key) {
        const left = endpoints.indexer.get(key);
        if (left === undefined || !isOurs(left)) return NOTHING;
        return { steps: [[remove(resources.endpoints, left, { ignore: ['Conflict'] })]] };
      },
    };
  },
});

/** What has to be written for the Endpoints of a Service to have these subsets, as far as there is room. */
export function decide(
  service: Service,
  subsets: NonNullable<Endpoints['subsets']>,
  existing: Endpoints | undefined,
): Decision {
  const { namespace, name } = service.metadata;
  const kept = truncated(subsets, MAX);
  const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: MANAGER };
  if (service.spec?.clusterIP === 'None') labels[HEADLESS] = '';
  const { [OVER_CAPACITY]: _, ...others } = existing?.metadata.annotations ?? {};
  const annotations = kept === undefined ? others : { ...others, [OVER_CAPACITY]: 'truncated' };
  const wanted = { subsets: kept ?? subsets, labels, annotations };
  const present = {
    subsets: existing?.subsets ?? [],
    labels: existing?.metadata.labels ?? {},
    annotations: existing?.metadata.annotations ?? {},
  };
  if (existing !== undefined && deepEqual(wanted, present)) return NOTHING;
  const said = Object.keys(annotations).length === 0 ? {} : { annotations };
  const metadata = { ...(existing?.metadata ?? { namespace, name }), labels, ...said };
  if (existing !== undefined && Object.keys(annotations).length === 0) delete metadata.annotations;
  const next = { ...existing, metadata, subsets: wanted.subsets };
  return { steps: [[existing === undefined ? create(resources.endpoints, next) : update(resources.endpoints, next)]] };
}
