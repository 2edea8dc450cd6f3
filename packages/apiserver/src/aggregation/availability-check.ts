import type { APIServiceCondition, EndpointSlice, Service } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { ResourceCache } from '../storage/resource-cache.js';
import type { RemoteApi } from './remote-apis.js';

export interface AvailabilityCheckDependencies {
  services: ResourceCache;
  endpointSlices: ResourceCache;
  clock: Clock;
}

export type Finding = Pick<Required<APIServiceCondition>, 'status' | 'reason' | 'message'>;

const SERVICE_NAME = 'kubernetes.io/service-name';
const CHECK_MS = 5_000;
/** Endpoints are chosen by chance: one that answers is enough. */
const ATTEMPTS = 5;

/**
 * Whether requests for what another server serves would be answered now, in upstream's words. Rejects where that cannot
 * be said, because nobody would be believed.
 */
export async function checkAvailability(api: RemoteApi, dependencies: AvailabilityCheckDependencies): Promise<Finding> {
  const found = findingOfObjects(api, dependencies);
  if (found !== undefined) return found;
  if (api.server.problem !== undefined) throw new Error(api.server.problem);
  return await findingOfDiscovery(api);
}

/** Undefined where the objects speak for it. */
function findingOfObjects(
  { spec }: RemoteApi,
  { services, endpointSlices }: AvailabilityCheckDependencies,
): Finding | undefined {
  const { namespace = '', name = '', port = 443 } = spec.service ?? {};
  const where = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = services.get(`${namespace}/${name}`)?.object as Service | undefined;
  if (service === undefined) return unavailable('ServiceNotFound', `${where} is not present`);
  if (service.spec?.type !== 'ClusterIP') return undefined;
  const found = service.spec.ports?.find((it) => it.port === port);
  if (found === undefined) return unavailable('ServicePortError', `${where} is not listening on port ${port}`);
  const portName = found.name ?? '';
  const slices = [...endpointSlices.list(`${namespace}/`)]
    .map(({ object }) => object as EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME] === name);
  if (slices.length === 0) return unavailable('EndpointsNotFound', `cannot find endpointslices for ${where}`);
  if (slices.some((slice) => hasReady(slice, portName))) return undefined;
  const message = `endpointslices for ${where} have no addresses with port name ${JSON.stringify(portName)}`;
  return unavailable('MissingEndpoints', message);
}

function hasReady({ endpoints, ports }: EndpointSlice, portName: string): boolean {
  const isReady = (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false);
  return isReady && (ports ?? []).some(({ name, port }) => (name ?? '') === portName && port != null);
}

async function findingOfDiscovery(api: RemoteApi): Promise<Finding> {
  const attempts = Array.from({ length: ATTEMPTS }, () => askDiscovery(api));
  let failure = '';
  const noted = attempts.map((it) =>
    it.catch((error: Error) => {
      failure = error.message;
      throw error;
    }),
  );
  try {
    await Promise.any(noted);
    return { status: 'True', reason: 'Passed', message: 'all checks passed' };
  } catch {
    return unavailable('FailedDiscoveryCheck', failure);
  }
}

/** Rejects with what is wrong with the answer, or that there is none. */
async function askDiscovery({ group, version, server }: RemoteApi): Promise<void> {
  const target = await server.find();
  const path = `/apis/${group}/${version}`;
  const url = `https://${target.host}${path}`;
  const user = { user: 'system:kube-aggregator', groups: ['system:masters'] };
  const problem = await server.ask(target, { path, user, timeoutMs: CHECK_MS, bytesMax: 0 }).then(
    ({ status }) => (status >= 200 && status < 300 ? undefined : `bad status from ${url}: ${status}`),
    (error: Error) => error.message,
  );
  if (problem !== undefined) throw new Error(`failing or missing response from ${url}: ${problem}`);
}

function unavailable(reason: string, message: string): Finding {
  return { status: 'False', reason, message };
}
