import type { ContainerStatus, Pod } from '@keelson/api';
import type { RuntimeContainer, RuntimePod } from '../cri/runtime-pod.js';

/**
 * The container whose log is meant: the newest, or the one before. A container that has ended and is waiting to be
 * started again is "the one before" already, as the pod's status has it under its last state.
 */
export function containerOfLog(
  pod: Pod,
  runtime: RuntimePod | undefined,
  name: string,
  previous: boolean,
): RuntimeContainer | undefined {
  const [latest, before] = (runtime?.containers ?? []).filter((it) => it.name === name && it.state !== 'created');
  if (!previous || latest === undefined) return previous ? undefined : latest;
  const last = reportedStatus(pod, name)?.lastState?.terminated?.containerID ?? '';
  const isWaiting = latest.state !== 'running' && last.endsWith(`//${latest.id}`);
  return isWaiting ? latest : before;
}

/** Why there is no log, in upstream's words. */
export function noLogReason(pod: Pod, name: string, previous: boolean): string {
  const what = `container "${name}" in pod "${pod.metadata.name}"`;
  if (previous) return `previous terminated ${what} not found`;
  const reason = reportedStatus(pod, name)?.state?.waiting?.reason ?? 'ContainerCreating';
  return `${what} is waiting to start: ${PULL_REASONS[reason] ?? reason}`;
}

const PULL_REASONS: Record<string, string> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function reportedStatus({ status }: Pod, name: string): ContainerStatus | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return all.find((it) => it.name === name);
}
