import type { Duplex } from 'node:stream';
import { isApiError } from '@keelson/api';
import { type ProxyTargetDependencies, proxyTarget } from './proxy-target.js';

/** Finds some ready pod behind a service's port. Rejects with upstream's words where there is none. */
export function serviceDialer(
  dependencies: ProxyTargetDependencies,
): (namespace: string, name: string, port: number) => Promise<() => Duplex> {
  return async (namespace, name, port) => {
    const path = {
      group: '',
      version: 'v1',
      resource: 'services',
      namespace,
      name: `${name}:${port}`,
      subresource: '',
    };
    try {
      const target = await proxyTarget(path, dependencies);
      return () => target.connect();
    } catch (error) {
      if (isApiError(error, 'NotFound')) throw new Error(`service ${JSON.stringify(name)} not found`);
      throw new Error((error as Error).message.replace(/^no service port "(\d+)"/, 'no service port $1'));
    }
  };
}
