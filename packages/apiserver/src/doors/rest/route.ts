import type { ResourcePath } from '@keelson/api';
import type { ProxyRoute } from '../../proxy/proxy-route.js';

/** What a URL's path names. */
export type Route =
  | ProxyRoute
  | {
      readonly type: 'resource';
      readonly path: ResourcePath /** The older form of a watch. */;
      readonly watch?: boolean;
    }
  /** Everything else: discovery, documents, health. */
  | { readonly type: 'other'; readonly segments: readonly string[] };

const NAMESPACE_SUBRESOURCES = new Set(['finalize', 'status']);

const PROXY = /^\/+api\/+v1\/+(?:namespaces\/+([^/]+)\/+(pods|services)|(nodes))\/+([^/]+)\/+proxy(\/.*)?$/;

/** What is passed on keeps its path as it came. */
function proxyRouteOf(pathname: string): ProxyRoute | undefined {
  const [found, ...parts] = PROXY.exec(pathname) ?? [];
  const decoded = found === undefined ? undefined : decodeAll(parts.slice(0, 4).map((it) => it ?? ''));
  if (decoded === undefined) return undefined;
  const [namespace = '', inNamespace, ofCluster = '', name = ''] = decoded;
  const resource = inNamespace || ofCluster;
  const path = { group: '', version: 'v1', resource, namespace, name, subresource: 'proxy' };
  return { type: 'proxy', path, rest: parts[4] ?? '' };
}

/** `/api/v1/…` and `/apis/{group}/{version}/…` with a resource are resources. */
export function routeOf(pathname: string): Route {
  const proxy = proxyRouteOf(pathname);
  if (proxy !== undefined) return proxy;
  const segments = pathname.split('/').filter((part) => part !== '');
  const decoded = decodeAll(segments);
  if (decoded === undefined) return { type: 'other', segments };
  const [root, ...rest] = decoded;
  if (root === 'api' && rest.length >= 2) return resourceOrWatch('', rest[0]!, rest.slice(1), decoded);
  if (root === 'apis' && rest.length >= 3) return resourceOrWatch(rest[0]!, rest[1]!, rest.slice(2), decoded);
  return { type: 'other', segments: decoded };
}

function decodeAll(segments: readonly string[]): string[] | undefined {
  try {
    return segments.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function resourceOrWatch(group: string, version: string, rest: readonly string[], segments: readonly string[]): Route {
  if (rest[0] !== 'watch' || rest.length === 1) return resource(group, version, rest, segments);
  const route = resource(group, version, rest.slice(1), segments);
  return route.type === 'resource' ? { ...route, watch: true } : route;
}

function resource(group: string, version: string, rest: readonly string[], segments: readonly string[]): Route {
  const path = (namespace: string, [plural = '', name = '', ...more]: readonly string[]): Route => ({
    type: 'resource',
    path: { group, version, resource: plural, namespace, name, subresource: more.join('/') },
  });
  if (rest[0] !== 'namespaces') return rest.length > 3 && group !== '' ? { type: 'other', segments } : path('', rest);
  const [, namespace = '', next] = rest;
  const ownSubresource = rest.length === 3 && group === '' && NAMESPACE_SUBRESOURCES.has(next!);
  if (rest.length <= 2 || ownSubresource) return path('', rest);
  return path(namespace, rest.slice(2));
}
