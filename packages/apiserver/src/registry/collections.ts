import type { Kind } from '@keelson/api';
import type { ObjectCollection } from './collection.js';

/** The collections of all kinds that are served. */
export class Collections {
  readonly #all = new Map<string, ObjectCollection>();

  add(collection: ObjectCollection): void {
    const { group, version, plural } = collection.kind;
    this.#all.set(`${group}/${version}/${plural}`, collection);
  }

  remove({ group, version, plural }: Kind): void {
    const key = `${group}/${version}/${plural}`;
    this.#all.get(key)?.remove();
    this.#all.delete(key);
  }

  find(group: string, version: string, plural: string): ObjectCollection | undefined {
    return this.#all.get(`${group}/${version}/${plural}`);
  }

  of({ group, version, plural }: Kind): ObjectCollection | undefined {
    return this.find(group, version, plural);
  }

  /** One that the server itself needs. @throws Error where it is not served */
  required(group: string, plural: string, version = 'v1'): ObjectCollection {
    const collection = this.find(group, version, plural);
    if (collection === undefined) throw new Error(`no kind for ${group}/${version} ${plural}`);
    return collection;
  }

  values(): Iterable<ObjectCollection> {
    return this.#all.values();
  }
}
