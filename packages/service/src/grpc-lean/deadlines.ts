import { status } from '@grpc/grpc-js';
import type { Clock, Timer } from '../clock.js';
import type { CallStatus } from './status.js';

/** A call that may be cut short. */
export interface Interruptible {
  /** Ends it with a status that nobody who serves it gave. */
  interrupt(result: CallStatus): void;
}

/** Deadlines are met to about this. A timer for each call would cost more than most calls. */
const SWEEP_MS = 50;

/** Ends calls whose time is over. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #calls = new Map<Interruptible, number>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(call: Interruptible, timeoutMs: number): void {
    this.#calls.set(call, this.#clock.monotonic() + timeoutMs);
    this.#timer ??= this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  remove(call: Interruptible): void {
    this.#calls.delete(call);
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [call, deadline] of this.#calls) {
      if (deadline > now) continue;
      this.#calls.delete(call);
      call.interrupt({ code: status.DEADLINE_EXCEEDED, details: 'context deadline exceeded' });
    }
    if (this.#calls.size === 0) this.close();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
