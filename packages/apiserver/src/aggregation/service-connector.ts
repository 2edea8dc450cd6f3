import type { Service } from '@keelson/api';
import { connectTcp } from '@keelson/service/sockets';
import type { ProxyTarget, ProxyTargetDependencies } from '../proxy/proxy-target.js';
import { serviceTarget } from '../proxy/service-dialer.js';

/** Finds where a service's port is answered at. Rejects in the words of whoever looks for it. */
export type FindService = (namespace: string, name: string, port: number) => Promise<ProxyTarget>;

/** Behind a service are its ready endpoints, or a host of another name. */
export function findService(dependencies: ProxyTargetDependencies): FindService {
  return async (namespace, name, port) => {
    const found = dependencies.services.cache.get(`${namespace}/${name}`);
    const { type, externalName = '' } = (found?.object as Service | undefined)?.spec ?? {};
    if (type !== 'ExternalName') return serviceTarget(dependencies, namespace, name, port);
    return { host: `${externalName}:${port}`, connect: () => connectTcp({ host: externalName, port }) };
  };
}
