import type { ObjectCollection } from '../../registry/collection.js';
import type { StoredObject } from '../../storage/stored-object.js';

const REMEMBERED_MAX = 1_000;

/** Quotas as of the last that this server knows: what it wrote itself counts before the cache has it. */
export class NewestQuotas {
  readonly #quotas: ObjectCollection;
  /** Oldest first. */
  readonly #written = new Map<string, StoredObject>();

  constructor(quotas: ObjectCollection) {
    this.#quotas = quotas;
    quotas.onWritten((stored) => {
      this.#written.delete(stored.path);
      this.#written.set(stored.path, stored);
      if (this.#written.size > REMEMBERED_MAX) this.#written.delete(this.#written.keys().next().value!);
    });
  }

  in(namespace: string): StoredObject[] {
    const prefix = `${namespace}/`;
    const found = new Map([...this.#quotas.cache.list(prefix)].map((stored) => [stored.path, stored]));
    for (const [path, written] of this.#written) {
      if (!path.startsWith(prefix)) continue;
      const cached = found.get(path);
      if (cached !== undefined && cached.revision >= written.revision) this.#written.delete(path);
      else found.set(path, written);
    }
    return [...found.values()];
  }

  get(path: string): StoredObject | undefined {
    return this.#written.get(path);
  }

  /** It is not there any more. */
  forget(path: string): void {
    this.#written.delete(path);
  }
}
