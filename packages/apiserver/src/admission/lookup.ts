import type { KubeObject } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';

/** Finds another object for a plugin: in the cache, and if it is not there yet in the store. */
export async function lookUp<T extends KubeObject>(
  collection: ObjectCollection,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const cached = collection.cache.get(namespace === '' ? name : `${namespace}/${name}`);
  const stored = cached ?? (await collection.read(namespace, name)).stored;
  return stored === undefined ? undefined : (collection.served(stored) as T);
}
