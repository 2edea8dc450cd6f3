import { Histogram, type Registry } from '@keelson/service';

export interface TalliedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly buckets: readonly number[];
  readonly registers: Registry[];
}

/** What was observed under one set of labels. */
class Tally {
  /** Of each bound, by itself; the last is of what is beyond them. */
  readonly counts: number[];
  sum = 0;
  count = 0;
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
    this.count += 1;
  }
}

/** A histogram whose labels are looked up once, for what is observed many times in each request. */
export class TalliedHistogram<Label extends string> extends Histogram<Label> {
  readonly #options: TalliedHistogramOptions<Label>;
  readonly #tallies: { readonly labels: Readonly<Record<Label, string>>; readonly tally: Tally }[] = [];

  constructor(options: TalliedHistogramOptions<Label>) {
    super({ ...options, labelNames: [...options.labelNames], buckets: [...options.buckets] });
    this.#options = options;
  }

  /** What observes under these labels; ask once for each. */
  tally(labels: Readonly<Record<Label, string>>): (value: number) => void {
    const tally = new Tally(this.#options.buckets);
    this.#tallies.push({ labels, tally });
    return (value) => tally.observe(value);
  }

  /** What a registry asks of histograms. */
  async getForPromString(): Promise<object> {
    const { name, help, buckets } = this.#options;
    const values = this.#tallies
      .filter(({ tally }) => tally.count > 0)
      .flatMap(({ labels, tally }) => {
        let below = 0;
        const bounds = [...buckets, '+Inf'].map((le, at) => {
          below += tally.counts[at]!;
          return { labels: { le, ...labels }, value: below, metricName: `${name}_bucket` };
        });
        return [
          ...bounds,
          { labels, value: tally.sum, metricName: `${name}_sum` },
          { labels, value: tally.count, metricName: `${name}_count` },
        ];
      });
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }
}
