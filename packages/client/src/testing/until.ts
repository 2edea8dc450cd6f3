import type { ManualClock } from '@keelson/service/testing';

/**
 * Lets promises settle, and the clock go on by `stepMs` each time, until the condition holds. Fails when it never does.
 */
export async function until(
  condition: () => boolean,
  options: { clock?: ManualClock; stepMs?: number; stepsMax?: number } = {},
): Promise<void> {
  const { clock, stepMs = 100, stepsMax = 2_000 } = options;
  for (let step = 0; step < stepsMax; step++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
    if (!condition()) await clock?.advanceAsync(stepMs);
  }
  if (!condition()) throw new Error(`never came true: ${condition}`);
}
