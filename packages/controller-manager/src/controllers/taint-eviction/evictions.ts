import { type Pod, type Taint, tolerates } from '@keelson/api';

/**
 * When a pod has to leave a node of these NoExecute taints: a time in ms, `now`, or never (undefined). A taint that
 * does not say when it was added counts from `firstSeen`.
 */
export function leaveAt(pod: Pod, taints: readonly Taint[], firstSeen: number, now: number): number | undefined {
  const execute = taints.filter((it) => it.effect === 'NoExecute');
  let earliest: number | undefined;
  for (const taint of execute) {
    const covering = (pod.spec?.tolerations ?? []).filter((it) => tolerates(it, taint));
    if (covering.length === 0) return now;
    const limits = covering.flatMap((it) => (it.tolerationSeconds === undefined ? [] : [Number(it.tolerationSeconds)]));
    if (limits.length === 0) continue;
    const since = Date.parse(taint.timeAdded ?? '') || firstSeen;
    const at = since + Math.max(0, Math.min(...limits)) * 1000;
    if (earliest === undefined || at < earliest) earliest = at;
  }
  return earliest;
}
