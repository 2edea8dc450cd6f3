import { fieldErrors, type KubeObject, pathSegmentName } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { served } from '../registry/served-form.js';

/** Finds another object for a plugin: in the cache, and if it is not there yet in the store. */
export async function lookUp<T extends KubeObject>(
  collection: ObjectCollection,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const cached = collection.cache.get(namespace === '' ? name : `${namespace}/${name}`);
  const stored = cached ?? (await collection.read(namespace, name)).stored;
  if (stored === undefined) return undefined;
  await served(collection.kind, [stored]);
  return collection.served(stored) as T;
}

/** What upstream's client says of a name that it will not ask a server about; undefined where it will. */
export function nameRefusal(name: string): string | undefined {
  const errors = pathSegmentName(name, false);
  return errors.length === 0 ? undefined : `invalid resource name ${fieldErrors.quote(name)}: [${errors.join(' ')}]`;
}
