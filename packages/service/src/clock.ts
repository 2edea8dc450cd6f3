/** A pending timer. Cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in Keelson. Every component that needs time takes one in its constructor, so that a
 * simulation can run the whole control plane on a clock of its own.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump; never use it to measure. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number;
  after(milliseconds: number, run: () => void): Timer;
  every(milliseconds: number, run: () => void): Timer;
  /** Resolves after the time, or rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Node's largest delay; a longer one would fire at once. */
const DELAY_MAX = 2 ** 31 - 1;

/** The machine's clock. `keepAlive: false` lets the process end while its timers are pending. */
export function systemClock(options: { keepAlive?: boolean } = {}): Clock {
  const hold = <T extends NodeJS.Timeout>(handle: T): T => {
    if (options.keepAlive === false) handle.unref();
    return handle;
  };
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(milliseconds, run) {
      const handle = hold(setTimeout(run, Math.min(milliseconds, DELAY_MAX)));
      return { cancel: () => clearTimeout(handle) };
    },
    every(milliseconds, run) {
      const handle = hold(setInterval(run, Math.min(milliseconds, DELAY_MAX)));
      return { cancel: () => clearInterval(handle) };
    },
    sleep: (milliseconds, signal) => sleepOn(clock, milliseconds, signal),
  };
  return clock;
}

/** `Clock.every` in terms of `Clock.after`, for clocks that are not the machine's. */
export function everyOn(clock: Pick<Clock, 'after'>, milliseconds: number, run: () => void): Timer {
  let timer: Timer;
  const again = () => {
    timer = clock.after(milliseconds, again);
    run();
  };
  timer = clock.after(milliseconds, again);
  return { cancel: () => timer.cancel() };
}

/** `Clock.sleep` in terms of `Clock.after`, for every implementation of Clock. */
export function sleepOn(clock: Pick<Clock, 'after'>, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** An RFC 3339 time in whole seconds, as `metav1.Time` is written. */
export function rfc3339(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** An RFC 3339 time with six decimals, as `metav1.MicroTime` is written. */
export function rfc3339Micro(milliseconds: number): string {
  const whole = Math.floor(milliseconds);
  const micros = Math.floor((milliseconds - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`;
}
