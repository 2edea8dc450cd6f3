import { deepEqual, type Endpoints, isApiError, labelMapMatcher, objectKey } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Controller, KeyedLoop, splitKey } from '../../framework/controller.js';
import { isTerminating } from '../../framework/runner.js';
import { portGroups } from '../endpointslice/endpoints.js';
import { subsetsOf } from './subsets.js';

const WORKERS = 5;
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const HEADLESS = 'service.kubernetes.io/headless';

/** Keeps Endpoints, the form before EndpointSlices, for those who still read it. */
export const endpointsController: Controller = {
  name: 'endpoints',
  setUp(context) {
    const { informers, client } = context;
    const services = informers.for(resources.services);
    const pods = informers.for(resources.pods);
    const endpoints = informers.for(resources.endpoints);
    const loop = new KeyedLoop('endpoints', context);
    loop.feed(services, (it) => [objectKey(it)]);
    loop.feed(endpoints, (it) => (it.metadata.labels?.[MANAGED_BY] === undefined ? [] : [objectKey(it)]));
    loop.feed(pods, (pod, old) =>
      services
        .list(pod.metadata.namespace)
        .filter(({ spec }) => {
          if (Object.keys(spec?.selector ?? {}).length === 0) return false;
          const selector = labelMapMatcher(spec?.selector);
          return selector.matches(pod.metadata.labels ?? {}) || selector.matches(old?.metadata.labels ?? {});
        })
        .map(objectKey),
    );
    return () =>
      loop.run(WORKERS, async (key) => {
        const { namespace, name } = splitKey(key);
        const service = services.get(namespace, name);
        const existing = endpoints.get(namespace, name);
        if (service === undefined) {
          if (existing?.metadata.labels?.[MANAGED_BY] !== undefined) await forget(existing);
          return undefined;
        }
        const selector = service.spec?.selector ?? {};
        if (Object.keys(selector).length === 0 || service.spec?.type === 'ExternalName') return undefined;
        const matcher = labelMapMatcher(selector);
        const chosen = pods
          .list(namespace)
          .filter((pod) => pod.spec?.nodeName && matcher.matches(pod.metadata.labels ?? {}));
        const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller' };
        if (service.spec?.clusterIP === 'None') labels[HEADLESS] = '';
        const subsets = subsetsOf(portGroups(service, chosen, () => undefined));
        const same = deepEqual(existing?.subsets ?? [], subsets) && deepEqual(existing?.metadata.labels ?? {}, labels);
        if (existing !== undefined && same) return undefined;
        try {
          if (existing === undefined)
            await client.create(resources.endpoints, { metadata: { namespace, name, labels }, subsets });
          else
            await client.update(resources.endpoints, {
              ...existing,
              metadata: { ...existing.metadata, labels },
              subsets,
            });
        } catch (error) {
          if (isTerminating(error)) return undefined;
          throw error;
        }
        return undefined;
      });

    async function forget({ metadata }: Endpoints): Promise<void> {
      const { namespace, name = '', uid } = metadata;
      try {
        await client.delete(resources.endpoints, { namespace, name }, { preconditions: { uid } });
      } catch (error) {
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      }
    }
  },
};
