import { ApiError, apiErrors, cloneObject, deepEqual, type Kind, type KubeObject } from '@keelson/api';
import { collectionOf, collectionPrefix, objectPath, pathOf } from '../storage/keys.js';
import type { ObjectStore, WriteResult } from '../storage/object-store.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import { Pace } from './pause.js';
import type { ResourceRules } from './rules.js';
import { served, servedForm, storageForm } from './served-form.js';
import { Turns } from './turns.js';

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
const ATTEMPTS_MAX = 100;

/** What an object comes to, of its newest state in the kind's served form. Called again when others were quicker. */
export type ChangeOf = (current: KubeObject | undefined) => Change | Promise<Change>;

/** What an attempt starts from. */
interface Seen {
  readonly stored: StoredObject | undefined;
  /** It was in the store after the request came. */
  readonly isNewest: boolean;
}

interface Retry extends Seen {
  /** Another writer was quicker. */
  readonly lost: boolean;
}

function retryAfter(result: Exclude<WriteResult, { outcome: 'written' }>, stored: StoredObject | undefined): Retry {
  if (result.outcome === 'claimed') return { stored, isNewest: true, lost: false };
  return { stored: result.current, isNewest: true, lost: true };
}

function newer(a: StoredObject | undefined, b: StoredObject | undefined): StoredObject | undefined {
  return (a?.revision ?? 0) > (b?.revision ?? 0) ? a : b;
}

/** The objects of one kind: reads from the cache, writes to the store, each on the condition of what was read. */
export class ObjectCollection {
  readonly cache: ResourceCache;
  #kind: Kind;
  readonly #prefix: string;
  readonly #deps: CollectionDependencies;
  readonly #turns = new Turns<StoredObject>();
  #told: ((stored: StoredObject) => void) | undefined;
  readonly #onRemoved = new Set<() => void>();
  readonly rules: ResourceRules;

  constructor(kind: Kind, rules: ResourceRules, dependencies: CollectionDependencies) {
    this.#kind = kind;
    this.cache = dependencies.cache;
    this.#prefix = collectionPrefix(collectionOf(kind));
    this.#deps = dependencies;
    this.rules = rules;
  }

  get kind(): Kind {
    return this.#kind;
  }

  /** From now on its objects are of a kind that is the same but for its rules. */
  become(kind: Kind): void {
    this.#kind = kind;
  }

  /** It is served no more: whoever follows it has come to the end. */
  remove(): void {
    for (const listener of [...this.#onRemoved]) listener();
  }

  /** Returns what ends that. */
  onRemoved(listener: () => void): () => void {
    this.#onRemoved.add(listener);
    return () => void this.#onRemoved.delete(listener);
  }

  /** Tells of what is written here, which the cache learns a moment later. One listener is enough. */
  onWritten(listener: (stored: StoredObject) => void): void {
    this.#told = listener;
  }

  /** The newest state, from the store itself. */
  async read(namespace: string, name: string): Promise<{ stored: StoredObject | undefined; revision: number }> {
    return this.#read(objectPath(namespace, name));
  }

  async #read(path: string): Promise<{ stored: StoredObject | undefined; revision: number }> {
    const read = await this.#deps.objects.read(this.#prefix, path);
    await this.#serves(read.stored);
    return read;
  }

  /** When the served form of an object is there, which may be asked of somebody else. */
  #serves(stored: StoredObject | undefined): Promise<void> | undefined {
    return stored && served(this.kind, [stored]);
  }

  /** Of what was read, written or imagined here; of what is from the cache after `served` has been waited for. */
  served(stored: StoredObject): KubeObject {
    return servedForm(this.kind, stored);
  }

  /** An object as if it had been stored: for dry runs. */
  async imagined(object: KubeObject): Promise<StoredObject> {
    const form = await storageForm(this.kind, object);
    const stored = new StoredObject(pathOf(form), Number(form.metadata.resourceVersion) || 0, form);
    await this.#serves(stored);
    return stored;
  }

  /** Stores a new object, unless there is one of that name or something that it claims is taken. */
  async create(namespace: string, name: string, object: KubeObject): Promise<StoredObject | 'exists' | 'claimed'> {
    const result = await this.#write(objectPath(namespace, name), object, undefined);
    if (result.outcome === 'written') return result.stored;
    return result.outcome === 'claimed' ? 'claimed' : 'exists';
  }

  /**
   * Changes an object as `change` says of its newest state (a copy, in the kind's served form), again and again while
   * others change it meanwhile. What `change` throws counts only if it saw the newest state. Who loses a race stands in
   * line from then on, and so does whoever comes while there is a line. `known` may be newer than what the cache has.
   */
  async change(
    namespace: string,
    name: string,
    change: ChangeOf,
    pace = new Pace(),
    known?: StoredObject,
  ): Promise<Changed> {
    const path = objectPath(namespace, name);
    let turn = this.#turns.isTaken(path) ? await this.#turns.take(path) : undefined;
    let seen: Seen = { stored: newer(newer(turn?.newest, known), this.cache.get(path)), isNewest: false };
    let left: StoredObject | undefined;
    try {
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        const result = await this.#attempt(path, change, seen, pace);
        if ('outcome' in result) {
          if (result.outcome !== 'deleted') left = result.stored;
          return result;
        }
        seen = result;
        if (!result.lost || turn !== undefined) continue;
        turn = await this.#turns.take(path);
        if (newer(turn.newest, seen.stored) !== seen.stored) seen = { stored: turn.newest, isNewest: false };
      }
    } catch (error) {
      if (!(error instanceof ApiError)) turn?.breakUp();
      throw error;
    } finally {
      turn?.pass(left);
    }
    throw apiErrors.conflict(this.kind, name);
  }

  async #attempt(path: string, change: ChangeOf, seen: Seen, pace: Pace): Promise<Changed | Retry> {
    const { stored, isNewest } = seen;
    if (stored === undefined && !isNewest) return this.#readAgain(path);
    let wanted: Change;
    await pace.covers(stored?.bytes ?? 0).pause();
    await this.#serves(stored);
    const copy = stored && cloneObject(this.served(stored));
    await pace.pause();
    try {
      wanted = await change(copy);
    } catch (error) {
      if (isNewest) throw error;
      const again = await this.#readAgain(path);
      // What it saw was the newest after all: nobody is asked twice about the same.
      if (again.stored?.revision === stored?.revision) throw error;
      return again;
    }
    await pace.pause();
    return this.#carryOut(path, wanted, seen, pace);
  }

  async #readAgain(path: string): Promise<Retry> {
    const { stored } = await this.#read(path);
    return { stored, isNewest: true, lost: false };
  }

  async #carryOut(path: string, wanted: Change, { stored, isNewest }: Seen, pace: Pace): Promise<Changed | Retry> {
    if (wanted.do === 'nothing' || (await this.#changesNothing(wanted, stored))) {
      if (stored === undefined) throw new Error(`nothing to change at ${path}`);
      if (isNewest) return { outcome: 'unchanged', stored };
      // Only the store can say that what the cache shows is still so.
      const again = await this.#readAgain(path);
      return again.stored?.revision === stored.revision ? { outcome: 'unchanged', stored } : again;
    }
    if (wanted.do === 'delete') {
      if (stored === undefined) throw new Error(`nothing to delete at ${path}`);
      const claims = this.rules.claims?.(undefined, stored.object);
      const result = await this.#deps.objects.delete(this.#prefix, stored, claims);
      if (result.outcome === 'written')
        return { outcome: 'deleted', stored: await this.#ended(result.stored, wanted.last) };
      return retryAfter(result, stored);
    }
    await pace.pause();
    const result = await this.#write(path, wanted.object, stored);
    await pace.pause();
    if (result.outcome !== 'written') return retryAfter(result, stored);
    return { outcome: stored === undefined ? 'created' : 'written', stored: result.stored };
  }

  async #ended(stored: StoredObject, last: KubeObject | undefined): Promise<StoredObject> {
    const { path, revision } = stored;
    const end =
      last === undefined ? stored : new StoredObject(path, revision, await storageForm(this.kind, last)).at(revision);
    await this.#serves(end);
    return end;
  }

  async #write(path: string, object: KubeObject, old: StoredObject | undefined) {
    const form = await storageForm(this.kind, object);
    const seconds = this.rules.timeToLive?.(form);
    const lease = seconds === undefined ? undefined : await this.#deps.lease(seconds);
    const claims = this.rules.claims?.(form, old?.object);
    const result = await this.#deps.objects.write(this.#prefix, path, form, old?.revision ?? 0, { lease, claims });
    if (result.outcome === 'written') {
      this.#told?.(result.stored);
      await this.#serves(result.stored);
    }
    return result;
  }

  async #changesNothing(wanted: Change, stored: StoredObject | undefined): Promise<boolean> {
    if (wanted.do !== 'write' || stored === undefined || stored.stale) return false;
    const form = await storageForm(this.kind, wanted.object);
    const metadata = { ...form.metadata, resourceVersion: stored.object.metadata.resourceVersion };
    return deepEqual({ ...form, metadata }, stored.object);
  }
}
