import type { Pod } from '@keelson/api';
import { isReady } from '../../pods/pod-state.js';
import type { PodMetric, PodMetrics } from './metrics-source.js';
import { groupPods, type Readiness, requestsOf } from './pod-groups.js';

/** By how much of the target what is measured may differ without anything being done. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}

/** What all counts of replicas start from. */
export interface Circumstances {
  /** What the target is asked to have, and says it has. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  /** Those that the target's selector selects. */
  readonly pods: readonly Pod[];
  readonly tolerances: Tolerances;
  readonly readiness: Readiness;
  readonly now: number;
}

export interface Count {
  readonly replicas: number;
  /** What is used now, in thousandths: of each pod, where pods are measured. */
  readonly usage: number;
  /** Percent of what is requested. */
  readonly utilization?: number;
}

interface Usage {
  /** By how much more than the target is used. */
  readonly ratio: number;
  readonly usage: number;
  readonly utilization?: number;
}

const INT32_MAX = 2 ** 31 - 1;
const INT64_MAX = 2 ** 63;

/** As many as bring what pods use of a resource to so many percent of what they request. Throws when that cannot be said. */
export function byUtilization(
  it: Circumstances,
  metrics: PodMetrics,
  target: { readonly resource: string; readonly percent: number; readonly container: string | undefined },
): Count {
  const { resource, percent, container } = target;
  let requests: ReadonlyMap<string, number> | undefined;
  const requested = () => {
    requests ??= requestsOf(it.pods, resource, container);
    return requests;
  };
  return byPods(it, metrics, resource, {
    usageOf: (known) => utilizationOf(known, requested(), percent),
    // On the way down a pod that was not measured is taken to use all it requests, or the target where that is more.
    idle: (pod) => Math.trunc(((requested().get(pod) ?? 0) * Math.max(100, percent)) / 100),
  });
}

/** As many as bring what each pod uses, or says, to a target in thousandths. Throws when that cannot be said. */
export function byAverage(it: Circumstances, metrics: PodMetrics, target: number, resource = ''): Count {
  return byPods(it, metrics, resource, {
    usageOf: (known) => {
      const usage = Math.trunc(sumOf(known.values()) / known.size);
      return { ratio: usage / target, usage };
    },
    idle: () => target,
  });
}

function byPods(
  it: Circumstances,
  measured: PodMetrics,
  resource: string,
  measure: { usageOf(metrics: PodMetrics): Usage; idle(pod: string): number },
): Count {
  const { pods, specReplicas, tolerances } = it;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, ignored } = groupPods(pods, measured, { ...it, resource });
  const metrics = new Map([...measured].filter(([name]) => !ignored.has(name) && !unready.has(name)));
  if (metrics.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const { ratio, ...now } = measure.usageOf(metrics);
  const countsUnready = unready.size > 0 && ratio > 1;
  if (!countsUnready && missing.size === 0) {
    const replicas = isWithin(tolerances, ratio) ? specReplicas : int32(Math.ceil(ratio * ready));
    return { replicas, ...now };
  }
  // Whatever is not known is taken to be such that less has to be done.
  const assumed = (value: number): PodMetric => ({ value, at: 0, windowMs: 0 });
  if (ratio < 1) for (const name of missing) metrics.set(name, assumed(measure.idle(name)));
  if (ratio > 1) for (const name of missing) metrics.set(name, assumed(0));
  if (countsUnready) for (const name of unready) metrics.set(name, assumed(0));
  const { ratio: next } = measure.usageOf(metrics);
  const turns = (ratio < 1 && next > 1) || (ratio > 1 && next < 1);
  if (isWithin(tolerances, next) || turns) return { replicas: specReplicas, ...now };
  const replicas = int32(Math.ceil(next * metrics.size));
  const turnsBack = (next < 1 && replicas > specReplicas) || (next > 1 && replicas < specReplicas);
  return { replicas: turnsBack ? specReplicas : replicas, ...now };
}

function utilizationOf(metrics: PodMetrics, requests: ReadonlyMap<string, number>, percent: number): Usage {
  const known = [...metrics].filter(([name]) => requests.has(name));
  const used = sumOf(known.map(([, metric]) => metric));
  const requested = known.reduce((sum, [name]) => sum + (requests.get(name) ?? 0), 0);
  if (requested === 0) throw new Error('no metrics returned matched known pods');
  const utilization = Math.trunc((used * 100) / requested);
  return { ratio: utilization / percent, utilization, usage: Math.trunc(used / known.length) };
}

function sumOf(metrics: Iterable<PodMetric>): number {
  let sum = 0;
  for (const { value } of metrics) sum += value;
  return sum;
}

/** As many as bring a value to its target, taking it to be in proportion to the pods that are ready. */
export function byValue(it: Circumstances, usage: number, target: number): Count {
  const ratio = usage / target;
  if (it.specReplicas === 0) return { replicas: int32(Math.ceil(ratio)), usage };
  if (isWithin(it.tolerances, ratio)) return { replicas: it.specReplicas, usage };
  if (it.pods.length === 0)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = it.pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length;
  return { replicas: int32(Math.ceil(ratio * ready)), usage };
}

/** As many as a value makes of so much for each. */
export function byShare(it: Circumstances, usage: number, target: number): Count {
  const { statusReplicas, tolerances } = it;
  const ratio = usage / (target * statusReplicas);
  const replicas = isWithin(tolerances, ratio) ? statusReplicas : int32(Math.ceil(usage / target));
  return { replicas, usage: statusReplicas === 0 ? 0 : Math.min(Math.ceil(usage / statusReplicas), INT64_MAX) };
}

function isWithin({ up, down }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

function int32(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(Math.min(value, INT32_MAX), 0);
}
