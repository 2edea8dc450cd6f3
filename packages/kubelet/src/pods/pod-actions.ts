import type { Container, Pod } from '@keelson/api';
import { currentSandbox, latestOf, type RuntimeContainer, type RuntimePod } from '../cri/runtime-pod.js';
import {
  allContainersOf,
  containerHash,
  containersOf,
  ephemeralContainersOf,
  initContainersOf,
  isSidecar,
  nameOf,
  shouldRestart,
} from './pod-facts.js';

/** What probes have found out about running containers, by container id. */
export interface ProbeFindings {
  /** The text for the event, if liveness or startup failed. */
  mustRestart(containerId: string): 'liveness' | 'startup' | undefined;
  hasStarted(containerId: string, container: Container): boolean;
}

export interface ContainerStart {
  container: Container;
  /** Counts from 0; it is the container's restart count too. */
  attempt: number;
  /** The one before it, in whatever state. */
  previous: RuntimeContainer | undefined;
  /** Name of the container whose processes it is to see. */
  target?: string | undefined;
}

export interface ContainerKill {
  id: string;
  name: string;
  container: Container | undefined;
  message: string;
  /** The probe that failed, if that is why. */
  probe?: 'liveness' | 'startup' | undefined;
}

/** What is to be done so that the runtime has what the pod asks for. */
export interface PodActions {
  /** End everything that the pod has, its sandbox too. */
  killPod: boolean;
  createSandbox: boolean;
  /** Attempt number of the sandbox to create. */
  attempt: number;
  kills: ContainerKill[];
  starts: ContainerStart[];
}

type RestartReason = Pick<ContainerKill, 'message' | 'probe'>;

/** Pure: the same pod, runtime state and findings give the same actions. After kuberuntime's computePodActions. */
export function computePodActions(pod: Pod, runtime: RuntimePod | undefined, probes: ProbeFindings): PodActions {
  const sandbox = currentSandbox(runtime);
  const hostNetwork = pod.spec?.hostNetwork === true;
  const usable = sandbox !== undefined && sandbox.hostNetwork === hostNetwork && (hostNetwork || sandbox.ip !== '');
  if (!usable) return withNewSandbox(pod, runtime);

  const actions: PodActions = { killPod: false, createSandbox: false, attempt: sandbox.attempt, kills: [], starts: [] };
  actions.kills.push(...strangers(pod, runtime));
  bringForward(pod, runtime, probes, actions);
  if (!actions.killPod) actions.starts.unshift(...ephemeralStarts(pod, runtime));
  return actions;
}

/** What the init containers, and then the main ones, need. */
function bringForward(pod: Pod, runtime: RuntimePod | undefined, probes: ProbeFindings, actions: PodActions): void {
  const initialised = initialise(pod, runtime, probes, actions);
  if (actions.killPod || !initialised) return;
  const keep = mainContainers(pod, runtime, probes, actions);
  const sidecarsOnly = keep === 0 && actions.starts.every(({ container }) => isSidecar(container));
  if (sidecarsOnly) {
    // Sidecars live for the sake of the others: when those are done the pod is.
    actions.starts = [];
    actions.killPod = true;
  }
}

/** Whether the pod is initialised or not, and never a second time. */
function ephemeralStarts(pod: Pod, runtime: RuntimePod | undefined): ContainerStart[] {
  const known = new Set(
    pod.status?.ephemeralContainerStatuses?.filter(({ containerID }) => containerID).map(({ name }) => name),
  );
  for (const { name, state } of runtime?.containers ?? []) if (state !== 'created') known.add(name);
  return ephemeralContainersOf(pod)
    .filter(({ name }) => !known.has(name ?? ''))
    .map((container) => ({ ...nextStart(pod, container, runtime), target: container.targetContainerName }));
}

function withNewSandbox(pod: Pod, runtime: RuntimePod | undefined): PodActions {
  const previous = runtime?.sandboxes[0];
  const attempt = previous === undefined ? 0 : previous.attempt + 1;
  const none: PodActions = { killPod: runtime !== undefined, createSandbox: false, attempt, kills: [], starts: [] };
  const wanted = containersOf(pod).filter((container) => {
    const latest = latestOf(runtime, nameOf(container));
    return latest === undefined || (latest.state === 'created' ? true : shouldRestart(pod, exitCodeOf(latest)));
  });
  const hasRun =
    (runtime?.containers.length ?? 0) > 0 || containersOf(pod).some((it) => reported(pod, it) !== undefined);
  if (wanted.length === 0 || (hasRun && pod.spec?.restartPolicy === 'Never')) return none;
  const [firstInit] = initContainersOf(pod);
  const starts = firstInit === undefined ? wanted : [firstInit];
  return { ...none, createSandbox: true, starts: starts.map((container) => nextStart(pod, container, runtime)) };
}

/** Containers whose name the pod no longer has. */
function strangers(pod: Pod, runtime: RuntimePod | undefined): ContainerKill[] {
  const names = new Set(allContainersOf(pod).map(nameOf));
  return (runtime?.containers ?? [])
    .filter(({ name, state }) => state === 'running' && !names.has(name))
    .map(({ id, name }) => ({ id, name, container: undefined, message: `Stopping container ${name}` }));
}

/** Brings the init containers forward; true when the main containers may run. */
function initialise(pod: Pod, runtime: RuntimePod | undefined, probes: ProbeFindings, actions: PodActions): boolean {
  const sandboxId = runtime?.sandboxes[0]?.id;
  const mainHasRun = containersOf(pod).some((container) => {
    const latest = latestOf(runtime, nameOf(container));
    return latest !== undefined && latest.sandboxId === sandboxId;
  });
  for (const container of initContainersOf(pod)) {
    const known = latestOf(runtime, nameOf(container));
    const latest = known?.sandboxId === sandboxId ? known : undefined;
    if (isSidecar(container)) {
      const up = advanceSidecar(pod, container, latest, runtime, probes, actions);
      if (!up && !mainHasRun) return false;
    } else if (!mainHasRun && !advanceInit(pod, container, latest, runtime, actions)) return false;
  }
  return true;
}

/** True when the sidecar is started. */
function advanceSidecar(
  pod: Pod,
  container: Container,
  latest: RuntimeContainer | undefined,
  runtime: RuntimePod | undefined,
  probes: ProbeFindings,
  actions: PodActions,
): boolean {
  if (latest?.state === 'running') {
    const reason = restartReason(container, latest, probes);
    if (reason === undefined) return probes.hasStarted(latest.id, container);
    actions.kills.push({ id: latest.id, name: latest.name, container, ...reason });
  }
  actions.starts.push(nextStart(pod, container, runtime));
  return false;
}

/** True when the init container has done its work. */
function advanceInit(
  pod: Pod,
  container: Container,
  latest: RuntimeContainer | undefined,
  runtime: RuntimePod | undefined,
  actions: PodActions,
): boolean {
  if (latest?.state === 'running') return false;
  if (latest?.state === 'exited' && latest.exitCode === 0) return true;
  const failed = latest?.state === 'exited' || latest?.state === 'unknown';
  if (failed && pod.spec?.restartPolicy === 'Never') actions.killPod = true;
  else actions.starts.push(nextStart(pod, container, runtime));
  return false;
}

/** Returns how many containers go on or are started. */
function mainContainers(pod: Pod, runtime: RuntimePod | undefined, probes: ProbeFindings, actions: PodActions): number {
  let keep = 0;
  for (const container of containersOf(pod)) {
    const latest = latestOf(runtime, nameOf(container));
    if (latest?.state === 'running') {
      const reason = restartReason(container, latest, probes);
      if (reason === undefined) {
        keep += 1;
        continue;
      }
      actions.kills.push({ id: latest.id, name: latest.name, container, ...reason });
      const changed = latest.hash !== containerHash(container);
      if (!changed && pod.spec?.restartPolicy === 'Never') continue;
    } else if (latest?.state === 'exited' || latest?.state === 'unknown') {
      if (!shouldRestart(pod, exitCodeOf(latest))) continue;
    }
    keep += 1;
    actions.starts.push(nextStart(pod, container, runtime));
  }
  return keep;
}

function restartReason(
  container: Container,
  latest: RuntimeContainer,
  probes: ProbeFindings,
): RestartReason | undefined {
  const { name = '' } = container;
  if (latest.hash !== '' && latest.hash !== containerHash(container)) {
    return { message: `Container ${name} definition changed, will be restarted` };
  }
  const probe = probes.mustRestart(latest.id);
  if (probe === undefined) return undefined;
  return { message: `Container ${name} failed ${probe} probe, will be restarted`, probe };
}

/** A container that was made and never started is made again under the same number. */
function nextStart(pod: Pod, container: Container, runtime: RuntimePod | undefined): ContainerStart {
  const previous = latestOf(runtime, nameOf(container));
  const lost = reported(pod, container);
  const attempt =
    previous === undefined
      ? lost === undefined
        ? 0
        : lost + 1
      : previous.attempt + (previous.state === 'created' ? 0 : 1);
  return { container, attempt, previous };
}

/** The restart count under which the API server knows a container to have run, though the runtime may have lost it. */
function reported(pod: Pod, container: Container): number | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const status = statuses.find(({ name }) => name === nameOf(container));
  return status?.containerID ? (status.restartCount ?? 0) : undefined;
}

/** The exit code of a container that the runtime lost is not known; it counts as killed. */
function exitCodeOf(container: RuntimeContainer): number {
  return container.state === 'unknown' ? 137 : container.exitCode;
}
