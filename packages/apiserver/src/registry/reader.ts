import { apiErrors, type Kind, type ListMeta, type ResourceRequest } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import { Breather } from '../breather.js';
import { type Cache, OBJECT_BYTES, STEP_BYTES, StaleCacheError } from '../storage/cache.js';
import { collectionOf, collectionPrefix, prefixEnd } from '../storage/keys.js';
import type { Store } from '../storage/store.js';
import { StoredObject } from '../storage/stored-object.js';
import { type ListAnswer, type ObjectAnswer, storedAnswer, type WatchAnswer } from './answer.js';
import type { ObjectCollection } from './collection.js';
import { type ContinueToken, decodeContinueToken, encodeContinueToken, expiredToken } from './continue-token.js';
import { checkListOptions, invalidListVersion, parseResourceVersion, tooLarge, tooOld, watchStart } from './options.js';
import { type Selection, selectionOf } from './selection.js';
import { served } from './served-form.js';
import { WatchStream } from './watch.js';

export interface ReaderOptions {
  /** A watch that asks for no time-out gets one between this and twice this. */
  minWatchSeconds?: number;
  bookmarkMs?: number;
  watchBufferMax?: number;
}

/** The generic verbs that read: from the cache, as fresh as the caller asks, or from the store's past. */
export class Reader {
  readonly #options: Required<ReaderOptions>;
  readonly #cache: Cache;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: ReaderOptions, dependencies: { cache: Cache; store: Store; clock: Clock; random: Random }) {
    this.#options = { minWatchSeconds: 1800, bookmarkMs: 60_000, watchBufferMax: 10_000, ...options };
    this.#cache = dependencies.cache;
    this.#store = dependencies.store;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
  }

  async get(collection: ObjectCollection, request: ResourceRequest): Promise<ObjectAnswer> {
    const { namespace, name } = request.path;
    const { resourceVersion = '' } = request.options;
    const notOlderThan = parseResourceVersion(resourceVersion);
    let stored: StoredObject | undefined;
    if (resourceVersion === '') stored = (await collection.read(namespace, name)).stored;
    else {
      await this.#reached(notOlderThan);
      stored = collection.cache.get(namespace === '' ? name : `${namespace}/${name}`);
      if (stored !== undefined) await served(collection.kind, [stored]);
    }
    if (stored === undefined) throw apiErrors.notFound(collection.kind, name);
    return storedAnswer(200, collection.kind, stored);
  }

  async list(collection: ObjectCollection, request: ResourceRequest): Promise<ListAnswer> {
    const { options, path } = request;
    const { kind } = collection;
    checkListOptions(options);
    const selection = selectionOf(kind, options);
    const { resourceVersion = '', resourceVersionMatch = '', continueToken = '', limit = 0 } = options;
    const revision = parseResourceVersion(resourceVersion, invalidListVersion);
    const prefix = path.namespace === '' ? '' : `${path.namespace}/`;
    if (continueToken !== '') {
      if (revision !== 0) throw apiErrors.badRequest('specifying resource version is not allowed when using continue');
      return this.#continue(collection, prefix, selection, decodeContinueToken(continueToken), limit);
    }
    const exact = resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0 && revision > 0);
    if (exact) return this.#exact(collection, prefix, selection, revision, limit);
    if (resourceVersion === '') await this.#fresh();
    else await this.#reached(revision);
    const at = this.#cache.revision;
    const items = collection.cache.list(prefix);
    const most = resourceVersion === '0' ? 0 : limit;
    return answer(kind, items, { revision: at, limit: most, selection });
  }

  async watch(collection: ObjectCollection, request: ResourceRequest): Promise<WatchAnswer> {
    const { options, path } = request;
    const { kind, cache } = collection;
    const start = watchStart(options);
    const selection = selectionOf(kind, options);
    if (start.from === 'state') {
      if (start.fresh) await this.#fresh();
      else await this.#reached(start.revision);
    }
    // From here to the subscription nothing may wait: what happens in between would be missed.
    const history = start.from === 'revision' ? cache.since(start.revision) : [];
    if (history === undefined) throw tooOld((start as { revision: number }).revision, cache.historyStart);
    const prefix = path.namespace === '' ? '' : `${path.namespace}/`;
    const seconds = options.timeoutSeconds || this.#options.minWatchSeconds * (1 + this.#random.float());
    const stream = new WatchStream(
      {
        collection,
        selection,
        prefix,
        bookmarks: options.allowWatchBookmarks ?? false,
        timeoutMs: seconds * 1000,
        bookmarkMs: this.#options.bookmarkMs,
        bufferMax: this.#options.watchBufferMax,
      },
      {
        clock: this.#clock,
        cache,
        revision: () => this.#cache.revision,
        from: start.from === 'revision' ? start.revision : this.#cache.revision,
      },
    );
    stream.onClose(this.#cache.onReset(() => stream.close()));
    stream.onClose(collection.onRemoved(() => stream.close()));
    if (start.from === 'state') stream.seed(cache.list(prefix), start.end);
    else stream.replay(history);
    return { type: 'watch', kind, stream };
  }

  async #fresh(): Promise<void> {
    try {
      await this.#cache.fresh();
    } catch (error) {
      throw error instanceof StaleCacheError ? apiErrors.serviceUnavailable(error.message) : error;
    }
  }

  async #reached(revision: number): Promise<void> {
    try {
      await this.#cache.reached(revision);
    } catch (error) {
      throw error instanceof StaleCacheError ? tooLarge(error.wanted, error.have) : error;
    }
  }

  async #continue(
    collection: ObjectCollection,
    prefix: string,
    selection: Selection,
    token: ContinueToken,
    limit: number,
  ): Promise<ListAnswer> {
    try {
      return await this.#listPast(collection, prefix, selection, token, limit);
    } catch (error) {
      // A revision that is still to come was one of a store that was set back since: its token is too old as well.
      throw isCompacted(error) || isFuture(error) ? expiredToken(token.after) : error;
    }
  }

  async #exact(
    collection: ObjectCollection,
    prefix: string,
    selection: Selection,
    revision: number,
    limit: number,
  ): Promise<ListAnswer> {
    try {
      return await this.#listPast(collection, prefix, selection, { revision, after: '' }, limit);
    } catch (error) {
      if (isCompacted(error)) throw apiErrors.expired('The resourceVersion for the provided list is too old.');
      if (isFuture(error)) throw tooLarge(revision, this.#cache.revision);
      throw error;
    }
  }

  /** Lists the collection as it was at a revision; -1: as it is. From the cache, if that still knows. */
  async #listPast(
    collection: ObjectCollection,
    prefix: string,
    selection: Selection,
    from: ContinueToken,
    limit: number,
  ): Promise<ListAnswer> {
    const { kind, cache } = collection;
    if (from.revision < 0) await this.#fresh();
    const revision = from.revision < 0 ? this.#cache.revision : from.revision;
    const isKnown = revision <= this.#cache.revision && revision >= this.#cache.compacted;
    const items = isKnown ? cache.listAt(revision, prefix, from.after) : undefined;
    if (items !== undefined) return await answer(kind, items, { revision, limit, selection });
    return await this.#listStored(kind, prefix, selection, { ...from, revision }, limit);
  }

  async #listStored(
    kind: Kind,
    prefix: string,
    selection: Selection,
    { revision, after }: ContinueToken,
    limit: number,
  ): Promise<ListAnswer> {
    const base = collectionPrefix(collectionOf(kind));
    const rangeEnd = prefixEnd(base + prefix);
    const key = Buffer.from(after === '' ? base + prefix : `${base}${after}\0`);
    // How much of it a selector leaves is not known before it is read.
    const most = selection.everything ? limit : 0;
    const { kvs, count } = await this.#store.kv.range({ key, rangeEnd, revision, limit: most });
    const breather = new Breather(STEP_BYTES);
    const all: StoredObject[] = [];
    for (const kv of kvs) {
      all.push(StoredObject.parse(kv.key.toString().slice(base.length), kv));
      await breather.after(kv.value.length + OBJECT_BYTES);
    }
    const unread = Math.max(0, Number(count) - kvs.length);
    return await answer(kind, all, { revision, limit, selection, unread });
  }
}

/** Those of the items that are selected. What others convert is asked for all at once. */
async function select(
  kind: Kind,
  { everything, matches }: Selection,
  items: Iterable<StoredObject>,
): Promise<StoredObject[]> {
  const all = [...items];
  if (everything) return all;
  await served(kind, all);
  return all.filter((stored) => matches(kind, stored));
}

interface Listed {
  readonly revision: number;
  readonly limit: number;
  readonly selection: Selection;
  /** Items after those that are given, which nobody has read. */
  readonly unread?: number;
}

/** The first `limit` items (0: all) with a token for the rest; the rest is counted unless a selector hides some. */
async function answer(
  kind: Kind,
  candidates: Iterable<StoredObject>,
  { revision, limit, selection, unread = 0 }: Listed,
): Promise<ListAnswer> {
  const all = await select(kind, selection, candidates);
  const metadata: ListMeta = { resourceVersion: String(revision) };
  const total = all.length + unread;
  const isWhole = limit <= 0 || total <= limit;
  const items = isWhole ? all : all.slice(0, limit);
  await served(kind, items);
  if (isWhole) return { type: 'list', kind, items, metadata };
  metadata.continue = encodeContinueToken({ revision, after: items.at(-1)!.path });
  if (selection.everything) metadata.remainingItemCount = total - limit;
  return { type: 'list', kind, items, metadata };
}

function isFuture(error: unknown): boolean {
  return error instanceof Error && error.message.includes('required revision is a future revision');
}

/** etcd's answer for a revision that is gone. */
function isCompacted(error: unknown): boolean {
  return error instanceof Error && error.message.includes('required revision has been compacted');
}
