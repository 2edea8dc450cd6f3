import { addResources, type ResourceList, surplusResources, withoutZeros } from '@keelson/api';

/** For so long after a charge its object may not be seen yet, so that what is there tells too little. */
const SETTLED_MS = 5_000;

/** What is known of a quota beside itself: charges that may still be on their way, and releases not yet told. */
export class Account {
  readonly #resyncMs: number;
  #released: ResourceList = {};
  #chargedAt: number;
  #countedAt: number | undefined;

  constructor(now: number, resyncMs: number) {
    this.#chargedAt = now;
    this.#resyncMs = resyncMs;
  }

  /** Somebody uses more of it: it is counted again when that can be seen. */
  charge(now: number): void {
    this.#chargedAt = now;
    this.#countedAt = undefined;
  }

  release(usage: ResourceList): void {
    this.#released = addResources(this.#released, usage);
  }

  get released(): ResourceList {
    return this.#released;
  }

  /** Those releases are told. */
  settle(told: ResourceList): void {
    this.#released = withoutZeros(surplusResources(this.#released, told));
  }

  /** Whether everything that was charged can be seen. */
  isSettled(now: number): boolean {
    return now >= this.#chargedAt + SETTLED_MS;
  }

  /** How long until it is to be counted again; 0: now. */
  countsIn(now: number): number {
    const at = this.#countedAt === undefined ? this.#chargedAt + SETTLED_MS : this.#countedAt + this.#resyncMs;
    return Math.max(0, at - now);
  }

  /** Counted, with all in sight that was charged before `began`. */
  counted(began: number): void {
    if (this.#chargedAt <= began) this.#countedAt = began;
  }
}
