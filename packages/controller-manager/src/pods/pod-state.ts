import type { Pod } from '@keelson/api';

/** Neither done nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

function readyCondition({ status }: Pod) {
  return status?.conditions?.find((it) => it.type === 'Ready');
}

/** When the pod became ready, in ms; undefined if it is not. */
export function readySince(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  return condition?.status === 'True' ? Date.parse(condition.lastTransitionTime ?? '') : undefined;
}

/** Ready for at least so many seconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const since = readySince(pod);
  if (since === undefined) return false;
  return minReadySeconds === 0 || since + minReadySeconds * 1000 <= now;
}

/** Milliseconds until the first of the pods that are ready counts as available; undefined if none has to wait. */
export function nextAvailableIn(pods: Iterable<Pod>, minReadySeconds: number, now: number): number | undefined {
  if (minReadySeconds === 0) return undefined;
  let next: number | undefined;
  for (const pod of pods) {
    const since = readySince(pod);
    const wait = since === undefined ? -1 : since + minReadySeconds * 1000 - now;
    if (wait >= 0 && (next === undefined || wait < next)) next = wait;
  }
  return next === undefined ? undefined : next + 1;
}
