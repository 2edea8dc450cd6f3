import type { Pod } from '@keelson/api';
import { rfc3339 } from '@keelson/service';

const TARGET = { type: 'DisruptionTarget', status: 'True' } as const;

/** The pod with the condition that says why it goes; one that is there already keeps its place and its time. */
export function withDisruptionTarget(pod: Pod, nowMs: number): Pod {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === TARGET.type);
  const condition = {
    ...TARGET,
    lastProbeTime: null as unknown as undefined,
    lastTransitionTime: before?.status === TARGET.status ? before.lastTransitionTime : rfc3339(nowMs),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const next =
    before === undefined ? [...conditions, condition] : conditions.map((it) => (it === before ? condition : it));
  return { ...pod, status: { ...pod.status, conditions: next } };
}
