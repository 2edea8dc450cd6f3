import type { UsageOfAll } from './usage.js';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Wall time in milliseconds; absent: now. */
  readonly at?: number;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const SCRAPE_ERROR = '1 if there was an error while getting container metrics, 0 otherwise';

/** `/metrics/resource`, with upstream's names. Undefined usage: it could not be found out. */
export function resourceMetrics(usage: UsageOfAll | undefined): string {
  const ofContainers = (
    sample: (container: UsageOfAll['pods'][number]['containers'][number]) => Omit<Sample, 'labels'> | undefined,
  ) =>
    (usage?.pods ?? []).flatMap(({ name: pod, namespace, containers }) =>
      containers.flatMap((container) => {
        const made = sample(container);
        return made === undefined ? [] : [{ labels: { container: container.name, namespace, pod }, ...made }];
      }),
    );
  const ofPods = (sample: (pod: UsageOfAll['pods'][number]) => Omit<Sample, 'labels'> | undefined) =>
    (usage?.pods ?? []).flatMap((it) => {
      const made = sample(it);
      return made === undefined ? [] : [{ labels: { namespace: it.namespace, pod: it.name }, ...made }];
    });
  const ofNode = (sample: (node: UsageOfAll['node']) => Omit<Sample, 'labels'>) =>
    usage === undefined ? [] : [{ labels: {}, ...sample(usage.node) }];
  const failed = [{ labels: {}, value: usage === undefined ? 1 : 0 }];
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      ofContainers(({ cpu }) => cpu && { value: cpu.coreNanoSeconds / 1e9, at: cpu.at }),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the container in bytes',
      ofContainers(({ memory }) => memory && { value: memory.workingSetBytes, at: memory.at }),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start time of the container since unix epoch in seconds',
      ofContainers(({ startedAt }) => (startedAt > 0 ? { value: startedAt / 1000 } : undefined)),
    ),
    family(
      'node_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      ofNode(({ cpu }) => ({ value: cpu.coreNanoSeconds / 1e9, at: cpu.at })),
    ),
    family(
      'node_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the node in bytes',
      ofNode(({ memory }) => ({ value: memory.workingSetBytes, at: memory.at })),
    ),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      ofPods(({ cpu }) => cpu && { value: cpu.coreNanoSeconds / 1e9, at: cpu.at }),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the pod in bytes',
      ofPods(({ memory }) => memory && { value: memory.workingSetBytes, at: memory.at }),
    ),
    family('resource_scrape_error', 'gauge', `[STABLE] ${SCRAPE_ERROR}`, failed),
    family('scrape_error', 'gauge', `[ALPHA] (Deprecated since 1.29.0) ${SCRAPE_ERROR}`, failed),
  ].join('');
}

/** A metric with its samples; nothing where there are none. */
function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value, at }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    return `${name}${set} ${value}${at === undefined ? '' : ` ${Math.round(at)}`}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
