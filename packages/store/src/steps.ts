/** Work that is done a bit at a time: whoever drives it lets everything else go on between its steps. */
export type Steps<T> = Generator<void, T>;

/** Drives work to its end at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Measures out how much work a step is. One unit is looking at a key: some microseconds. */
export class Pace {
  readonly unitsPerStep: number;
  #left: number;

  constructor(unitsPerStep: number) {
    this.unitsPerStep = unitsPerStep;
    this.#left = unitsPerStep;
  }

  /** True once the step is used up: the work is to yield, and to go on when it is driven again. */
  spend(units = 1): boolean {
    this.#left -= units;
    return this.#left <= 0;
  }

  get usedUp(): boolean {
    return this.#left <= 0;
  }

  /** The next step begins. */
  renew(): void {
    this.#left = this.unitsPerStep;
  }
}

/** For work that is small by nature, or that nobody waits behind. */
export const AT_ONCE = new Pace(Infinity);

/** What copying so many bytes costs. */
export function unitsOf(bytes: number): number {
  return 1 + (bytes >>> 12);
}

/** Sorted natively at a time. */
const RUN = 256;

/** Sorts in steps; equal items keep their order. */
export function* sortSteps<T>(items: T[], order: (a: T, b: T) => number, pace: Pace): Steps<T[]> {
  if (items.length <= RUN) return items.sort(order);
  let from: T[] = [];
  for (let at = 0; at < items.length; at += RUN) {
    for (const each of items.slice(at, at + RUN).sort(order)) from.push(each);
    if (pace.spend(RUN)) yield;
  }
  for (let width = RUN; width < from.length; width *= 2) {
    const to: T[] = [];
    for (let at = 0; at < from.length; at += 2 * width) {
      let [a, b] = [at, Math.min(at + width, from.length)];
      const [aEnd, bEnd] = [b, Math.min(at + 2 * width, from.length)];
      while (a < aEnd || b < bEnd) {
        const first = b >= bEnd || (a < aEnd && order(from[a]!, from[b]!) <= 0);
        to.push(first ? from[a++]! : from[b++]!);
        if (pace.spend(0.1)) yield;
      }
    }
    from = to;
  }
  return from;
}
