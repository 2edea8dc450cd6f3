import type { Kind, KubeObject } from '@keelson/api';
import type { StoredObject } from '../storage/stored-object.js';

/** An object of the store as a kind serves it; shared, not to be changed. */
export function servedForm(kind: Kind, stored: StoredObject): KubeObject {
  return kind.storage === undefined ? stored.object : kind.storage.fromStorage(stored.object);
}

/** An object as it is stored, from the form in which it came. */
export function storageForm(kind: Kind, object: KubeObject): KubeObject {
  return kind.storage === undefined ? object : kind.storage.toStorage(object);
}
