import { isApiError, labelMapMatcher, objectKey } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Controller, KeyedLoop, splitKey } from '../../framework/controller.js';
import { isTerminating } from '../../framework/runner.js';
import { portGroups } from './endpoints.js';
import { MANAGED_BY_LABEL, MANAGER, planSlices, SERVICE_LABEL } from './slices.js';

const WORKERS = 5;
const ENDPOINTS_MAX = 100;

/** Says which pods answer for each Service, in EndpointSlices. */
export const endpointSliceController: Controller = {
  name: 'endpointslice',
  setUp(context) {
    const { informers, client } = context;
    const services = informers.for(resources.services);
    const pods = informers.for(resources.pods);
    const nodes = informers.for(resources.nodes);
    const zoneOf = (name: string) => nodes.get('', name)?.metadata.labels?.['topology.kubernetes.io/zone'];
    const slices = informers.for(resources.endpointSlices);
    slices.indexer.addIndex('service', (it) => [
      `${it.metadata.namespace}/${it.metadata.labels?.[SERVICE_LABEL] ?? ''}`,
    ]);
    const loop = new KeyedLoop('endpointslice', context);
    loop.feed(services, (it) => [objectKey(it)]);
    loop.feed(slices, (it) => {
      const service = it.metadata.labels?.[SERVICE_LABEL];
      return service === undefined || it.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGER
        ? []
        : [`${it.metadata.namespace}/${service}`];
    });
    loop.feed(pods, (pod, old) =>
      services
        .list(pod.metadata.namespace)
        .filter(({ spec }) => {
          if (spec?.selector === undefined || Object.keys(spec.selector).length === 0) return false;
          const selector = labelMapMatcher(spec.selector);
          return (
            selector.matches(pod.metadata.labels ?? {}) ||
            (old !== undefined && selector.matches(old.metadata.labels ?? {}))
          );
        })
        .map(objectKey),
    );
    return () =>
      loop.run(WORKERS, async (key) => {
        const { namespace, name } = splitKey(key);
        const service = services.get(namespace, name);
        // The slices of a Service that is gone are the garbage collector's.
        if (service === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
        const selector = service.spec?.selector;
        if (service.spec?.type === 'ExternalName' || selector === undefined || Object.keys(selector).length === 0)
          return undefined;
        const matcher = labelMapMatcher(selector);
        const chosen = pods.list(namespace).filter((pod) => matcher.matches(pod.metadata.labels ?? {}));
        const existing = slices.indexer
          .byIndex('service', key)
          .filter(
            (it) => it.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER && it.metadata.deletionTimestamp === undefined,
          );
        const { create, update, remove } = planSlices(
          service,
          portGroups(service, chosen, zoneOf),
          existing,
          ENDPOINTS_MAX,
        );
        try {
          for (const it of create) slices.indexer.set(await client.create(resources.endpointSlices, it));
          for (const it of update) await client.update(resources.endpointSlices, it);
          for (const it of remove) {
            await client.delete(resources.endpointSlices, { namespace, name: it.metadata.name ?? '' });
          }
        } catch (error) {
          if (isTerminating(error) || isApiError(error, 'NotFound')) return undefined;
          throw error;
        }
        return undefined;
      });
  },
};
