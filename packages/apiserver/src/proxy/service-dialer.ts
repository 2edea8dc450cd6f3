import type { Duplex } from 'node:stream';
import { isApiError } from '@keelson/api';
import { type ProxyTarget, type ProxyTargetDependencies, proxyTarget } from './proxy-target.js';

/** Finds some ready pod behind a service's port. Rejects with upstream's words where there is none. */
export async function serviceTarget(
  dependencies: ProxyTargetDependencies,
  namespace: string,
  name: string,
  port: number,
): Promise<ProxyTarget> {
  const path = { group: '', version: 'v1', resource: 'services', namespace, name: `${name}:${port}`, subresource: '' };
  try {
    return await proxyTarget(path, dependencies);
  } catch (error) {
    if (isApiError(error, 'NotFound')) throw new Error(`service ${JSON.stringify(name)} not found`);
    throw new Error((error as Error).message.replace(/^no service port "(\d+)"/, 'no service port $1'));
  }
}

export function serviceDialer(
  dependencies: ProxyTargetDependencies,
): (namespace: string, name: string, port: number) => Promise<() => Duplex> {
  return async (namespace, name, port) => {
    const target = await serviceTarget(dependencies, namespace, name, port);
    return () => target.connect();
  };
}
