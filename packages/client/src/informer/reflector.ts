import { type ApiError, isApiError, type KubeObject, objectKey } from '@keelson/api';
import type { Clock, Logger, Random } from '@keelson/service';
import type { ApiClient, WatchEvent } from '../api-client.js';
import { Backoff } from '../backoff.js';
import type { Resource } from '../resource.js';

/** Where a reflector puts what it sees. Calls come one at a time and in the server's order. */
export interface ReflectorSink<T> {
  /** The whole collection: everything not in it is gone. */
  replace(items: readonly T[]): void;
  add(object: T): void;
  update(object: T): void;
  delete(object: T): void;
  /** All that happened up to this resource version has been told. */
  seen?(resourceVersion: string): void;
  /** The server knows no such collection: a server of another version, or one that is not told of it yet. */
  notServed?(): void;
}

export interface ReflectorOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** No more than the metadata of objects is wanted: servers may send whole ones all the same. */
  metadataOnly?: boolean;
  /** Items asked for at once when listing. */
  pageSize?: number;
  /** Have the collection streamed by the watch itself, where the server does that; list it else. */
  streamList?: boolean;
  /** A watch is renewed after this many seconds, plus up to as many again. */
  watchSeconds?: number;
}

export interface ReflectorDependencies {
  client: ApiClient;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** A server that has not ended a watch by then has lost it. */
const WATCH_GRACE_MS = 30_000;
/** A server that says nothing for so long before all that is there has come does not know that it is asked for that. */
const STREAM_SILENT_MAX_MS = 20_000;
/** With these a server tells that it streams no lists. */
const NOT_STREAMED: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501]);
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/**
 * Keeps a sink equal to a collection: lists it, then watches from there, and starts over when the server says that
 * the watch's resource version is too old. Retries for ever, with back-off.
 */
export class Reflector<T extends KubeObject> {
  readonly #resource: Resource<T>;
  readonly #options: ReflectorOptions;
  readonly #sink: ReflectorSink<T>;
  readonly #deps: ReflectorDependencies;
  readonly #backoff: Backoff;
  /** Empty: what is there has to come before what changes. */
  #resourceVersion = '';
  #streamsList: boolean;
  /** The version that a list must at least have, so that time never runs backwards across servers. */
  #seenVersion = '0';

  constructor(
    resource: Resource<T>,
    options: ReflectorOptions,
    dependencies: ReflectorDependencies & { sink: ReflectorSink<T> },
  ) {
    this.#resource = resource;
    this.#options = options;
    this.#streamsList = options.streamList === true;
    this.#sink = dependencies.sink;
    this.#deps = dependencies;
    this.#backoff = new Backoff({ baseMs: 200, capMs: 10_000 }, dependencies);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '' && !this.#streamsList) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#recover(error);
        await this.#deps.clock.sleep(this.#backoff.next(), signal).catch(() => {});
      }
    }
  }

  #recover(error: unknown): void {
    const { plural } = this.#resource;
    const { logger } = this.#deps;
    if (isApiError(error) && error.code === 404) this.#sink.notServed?.();
    if (isApiError(error) && (error.code === 410 || isAhead(error))) {
      logger.debug({ resource: plural, reason: error.message }, 'no such resource version, listing again');
      this.#resourceVersion = '';
      this.#seenVersion = '';
    } else if (this.#resourceVersion === '' && this.#streamsList && isApiError(error) && NOT_STREAMED.has(error.code)) {
      logger.debug({ resource: plural, reason: error.message }, 'the server streams no lists: listing');
      this.#streamsList = false;
    } else {
      logger.info({ resource: plural, reason: (error as Error).message }, 'watch interrupted, retrying');
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const items: T[] = [];
    let resourceVersion = '';
    let continueToken: string | undefined;
    do {
      const page = await this.#deps.client.list(this.#resource, {
        ...this.#selection(),
        ...(continueToken === undefined
          ? {
              resourceVersion: this.#seenVersion,
              limit: this.#seenVersion === '' ? (this.#options.pageSize ?? 500) : undefined,
            }
          : { continueToken, limit: this.#options.pageSize ?? 500 }),
        signal,
      });
      for (const item of page.items) items.push(item);
      resourceVersion = page.metadata.resourceVersion ?? '';
      continueToken = page.metadata.continue || undefined;
    } while (continueToken !== undefined);
    this.#came(items, resourceVersion);
    this.#sink.seen?.(this.#resourceVersion);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const seconds = Math.floor((this.#options.watchSeconds ?? 300) * (1 + this.#deps.random.float()));
    const ending = new AbortController();
    const end = () => ending.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    const timer = this.#deps.clock.after(seconds * 1000 + WATCH_GRACE_MS, end);
    try {
      const events = this.#deps.client.watch(this.#resource, {
        ...this.#selection(),
        ...this.#from(),
        allowWatchBookmarks: true,
        timeoutSeconds: seconds,
        signal: ending.signal,
      });
      if (this.#resourceVersion === '') await this.#streamThenFollow(events, ending);
      else for await (const event of events) this.#follow(event);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', end);
    }
    // A server that ends watches at once must not be asked in a tight loop.
    await this.#deps.clock.sleep(10, signal).catch(() => {});
  }

  #from() {
    if (this.#resourceVersion !== '') return { resourceVersion: this.#resourceVersion };
    const resourceVersion = this.#seenVersion === '0' ? '' : this.#seenVersion;
    return { resourceVersion, resourceVersionMatch: 'NotOlderThan', sendInitialEvents: true };
  }

  /** What is there comes as events too, until a bookmark says that this was all. */
  async #streamThenFollow(events: AsyncIterable<WatchEvent<T>>, ending: AbortController): Promise<void> {
    const { clock, logger } = this.#deps;
    const items = new Map<string, T>();
    let heardAt = clock.monotonic();
    const looking = clock.every(STREAM_SILENT_MAX_MS / 4, () => {
      if (this.#resourceVersion !== '' || clock.monotonic() - heardAt < STREAM_SILENT_MAX_MS) return;
      logger.debug({ resource: this.#resource.plural }, 'the server does not end its list: listing');
      this.#streamsList = false;
      ending.abort(new Error('the list has no end'));
    });
    try {
      for await (const event of events) {
        heardAt = clock.monotonic();
        if (this.#resourceVersion !== '') {
          this.#follow(event);
          continue;
        }
        const { type, object } = event;
        if (type === 'BOOKMARK') {
          if (object.metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') continue;
          this.#backoff.reset();
          this.#came([...items.values()], object.metadata.resourceVersion ?? '');
          items.clear();
          looking.cancel();
        } else if (type === 'DELETED') items.delete(objectKey(object));
        else items.set(objectKey(object), object);
      }
    } finally {
      looking.cancel();
    }
  }

  #follow({ type, object }: WatchEvent<T>): void {
    this.#backoff.reset();
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
    this.#seenVersion = this.#resourceVersion;
    if (type === 'ADDED') this.#sink.add(object);
    else if (type === 'MODIFIED') this.#sink.update(object);
    else if (type === 'DELETED') this.#sink.delete(object);
    this.#sink.seen?.(this.#resourceVersion);
  }

  #came(items: readonly T[], resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.#seenVersion = resourceVersion;
    this.#sink.replace(items);
    this.#sink.seen?.(resourceVersion);
  }

  #selection() {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return { namespace, labelSelector, fieldSelector, metadataOnly };
  }
}

/** The server has not come to that version yet, and may never: it is another one, or was restored. */
function isAhead({ code, details }: ApiError): boolean {
  return code === 504 && details?.causes?.some(({ reason }) => reason === 'ResourceVersionTooLarge') === true;
}
