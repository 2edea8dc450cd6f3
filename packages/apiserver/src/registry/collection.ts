import { apiErrors, deepClone, deepEqual, type Kind, type KubeObject } from '@keelson/api';
import { collectionOf, collectionPrefix, objectPath, pathOf } from '../storage/keys.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import type { ResourceRules } from './rules.js';
import { servedForm, storageForm } from './served-form.js';

export interface CollectionDependencies {
  objects: ObjectStore;
  cache: ResourceCache;
  /** A store lease that ends in about so many seconds. */
  lease(seconds: number): Promise<bigint>;
}

/** What a change of an object comes to. */
export type Change =
  | { readonly do: 'write'; readonly object: KubeObject }
  /** `last`: how the object looks at its end, where that is not how it is stored. */
  | { readonly do: 'delete'; readonly last?: KubeObject | undefined }
  | { readonly do: 'nothing' };

export interface Changed {
  /** `missing`: there is no such object, and `change` did not make one. */
  readonly outcome: 'written' | 'deleted' | 'unchanged' | 'created';
  readonly stored: StoredObject;
}

/** A writer that loses this often against others gives up with a conflict. */
const ATTEMPTS_MAX = 8;

/** The objects of one kind: reads from the cache, writes to the store, each on the condition of what was read. */
export class ObjectCollection {
  readonly kind: Kind;
  readonly cache: ResourceCache;
  readonly #prefix: string;
  readonly #deps: CollectionDependencies;
  readonly rules: ResourceRules;

  constructor(kind: Kind, rules: ResourceRules, dependencies: CollectionDependencies) {
    this.kind = kind;
    this.cache = dependencies.cache;
    this.#prefix = collectionPrefix(collectionOf(kind));
    this.#deps = dependencies;
    this.rules = rules;
  }

  /** The newest state, from the store itself. */
  async read(namespace: string, name: string): Promise<{ stored: StoredObject | undefined; revision: number }> {
    return this.#deps.objects.read(this.#prefix, objectPath(namespace, name));
  }

  served(stored: StoredObject): KubeObject {
    return servedForm(this.kind, stored);
  }

  /** An object as if it had been stored: for dry runs. */
  imagined(object: KubeObject): StoredObject {
    const form = storageForm(this.kind, object);
    return new StoredObject(pathOf(form), Number(form.metadata.resourceVersion ?? 0), form);
  }

  /** Stores a new object, unless there is one of that name or something that it claims is taken. */
  async create(namespace: string, name: string, object: KubeObject): Promise<StoredObject | 'exists' | 'claimed'> {
    const result = await this.#write(objectPath(namespace, name), object, undefined);
    if (result.outcome === 'written') return result.stored;
    return result.outcome === 'claimed' ? 'claimed' : 'exists';
  }

  /**
   * Changes an object as `change` says of its newest state (a copy, in the kind's served form), again and again while
   * others change it meanwhile. What `change` throws counts only if it saw the newest state.
   */
  async change(
    namespace: string,
    name: string,
    change: (current: KubeObject | undefined, stored: StoredObject | undefined) => Change | Promise<Change>,
  ): Promise<Changed> {
    const path = objectPath(namespace, name);
    let stored = this.cache.get(path);
    let newest = false;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (stored === undefined && !newest) {
        stored = (await this.read(namespace, name)).stored;
        newest = true;
      }
      let wanted: Change;
      try {
        wanted = await change(stored && deepClone(this.served(stored)), stored);
      } catch (error) {
        if (newest) throw error;
        stored = (await this.read(namespace, name)).stored;
        newest = true;
        continue;
      }
      const result = await this.#carryOut(path, wanted, stored, newest);
      if ('outcome' in result) return result;
      stored = result.retryWith;
      newest = true;
    }
    throw apiErrors.conflict(this.kind, name);
  }

  async #carryOut(
    path: string,
    wanted: Change,
    stored: StoredObject | undefined,
    newest: boolean,
  ): Promise<Changed | { retryWith: StoredObject | undefined }> {
    if (
      wanted.do === 'nothing' ||
      (wanted.do === 'write' && stored !== undefined && this.#same(wanted.object, stored))
    ) {
      if (stored === undefined) throw new Error(`nothing to change at ${path}`);
      if (newest) return { outcome: 'unchanged', stored };
      // Only the store can say that what the cache shows is still so.
      const { stored: current } = await this.#deps.objects.read(this.#prefix, path);
      return current?.revision === stored.revision ? { outcome: 'unchanged', stored } : { retryWith: current };
    }
    if (wanted.do === 'delete') {
      if (stored === undefined) throw new Error(`nothing to delete at ${path}`);
      const claims = this.rules.claims?.(undefined, stored.object);
      const result = await this.#deps.objects.delete(this.#prefix, stored, claims);
      if (result.outcome === 'written') return { outcome: 'deleted', stored: this.#ended(result.stored, wanted.last) };
      return { retryWith: result.outcome === 'changed' ? result.current : stored };
    }
    const result = await this.#write(path, wanted.object, stored);
    if (result.outcome !== 'written') return { retryWith: result.outcome === 'changed' ? result.current : stored };
    return { outcome: stored === undefined ? 'created' : 'written', stored: result.stored };
  }

  #ended(stored: StoredObject, last: KubeObject | undefined): StoredObject {
    return last === undefined
      ? stored
      : new StoredObject(stored.path, stored.revision, storageForm(this.kind, last)).at(stored.revision);
  }

  async #write(path: string, object: KubeObject, old: StoredObject | undefined) {
    const form = storageForm(this.kind, object);
    const seconds = this.rules.timeToLive?.(form);
    const lease = seconds === undefined ? undefined : await this.#deps.lease(seconds);
    const claims = this.rules.claims?.(form, old?.object);
    return this.#deps.objects.write(this.#prefix, path, form, old?.revision ?? 0, { lease, claims });
  }

  #same(next: KubeObject, stored: StoredObject): boolean {
    const form = storageForm(this.kind, next);
    const metadata = { ...form.metadata, resourceVersion: stored.object.metadata.resourceVersion };
    return deepEqual({ ...form, metadata }, stored.object);
  }
}
