import type { Clock, Timer } from '@keelson/service';
import { type Deferred, deferred } from '../deferred.js';
import type { RateLimiter } from './rate-limiter.js';

/**
 * Keys to work on, each at most once at a time: a key added while it is worked on comes again afterwards, and one
 * added twice comes once. In the manner of client-go's work queue; bounded by the number of distinct keys.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  readonly #order: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #delayed = new Map<string, { at: number; timer: Timer }>();
  readonly #waiting: Deferred<string | undefined>[] = [];
  #shutDown = false;

  constructor(dependencies: { clock: Clock; limiter: RateLimiter }) {
    this.#clock = dependencies.clock;
    this.#limiter = dependencies.limiter;
  }

  add(key: string): void {
    if (this.#shutDown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
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
    this.#dirty.delete(key);
    this.#processing.add(key);
    return key;
  }

  #feed(): void {
    while (this.#waiting.length > 0 && this.#order.length > 0) this.#waiting.shift()!.resolve(this.#take());
  }
}
