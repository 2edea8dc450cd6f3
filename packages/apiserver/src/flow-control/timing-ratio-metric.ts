import type { Clock, Registry } from '@keelson/service';
import type { TimingRatio } from './dispatch/timing-ratio.js';

export type LabelledRatio = readonly [labels: Readonly<Record<string, string>>, ratio: TimingRatio];

/** Shows ratios as a histogram of the time that each was how large: a kind that the library does not have. */
export function timingRatioMetric(
  registry: Registry,
  { name, help, ratios }: { name: string; help: string; ratios: () => Iterable<LabelledRatio> },
  clock: Pick<Clock, 'monotonic'>,
): void {
  const get = async () => {
    const now = clock.monotonic();
    const values = [...ratios()].flatMap(([labels, ratio]) => {
      const { upTo, count, sum } = ratio.observed(now);
      const bucket = (le: number | '+Inf', value: number) => ({
        ...{ metricName: `${name}_bucket`, value, labels: { ...labels, le } },
      });
      return [
        ...upTo.map((value, index) => bucket(ratio.bounds[index]!, value)),
        bucket('+Inf', count),
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
    });
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  };
  const metric = { name, help, get, reset() {} };
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}
