import { apiErrors, type ResourcePath } from '@keelson/api';
import type { RemoteApi } from './remote-apis.js';

/** A path to what another server serves. */
export interface RemoteRoute {
  readonly type: 'remote';
  readonly api: RemoteApi;
  /** Absent: a document about what there is. */
  readonly path?: ResourcePath;
  /** The older form of a watch. */
  readonly watch?: boolean;
}

type LocalRoute =
  | { readonly type: 'resource'; readonly path: ResourcePath; readonly watch?: boolean }
  | { readonly type: 'other'; readonly segments: readonly string[] }
  | { readonly type: 'proxy' };

export type FindRemote = (group: string, version: string) => RemoteApi | undefined;

/** Undefined: it is this server's. Throws 400 for what the other server would take for another path. */
export function remoteRouteOf(route: LocalRoute, find: FindRemote): RemoteRoute | undefined {
  if (route.type === 'proxy') return undefined;
  if (route.type === 'resource') {
    const { path, watch } = route;
    const api = find(path.group, path.version);
    if (api === undefined) return undefined;
    const [subresource = ''] = path.subresource.split('/');
    refuseSlashes([path.resource, path.namespace, path.name]);
    return { type: 'remote', api, path: { ...path, subresource }, ...(watch ? { watch } : {}) };
  }
  const [root, next] = route.segments;
  const isDocument = root === 'openapi' && next === 'v3' && route.segments.length === 5;
  const segments = isDocument ? route.segments.slice(2) : route.segments;
  const [first, group = '', version = '', resource = '', name = '', subresource = ''] = segments;
  const api = first === 'apis' && segments.length >= 3 ? find(group, version) : undefined;
  if (api === undefined) return undefined;
  refuseSlashes(route.segments);
  if (resource === '') return { type: 'remote', api };
  return { type: 'remote', api, path: { group, version, resource, namespace: '', name, subresource } };
}

function refuseSlashes(segments: readonly string[]): void {
  if (segments.some((it) => it.includes('/'))) throw apiErrors.badRequest('a part of the path has a slash in it');
}
