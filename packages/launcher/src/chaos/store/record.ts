import { History, type KeyValueInput, type KeyValueOutput } from '@keelson/linearizability';
import type { Clock } from '@keelson/service';

/** What a second of the run was like. */
export interface Second {
  acknowledged: number;
  failed: number;
  /** The slowest of a hundred, and the slowest, in ms. */
  latenciesMs: number[];
}

export interface AcknowledgedWrite {
  readonly revision: number;
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
}

/** All that clients did and saw. */
export class Record {
  readonly history = new History<KeyValueInput, KeyValueOutput>();
  readonly seconds: Second[] = [];
  readonly writes: AcknowledgedWrite[] = [];
  readonly #clock: Clock;
  readonly #beganAt: number;
  #lastWriteAt = 0;
  #gaps: { readonly from: number; readonly to: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganAt = clock.monotonic();
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#clock.monotonic() - this.#beganAt;
  }

  #second(): Second {
    const at = Math.floor(this.now / 1000);
    while (this.seconds.length <= at) this.seconds.push({ acknowledged: 0, failed: 0, latenciesMs: [] });
    return this.seconds[at]!;
  }

  answered(sentAt: number): void {
    const second = this.#second();
    second.acknowledged += 1;
    second.latenciesMs.push(this.now - sentAt);
  }

  wrote(write: AcknowledgedWrite): void {
    this.writes.push(write);
    const { now } = this;
    if (now - this.#lastWriteAt > 20) this.#gaps.push({ from: this.#lastWriteAt, to: now });
    this.#lastWriteAt = now;
  }

  failed(): void {
    this.#second().failed += 1;
  }

  /** The longest time without an acknowledged write that touches this span. */
  longestGap(from: number, to: number): number {
    const gaps = [...this.#gaps, { from: this.#lastWriteAt, to: this.now }];
    return Math.max(0, ...gaps.filter((gap) => gap.to >= from && gap.from <= to).map((gap) => gap.to - gap.from));
  }
}
