import { isApiError, type KubeObject } from '@keelson/api';
import type { Clock, Logger, Random } from '@keelson/service';
import type { ApiClient } from '../api-client.js';
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
}

export interface ReflectorOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Items asked for at once when listing. */
  pageSize?: number;
  /** A watch is renewed after this many seconds, plus up to as many again. */
  watchSeconds?: number;
}

export interface ReflectorDependencies {
  client: ApiClient;
  clock: Clock;
  random: Random;
  logger: Logger;
}

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
  /** Empty: list before watching. */
  #resourceVersion = '';
  /** The version that a list must at least have, so that time never runs backwards across servers. */
  #seenVersion = '0';

  constructor(
    resource: Resource<T>,
    options: ReflectorOptions,
    dependencies: ReflectorDependencies & { sink: ReflectorSink<T> },
  ) {
    this.#resource = resource;
    this.#options = options;
    this.#sink = dependencies.sink;
    this.#deps = dependencies;
    this.#backoff = new Backoff({ baseMs: 200, capMs: 10_000 }, dependencies);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list(signal);
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
    if (isApiError(error) && error.code === 410) {
      this.#deps.logger.debug({ resource: plural }, 'resource version too old, listing again');
      this.#resourceVersion = '';
      this.#seenVersion = '';
    } else {
      this.#deps.logger.info({ resource: plural, reason: (error as Error).message }, 'watch interrupted, retrying');
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const items: T[] = [];
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
      this.#resourceVersion = page.metadata.resourceVersion ?? '';
      continueToken = page.metadata.continue || undefined;
    } while (continueToken !== undefined);
    this.#seenVersion = this.#resourceVersion;
    this.#sink.replace(items);
    this.#sink.seen?.(this.#resourceVersion);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const seconds = this.#options.watchSeconds ?? 300;
    const events = this.#deps.client.watch(this.#resource, {
      ...this.#selection(),
      resourceVersion: this.#resourceVersion,
      allowWatchBookmarks: true,
      timeoutSeconds: Math.floor(seconds * (1 + this.#deps.random.float())),
      signal,
    });
    for await (const { type, object } of events) {
      this.#backoff.reset();
      this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion;
      this.#seenVersion = this.#resourceVersion;
      if (type === 'ADDED') this.#sink.add(object);
      else if (type === 'MODIFIED') this.#sink.update(object);
      else if (type === 'DELETED') this.#sink.delete(object);
      this.#sink.seen?.(this.#resourceVersion);
    }
    // A server that ends watches at once must not be asked in a tight loop.
    await this.#deps.clock.sleep(10, signal).catch(() => {});
  }

  #selection() {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return { namespace, labelSelector, fieldSelector };
  }
}
