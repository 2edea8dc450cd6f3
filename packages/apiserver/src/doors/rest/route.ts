import type { ResourcePath } from '@keelson/api';

/** What a URL's path names. */
export type Route =
  | {
      readonly type: 'resource';
      readonly path: ResourcePath /** The older form of a watch. */;
      readonly watch?: boolean;
    }
  /** Everything else: discovery, documents, health. */
  | { readonly type: 'other'; readonly segments: readonly string[] };

const NAMESPACE_SUBRESOURCES = new Set(['finalize', 'status']);

/** `/api/v1/…` and `/apis/{group}/{version}/…` with a resource are resources. */
export function routeOf(pathname: string): Route {
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
