/**
 * Does `count` things in batches of 1, 2, 4, … and stops at the first batch with a failure, so that what cannot work
 * (a quota, a bad template) is tried a few times and not thousands. Resolves to how many were done; the first error
 * comes with it.
 */
export async function slowStart(
  count: number,
  run: (index: number) => Promise<void>,
): Promise<{ done: number; error: unknown }> {
  let done = 0;
  let started = 0;
  for (let batch = 1; started < count; batch *= 2) {
    const size = Math.min(batch, count - started);
    const first = started;
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => run(first + index)));
    started += size;
    const failures = results.filter((it): it is PromiseRejectedResult => it.status === 'rejected');
    done += size - failures.length;
    if (failures.length > 0) return { done, error: failures[0]!.reason };
  }
  return { done, error: undefined };
}
