interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Completion indexes as intervals: as few as the text has, however many indexes they hold. */
export class IndexSet {
  static readonly EMPTY = new IndexSet([]);
  readonly size: number;
  /** Rising, and never side by side. */
  readonly #intervals: readonly Interval[];

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals;
    this.size = intervals.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  /** "1,3-5" → 1, 3, 4, 5, of those below `completions`; what cannot be read is left out. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals: Interval[] = [];
    for (const part of (text ?? '').split(',')) {
      const found = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (found === null) continue;
      const from = Number(found[1]);
      const to = Math.min(Number(found[2] ?? from), completions - 1);
      if (from <= to) intervals.push({ from, to });
    }
    return new IndexSet(joined(intervals));
  }

  static of(indexes: Iterable<number>): IndexSet {
    return new IndexSet(joined([...indexes].map((index) => ({ from: index, to: index }))));
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#intervals.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#intervals[middle]!.to < index) low = middle + 1;
      else high = middle;
    }
    return (this.#intervals[low]?.from ?? Number.POSITIVE_INFINITY) <= index;
  }

  union(other: IndexSet): IndexSet {
    if (other.size === 0) return this;
    return new IndexSet(joined([...this.#intervals, ...other.#intervals]));
  }

  /** How many indexes are in both. */
  overlap(other: IndexSet): number {
    let count = 0;
    for (let [i, j] = [0, 0]; ; ) {
      const [a, b] = [this.#intervals[i], other.#intervals[j]];
      if (a === undefined || b === undefined) return count;
      count += Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1);
      if (a.to < b.to) i += 1;
      else j += 1;
    }
  }

  /** The lowest indexes below `completions` that are not in it, `count` at the most. */
  missing(count: number, completions: number): number[] {
    const found: number[] = [];
    let candidate = 0;
    const fill = (end: number) => {
      for (; candidate < end && found.length < count; candidate += 1) found.push(candidate);
    };
    for (const { from, to } of this.#intervals) {
      fill(Math.min(from, completions));
      candidate = Math.max(candidate, to + 1);
    }
    fill(completions);
    return found;
  }

  /** 1, 3, 4, 5 → "1,3-5": a range from three on, as upstream writes it. */
  toString(): string {
    return this.#intervals
      .map(({ from, to }) => (from === to ? `${from}` : `${from}${to === from + 1 ? ',' : '-'}${to}`))
      .join(',');
  }
}

function joined(intervals: Interval[]): Interval[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of intervals.sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}
