import type { Kind, KubeObject } from '@keelson/api';
import type { StoredObject } from '../storage/stored-object.js';

/**
 * An object of the store as a kind serves it; shared, not to be changed. Of a kind that others convert only what
 * `served` was asked for before is there.
 */
export function servedForm(kind: Kind, stored: StoredObject): KubeObject {
  const { storage } = kind;
  if (storage === undefined) return stored.object;
  const kept = stored.formFor(kind);
  if (kept !== undefined) return kept;
  if (storage.byOthers !== undefined) throw new Error(`${stored.path} was not converted for ${kind.kind}`);
  const form = storage.fromStorage(stored.object);
  if (storage.isVersion) stored.keepForm(kind, form);
  return form;
}

/** The same of one of many: a long list does not push out what others ask for. */
export function listedForm(kind: Kind, stored: StoredObject): KubeObject {
  return kind.storage === undefined || stored.isAsStored(kind) ? stored.listed : servedForm(kind, stored);
}

/** Objects that are converted in one question. */
const CONVERTED_AT_ONCE = 500;

/** When the served forms of all of them are there; nothing to wait for where they are made as they are asked for. */
export function served(kind: Kind, stored: Iterable<StoredObject>): Promise<void> | undefined {
  const { storage } = kind;
  if (storage?.byOthers === undefined) return undefined;
  const missing = [...stored].filter((it) => it.formFor(kind) === undefined);
  return missing.length === 0 ? undefined : convert(kind, missing);
}

async function convert(kind: Kind, missing: readonly StoredObject[]): Promise<void> {
  for (let from = 0; from < missing.length; from += CONVERTED_AT_ONCE) {
    const some = missing.slice(from, from + CONVERTED_AT_ONCE);
    const forms = await kind.storage!.byOthers!.fromStorage(some.map(({ object }) => object));
    for (const [index, stored] of some.entries()) stored.keepForm(kind, forms[index]!);
  }
}

/** An object as it is stored, from the form in which it came. */
export function storageForm({ storage }: Kind, object: KubeObject): KubeObject | Promise<KubeObject> {
  if (storage === undefined) return object;
  return storage.byOthers === undefined ? storage.toStorage(object) : storage.byOthers.toStorage(object);
}

/** What metadata and the rows of tables are taken from: of an object that is stored as another kind's, what is stored. */
export function innerOf(kind: Kind, stored: StoredObject): KubeObject {
  return kind.storage?.isVersion === true ? servedForm(kind, stored) : stored.object;
}
