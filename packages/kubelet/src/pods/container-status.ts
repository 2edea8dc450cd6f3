import type { Container, ContainerState, ContainerStatus, Pod } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import type { RuntimeContainer, RuntimePod } from '../cri/runtime-pod.js';
import { initContainersOf, isSidecar, nameOf } from './pod-facts.js';

/** Why a container is not running that should be: CrashLoopBackOff, ErrImagePull, … */
export interface Waiting {
  reason: string;
  message: string;
}

/** What is known about a pod's containers besides the runtime's own word. */
export interface ContainerFacts {
  runtimeName: string;
  /** By container name. */
  waiting: ReadonlyMap<string, Waiting>;
  /** `before` is what was reported of this same container: it holds until probes have found something out. */
  isReady(container: Container, running: RuntimeContainer, before: ContainerStatus | undefined): boolean;
  hasStarted(container: Container, running: RuntimeContainer, before: ContainerStatus | undefined): boolean;
  /** What the program left in its termination message, by container id. */
  terminationMessage(containerId: string): string | undefined;
}

/** The status of one container. `old` is what the API server has, for what the runtime has forgotten. */
export function containerStatus(
  pod: Pod,
  container: Container,
  runtime: RuntimePod | undefined,
  old: ContainerStatus | undefined,
  facts: ContainerFacts,
): ContainerStatus {
  const name = nameOf(container);
  const [latest, before] = (runtime?.containers ?? []).filter((it) => it.name === name && it.state !== 'created');
  const waiting = facts.waiting.get(name);
  const base = { name, image: container.image ?? '', ready: false, started: false };
  if (latest === undefined) return withoutContainer(pod, base, old, waiting);

  const running = latest.state === 'running';
  const ended = terminated(latest, facts);
  const isWaiting = !running && waiting !== undefined;
  const state: ContainerState = running
    ? { running: { startedAt: rfc3339(latest.startedAt) } }
    : isWaiting
      ? { waiting }
      : { terminated: ended };
  const last = isWaiting ? ended : before && terminated(before, facts);
  const lastState =
    last === undefined ? (old?.restartCount === latest.attempt ? (old.lastState ?? {}) : {}) : { terminated: last };
  const isInit = initContainersOf(pod).includes(container);
  const containerID = `${facts.runtimeName}://${latest.id}`;
  const same = old?.containerID === containerID ? old : undefined;
  const started = running && facts.hasStarted(container, latest, same);
  const ready =
    isInit && !isSidecar(container)
      ? !running && latest.exitCode === 0
      : started && facts.isReady(container, latest, same);
  return {
    ...base,
    state,
    lastState,
    ready,
    started,
    restartCount: latest.attempt,
    image: container.image ?? latest.image,
    imageID: latest.imageId,
    containerID,
  };
}

function withoutContainer(
  pod: Pod,
  base: { name: string; image: string; ready: boolean; started: boolean },
  old: ContainerStatus | undefined,
  waiting: Waiting | undefined,
): ContainerStatus {
  const isInitialising = initContainersOf(pod).length > 0;
  const reason = isInitialising ? 'PodInitializing' : 'ContainerCreating';
  // A container that had ended keeps the end that was reported; one that ran when its runtime lost it has none.
  const ended = old?.state?.terminated ?? (old?.state?.running && { ...LOST, ...old.state.running });
  const state: ContainerState =
    waiting !== undefined ? { waiting } : ended !== undefined ? { terminated: ended } : { waiting: { reason } };
  return {
    ...base,
    state,
    lastState: old?.lastState ?? {},
    restartCount: old?.restartCount ?? 0,
    imageID: old?.imageID ?? '',
    ready: ended !== undefined && waiting === undefined && (old?.ready ?? false),
    ...(old?.containerID === undefined ? {} : { containerID: old.containerID }),
  };
}

const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};

function terminated(container: RuntimeContainer, facts: ContainerFacts): NonNullable<ContainerState['terminated']> {
  const unknown = container.state === 'unknown';
  const message = facts.terminationMessage(container.id) ?? container.message;
  return {
    exitCode: unknown ? 137 : container.exitCode,
    reason: unknown ? 'ContainerStatusUnknown' : container.reason || (container.exitCode === 0 ? 'Completed' : 'Error'),
    ...(message === '' ? {} : { message }),
    startedAt: timeOrZero(container.startedAt),
    finishedAt: timeOrZero(container.finishedAt),
    containerID: `${facts.runtimeName}://${container.id}`,
  };
}

/** A container that never started has the epoch as its start, as upstream reports it. */
function timeOrZero(milliseconds: number): string {
  return rfc3339(milliseconds);
}
