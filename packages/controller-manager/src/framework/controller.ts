import type { KubeObject } from '@keelson/api';
import {
  type ApiClient,
  controllerRateLimiter,
  type EventRecorder,
  type Informer,
  type InformerFactory,
  WorkQueue,
} from '@keelson/client';
import type { Clock, Logger, Random } from '@keelson/service';
import type { ControllerMetrics } from './metrics.js';
import type { ServedKinds } from './served-kinds.js';

/** What every controller works with. */
export interface ControllerContext {
  readonly client: ApiClient;
  readonly informers: InformerFactory;
  /** What the API server serves: kinds come and go. */
  readonly kinds: ServedKinds;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: ControllerMetrics;
  /** How many keys a controller may work on side by side. */
  workersOf(concurrency: Concurrency): number;
  /** All loops of the process, by name, for whoever wants to see what they do. */
  readonly loops: Map<string, KeyedLoop>;
  /** Aborts when the controller has to stop. */
  readonly signal: AbortSignal;
}

/** How many keys are worked on at once, and the flag that says otherwise. */
export interface Concurrency {
  /** Without dashes, as upstream names it; absent: it cannot be chosen. */
  readonly flag?: string;
  readonly workers: number;
}

/** A controller: `setUp` asks for informers and adds handlers; the returned function runs once they have synced. */
export interface Controller {
  readonly name: string;
  readonly concurrency?: Concurrency;
  /** Who events come from, where upstream names another than the controller. */
  readonly eventSource?: string;
  setUp(context: ControllerContext): () => Promise<void>;
}

/** Several loops under one name. */
export function together(
  name: string,
  parts: readonly Controller[],
  more: Pick<Controller, 'eventSource'> = {},
): Controller {
  return {
    name,
    ...more,
    setUp(context) {
      const runs = parts.map((it) => it.setUp(context));
      return async () => {
        await Promise.all(runs.map((run) => run()));
      };
    },
  };
}

/** Whether a key can be worked on now. If not, it is looked at again soon: that is neither a success nor a failure. */
export type Gate = (key: string) => Promise<boolean>;

/** How often a key is looked at that cannot be worked on yet; an event that changes that comes first, as a rule. */
const CLOSED_MS = 1_000;

/** Works on one key. Throwing means to try again later, with back-off; a number is a time in ms to look again after. */
export type Sync = (key: string) => Promise<number | undefined>;

/** Of more keys the reason of their last failure is not remembered. */
const FAILURES_MAX = 1_000;

/** A queue of keys with workers, and ways to feed it from informers. */
export class KeyedLoop {
  readonly queue: WorkQueue;
  readonly #name: string;
  readonly #context: ControllerContext;
  readonly #failures = new Map<string, string>();

  constructor(name: string, context: ControllerContext) {
    const { clock } = context;
    this.#name = name;
    this.#context = context;
    const { metrics, loops, signal } = context;
    const limiter = controllerRateLimiter(() => clock.monotonic());
    this.queue = new WorkQueue({ clock, limiter, observer: metrics.observer(name) });
    signal.addEventListener('abort', () => this.queue.shutDown(), { once: true });
    metrics.observeQueue(name, () => this.queue.state());
    loops.set(name, this);
  }

  /** Adds every key that a change of an object concerns. */
  feed<T extends KubeObject>(
    informer: Informer<T>,
    keysOf: (object: T, old: T | undefined) => readonly string[],
  ): void {
    const add = (object: T, old: T | undefined) => {
      for (const key of keysOf(object, old)) this.queue.add(key);
    };
    informer.addHandler({
      onAdd: (object) => add(object, undefined),
      onUpdate: (object, old) => add(object, old),
      onDelete: (object) => add(object, undefined),
    });
  }

  /** Keys whose last look failed, and why. */
  get failures(): ReadonlyMap<string, string> {
    return this.#failures;
  }

  /** Works until the signal aborts. */
  async run(workers: number, sync: Sync, isOpen: Gate = async () => true): Promise<void> {
    await Promise.all(Array.from({ length: workers }, () => this.#work(sync, isOpen)));
  }

  async #work(sync: Sync, isOpen: Gate): Promise<void> {
    const { logger, metrics, clock } = this.#context;
    for (let key = await this.queue.next(); key !== undefined; key = await this.queue.next()) {
      const started = clock.monotonic();
      try {
        if (!(await isOpen(key))) {
          this.queue.addAfter(key, CLOSED_MS);
          continue;
        }
        const again = await sync(key);
        this.queue.forget(key);
        this.#failures.delete(key);
        if (typeof again === 'number') this.queue.addAfter(key, Math.max(again, 1));
        metrics.synced(this.#name, 'success', (clock.monotonic() - started) / 1000);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const level = this.queue.failures(key) < 5 ? 'debug' : 'warn';
        logger[level]({ controller: this.#name, key, reason }, 'sync failed, trying again');
        if (this.#failures.size < FAILURES_MAX || this.#failures.has(key)) this.#failures.set(key, reason);
        metrics.synced(this.#name, 'error', (clock.monotonic() - started) / 1000);
        this.queue.retry(key);
      } finally {
        this.queue.done(key);
      }
    }
  }
}

/** `namespace/name` → its parts. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
