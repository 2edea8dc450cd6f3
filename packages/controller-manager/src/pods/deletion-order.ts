import type { Pod } from '@keelson/api';
import { isReady, readySince } from './pod-state.js';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Which pods go first when there are too many (ActivePodsWithRanks): those that do least — without node, pending, not
 * ready — then by cost, by how many of their kind share the node, and the youngest.
 */
export function deletionOrder(pods: readonly Pod[], now: number): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of pods) perNode.set(spec?.nodeName ?? '', (perNode.get(spec?.nodeName ?? '') ?? 0) + 1);
  const measures: ((pod: Pod) => number)[] = [
    (pod) => (pod.spec?.nodeName ? 1 : 0),
    (pod) => PHASES[pod.status?.phase ?? 'Pending'] ?? 1,
    (pod) => (isReady(pod) ? 1 : 0),
    (pod) => Number.parseInt(pod.metadata.annotations?.[DELETION_COST] ?? '0', 10) || 0,
    (pod) => -(perNode.get(pod.spec?.nodeName ?? '') ?? 0),
    (pod) => ageStep(readySince(pod), now),
    (pod) => -restarts(pod),
    (pod) => ageStep(Date.parse(pod.metadata.creationTimestamp ?? ''), now),
  ];
  return [...pods].sort((a, b) => {
    for (const measure of measures) {
      const difference = measure(a) - measure(b);
      if (difference !== 0) return difference;
    }
    return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
  });
}

/** Ages are compared in powers of two, so that a second's difference does not decide between pods of hours. */
function ageStep(since: number | undefined, now: number): number {
  if (since === undefined || Number.isNaN(since)) return 0;
  return Math.floor(Math.log2(Math.max(1, now - since + 1)));
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map((it) => it.restartCount ?? 0));
}
