import type { Kind, KubeObject } from '@keelson/api';

/** Every object lives under this prefix. */
export const ROOT = '/registry/';

/** The collection that a kind's objects are stored in: that of another kind where the kind says so. */
export interface Collection {
  readonly group: string;
  readonly plural: string;
}

export function collectionOf(kind: Kind): Collection {
  return kind.storage ?? kind;
}

/** `/registry/pods/` in the core group, `/registry/apps/deployments/` in another. */
export function collectionPrefix({ group, plural }: Collection): string {
  return group === '' ? `${ROOT}${plural}/` : `${ROOT}${group}/${plural}/`;
}

/** The rest of an object's key after its collection's prefix. */
export function objectPath(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function namespaceIn(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('/')));
}

export function nameIn(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}

export function pathOf(object: KubeObject): string {
  return objectPath(object.metadata.namespace ?? '', object.metadata.name ?? '');
}

/** The end of the range of all keys with this prefix. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end[last] = end[last]! + 1;
  return end;
}
