import type { Clock } from '@keelson/service';

const LOOK_MS = 60_000;
const TOLERATED_MS = 1_000;

/** Timers run by steady time: whoever waits for a time of day has to look again when the wall clock was set. */
export function onClockJump(clock: Clock, signal: AbortSignal, run: () => void): void {
  let ahead = clock.now() - clock.monotonic();
  const timer = clock.every(LOOK_MS, () => {
    const before = ahead;
    ahead = clock.now() - clock.monotonic();
    if (Math.abs(ahead - before) > TOLERATED_MS) run();
  });
  signal.addEventListener('abort', () => timer.cancel(), { once: true });
}
