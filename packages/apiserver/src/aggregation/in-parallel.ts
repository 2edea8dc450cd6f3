/** Runs something for each of many, some of them side by side. */
export async function inParallel<T>(all: Iterable<T>, atOnce: number, run: (one: T) => Promise<void>): Promise<void> {
  const left = all[Symbol.iterator]();
  const worker = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
