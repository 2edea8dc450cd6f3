import type { ContainerStatus, Pod } from '@keelson/api';
import { initContainersOf, isSidecar, nameOf } from './pod-facts.js';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** The pod's phase by upstream's rules; `ending`: nothing of it will be started any more. */
export function podPhase(
  pod: Pod,
  init: readonly ContainerStatus[],
  main: readonly ContainerStatus[],
  ending = false,
): PodPhase {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const initSpecs = initContainersOf(pod);
  let pendingInit = 0;
  for (const status of init) {
    const spec = initSpecs.find((container) => nameOf(container) === status.name);
    if (spec !== undefined && isSidecar(spec)) {
      if (status.started !== true && status.state?.terminated === undefined) pendingInit += 1;
    } else if (status.state?.terminated !== undefined) {
      if (status.state.terminated.exitCode === 0) continue;
      if (policy === 'Never') return 'Failed';
      pendingInit += 1;
    } else pendingInit += 1;
  }
  const count = { waiting: 0, running: 0, stopped: 0, succeeded: 0 };
  for (const { state, lastState } of main) {
    if (state?.running !== undefined) count.running += 1;
    else if (state?.terminated !== undefined) {
      count.stopped += 1;
      if (state.terminated.exitCode === 0) count.succeeded += 1;
    } else if (lastState?.terminated !== undefined) count.stopped += 1;
    else count.waiting += 1;
  }
  const allStopped = count.stopped > 0 && count.running + count.waiting === 0;
  if (ending && allStopped) return count.stopped === count.succeeded ? 'Succeeded' : 'Failed';
  const mainHasBegun = count.running > 0 || count.stopped > 0;
  if (pendingInit > 0 && !mainHasBegun) return 'Pending';
  if (count.waiting > 0) return 'Pending';
  if (count.running > 0) return 'Running';
  if (count.stopped === 0) return 'Pending';
  if (policy === 'Always') return 'Running';
  if (count.stopped === count.succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}
