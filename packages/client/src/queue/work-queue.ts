import type { Clock, Timer } from '@keelson/service';
import { type Deferred, deferred } from '../deferred.js';
import type { RateLimiter } from './rate-limiter.js';

/** Is told what happens in a queue. */
export interface QueueObserver {
  added?(): void;
  retried?(): void;
  /** A key was taken after so many seconds. */
  waited?(seconds: number): void;
}

/** What a queue holds at a moment; times in milliseconds. */
export interface QueueState {
  /** Ready to be taken. */
  readonly waiting: number;
  readonly working: readonly { readonly key: string; readonly forMs: number }[];
  /** To be looked at again later. */
  readonly delayed: readonly { readonly key: string; readonly inMs: number }[];
}

/**
 * Keys to work on, each at most once at a time: a key added while it is worked on comes again afterwards, and one
 * added twice comes once. In the manner of client-go's work queue; bounded by the number of distinct keys.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #order: string[] = [];
  readonly #dirty = new Set<string>();
  /** Since when. */
  readonly #processing = new Map<string, number>();
  readonly #readySince = new Map<string, number>();
  readonly #observer: QueueObserver;
  readonly #delayed = new Map<string, { at: number; timer: Timer }>();
  readonly #waiting: Deferred<string | undefined>[] = [];
  #shutDown = false;

  constructor(dependencies: { clock: Clock; limiter: RateLimiter; observer?: QueueObserver }) {
    this.#observer = dependencies.observer ?? {};
    this.#clock = dependencies.clock;
    this.#limiter = dependencies.limiter;
  }

  add(key: string): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    this.#observer.added?.();
    this.#dirty.add(key);
    this.#readySince.set(key, this.#clock.monotonic());
    if (this.#processing.has(key)) return;
    this.#order.push(key);
    this.#feed();
  }

  /** The earliest of several pending times counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#shutDown) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + milliseconds;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.at <= at) return;
    pending?.timer.cancel();
    const timer = this.#clock.after(milliseconds, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, timer });
  }

  /** Adds it again after the back-off that its failures ask for. */
  retry(key: string): void {
    this.#observer.retried?.();
    this.addAfter(key, this.#limiter.when(key));
  }

  forget(key: string): void {
    this.#limiter.forget(key);
  }

  failures(key: string): number {
    return this.#limiter.failures(key);
  }

  /** The next key, which the caller must hand to `done`; undefined after shut-down. */
  next(): Promise<string | undefined> {
    const key = this.#take();
    if (key !== undefined || this.#shutDown) return Promise.resolve(key);
    const waiting = deferred<string | undefined>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#shutDown) {
      this.#order.push(key);
      this.#feed();
    }
  }

  state(): QueueState {
    const now = this.#clock.monotonic();
    return {
      waiting: this.#order.length,
      working: [...this.#processing].map(([key, since]) => ({ key, forMs: now - since })),
      delayed: [...this.#delayed].map(([key, { at }]) => ({ key, inMs: at - now })),
    };
  }

  get length(): number {
    return this.#order.length;
  }

  shutDown(): void {
    this.#shutDown = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#order.length = 0;
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(undefined);
  }

  #take(): string | undefined {
    const key = this.#order.shift();
    if (key === undefined) return undefined;
    const now = this.#clock.monotonic();
    this.#dirty.delete(key);
    this.#processing.set(key, now);
    this.#observer.waited?.((now - (this.#readySince.get(key) ?? now)) / 1000);
    this.#readySince.delete(key);
    return key;
  }

  #feed(): void {
    while (this.#waiting.length > 0 && this.#order.length > 0) this.#waiting.shift()!.resolve(this.#take());
  }
}
