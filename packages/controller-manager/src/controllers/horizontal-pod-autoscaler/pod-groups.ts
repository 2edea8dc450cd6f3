import type { Pod } from '@keelson/api';
import { quantityMilliValue } from '@keelson/api';
import { isFinished } from '../../pods/pod-state.js';
import type { PodMetric, PodMetrics } from './metrics-source.js';

/** How young pods are treated. */
export interface Readiness {
  /** So long after its start the CPU that a pod uses may be that of its start. */
  readonly cpuInitializationMs: number;
  /** A pod that was not ready within so long after its start, and is not, never was. */
  readonly initialReadinessMs: number;
}

/** The pods of a target, by what can be said of them. */
export interface PodGroups {
  /** How many count as they are. */
  readonly ready: number;
  readonly unready: ReadonlySet<string>;
  /** Those that run and were not measured. */
  readonly missing: ReadonlySet<string>;
  /** On their way out, or ended. */
  readonly ignored: ReadonlySet<string>;
}

export function groupPods(
  pods: readonly Pod[],
  metrics: PodMetrics,
  { resource, readiness, now }: { resource: string; readiness: Readiness; now: number },
): PodGroups {
  let ready = 0;
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const pod of pods) {
    const name = pod.metadata.name ?? '';
    const metric = metrics.get(name);
    if (pod.metadata.deletionTimestamp !== undefined || isFinished(pod)) ignored.add(name);
    else if (pod.status?.phase === 'Pending') unready.add(name);
    else if (metric === undefined) missing.add(name);
    else if (resource === 'cpu' && !isSettled(pod, metric, readiness, now)) unready.add(name);
    else ready += 1;
  }
  return { ready, unready, missing, ignored };
}

/** Whether the CPU that a pod uses tells how much it needs. */
function isSettled({ status }: Pod, metric: PodMetric, readiness: Readiness, now: number): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition === undefined || status?.startTime === undefined) return false;
  const started = Date.parse(status.startTime);
  const changed = Date.parse(condition.lastTransitionTime ?? '') || 0;
  const isUnready = condition.status === 'False';
  // Of a pod that may still be starting, a whole window since it became ready.
  if (started + readiness.cpuInitializationMs > now) return !isUnready && metric.at >= changed + metric.windowMs;
  return !(isUnready && started + readiness.initialReadinessMs > changed);
}

/** What each pod asks for of a resource, in thousandths: its own, its containers', or one container's. Throws when one asks for nothing. */
export function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, number> {
  return new Map(pods.map((pod) => [pod.metadata.name ?? '', requestOf(pod, resource, container)]));
}

function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const { name } = pod.metadata;
  const { spec } = pod;
  const ofPod = spec?.resources?.requests;
  const whole = container === undefined && Object.keys(ofPod ?? {}).some((it) => POD_LEVEL.test(it));
  if (whole && ofPod?.[resource] !== undefined) return quantityMilliValue(ofPod[resource]);
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const all = [...(spec?.containers ?? []), ...sidecars];
  const wanted = container === undefined ? all : all.filter((it) => it.name === container);
  if (container !== undefined && wanted.length === 0)
    throw new Error(`container ${container} not found in Pod ${name}`);
  const requests = wanted.map((it) => ({ of: it.name, request: it.resources?.requests?.[resource] }));
  const lacking = requests.find(({ request }) => request === undefined);
  if (lacking !== undefined) {
    if (whole) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`);
    throw new Error(`missing request for ${resource} in container ${lacking.of} of Pod ${name}`);
  }
  return requests.reduce((sum, { request }) => sum + quantityMilliValue(request ?? '0'), 0);
}

/** What a pod as a whole can ask for. */
const POD_LEVEL = /^(cpu|memory|hugepages-.+)$/;
