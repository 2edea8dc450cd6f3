import { type Event, isApiError, type KubeObject, type ObjectReference } from '@keelson/api';
import { type Clock, type Logger, type Random, rfc3339 } from '@keelson/service';
import type { ApiClient } from '../api-client.js';
import { resources } from '../resource.js';

export type EventType = 'Normal' | 'Warning';

export interface EventRecorderOptions {
  component: string;
  host?: string | undefined;
  /** Events waiting to be written; further ones are dropped. */
  queueMax?: number;
  /** Remembered for counting repeats. */
  cacheMax?: number;
}

interface Known {
  name: string;
  namespace: string;
  count: number;
  firstTimestamp: string;
}

/** Events an object may cause at once, and how fast the allowance comes back: upstream's spam filter. */
const BURST = 25;
const PER_SECOND = 1 / 300;
const MESSAGE_MAX = 1024;

/**
 * Records events about objects in the background, as client-go's recorder does: a repeat of the same event counts up
 * the one that is there, an object that causes too many is silenced, and what cannot be written is dropped.
 */
export class EventRecorder {
  readonly #options: Required<Omit<EventRecorderOptions, 'host'>> & { host: string | undefined };
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #known = new Map<string, Known>();
  readonly #buckets = new Map<string, () => boolean>();
  readonly #queue: Event[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    options: EventRecorderOptions,
    dependencies: { client: ApiClient; clock: Clock; random: Random; logger: Logger },
  ) {
    this.#options = { queueMax: 1000, cacheMax: 4096, host: undefined, ...options };
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
  }

  record(about: KubeObject | ObjectReference, type: EventType, reason: string, message: string): void {
    const involvedObject = 'metadata' in about ? referenceTo(about) : about;
    const bucketKey = `${involvedObject.kind}/${involvedObject.namespace}/${involvedObject.name}/${involvedObject.uid}`;
    if (this.#queue.length >= this.#options.queueMax || !this.#allowed(bucketKey)) {
      this.#logger.debug({ reason, object: involvedObject.name }, 'event dropped');
      return;
    }
    const now = rfc3339(this.#clock.now());
    const { component, host } = this.#options;
    this.#queue.push({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: this.#name(involvedObject), namespace: involvedObject.namespace || 'default' },
      involvedObject,
      reason,
      message: message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX - 4)} ...` : message,
      type,
      source: host === undefined ? { component } : { component, host },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
    this.#writing ??= this.#drain();
  }

  /** Resolves when everything recorded so far was written or dropped. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #name(about: ObjectReference): string {
    return `${about.name}.${this.#random.bytes(8).toString('hex')}`;
  }

  #allowed(key: string): boolean {
    let take = this.#buckets.get(key);
    if (take === undefined) {
      take = allowance(PER_SECOND, BURST, () => this.#clock.monotonic());
      remember(this.#buckets, key, take, this.#options.cacheMax);
    }
    return take();
  }

  async #drain(): Promise<void> {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      try {
        await this.#write(event);
      } catch (error) {
        this.#logger.debug({ reason: event.reason, err: (error as Error).message }, 'event not written');
      }
    }
    // In the same turn in which nothing was left: what is recorded a turn later must find nobody at it.
    this.#writing = undefined;
  }

  async #write(event: Event): Promise<void> {
    // Not the object's version: it may change between two events that say the same.
    const { resourceVersion: _version, ...about } = event.involvedObject ?? {};
    const key = JSON.stringify([about, event.type, event.reason, event.message]);
    const known = this.#known.get(key);
    if (known !== undefined && (await this.#countUp(known, event))) return;
    const created = await this.#client.create(resources.events, event);
    const { name = '', namespace = '' } = created.metadata;
    remember(
      this.#known,
      key,
      { name, namespace, count: 1, firstTimestamp: event.firstTimestamp ?? '' },
      this.#options.cacheMax,
    );
  }

  async #countUp(known: Known, event: Event): Promise<boolean> {
    try {
      const { namespace, name } = known;
      const patch = { count: known.count + 1, lastTimestamp: event.lastTimestamp };
      await this.#client.patch(resources.events, { namespace, name }, 'strategic', patch);
      known.count += 1;
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }
}

/** A token bucket whose refusals cost nothing: the token that comes back next may be taken. */
function allowance(perSecond: number, burst: number, monotonic: () => number): () => boolean {
  let tokens = burst;
  let last = monotonic();
  return () => {
    const now = monotonic();
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

function remember<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > max && !oldest.done) map.delete(oldest.value);
}

/** What an event says it is about. */
export function referenceTo(object: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const { apiVersion, kind } = object;
  return { kind, apiVersion, name, uid, resourceVersion, ...(namespace ? { namespace } : {}) };
}
