import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { currentSandbox, type RuntimePod } from '../cri/runtime-pod.js';
import { mergeConditions, podVerdicts } from './conditions.js';
import { type ContainerFacts, containerStatus } from './container-status.js';
import { firstText } from './file-tail.js';
import { type PodPhase, podPhase } from './phase.js';
import {
  allContainersOf,
  containersOf,
  ephemeralContainersOf,
  initContainersOf,
  isTerminal,
  nameOf,
} from './pod-facts.js';

/** Why a pod is failed by the kubelet, whatever its containers did. */
export interface PodFailure {
  reason: string;
  message: string;
}

export interface StatusFacts extends ContainerFacts {
  now: number;
  hostIP: string;
  failure?: PodFailure | undefined;
  /** The pod is being deleted and its containers are ended. */
  ending?: boolean | undefined;
}

/** What the containers of a pod said last, all together. */
const POD_MESSAGES_BYTES_MAX = 12 * 1024;

/** Pure: what the kubelet reports of a pod. Fields that others own (QoS class, PodScheduled) are kept. */
export function podStatus(pod: Pod, runtime: RuntimePod | undefined, facts: StatusFacts): PodStatus {
  const old = pod.status ?? {};
  const messageBytes = Math.floor(POD_MESSAGES_BYTES_MAX / Math.max(1, allContainersOf(pod).length));
  const status = (container: Container, olds: readonly ContainerStatus[] | undefined) => {
    const before = olds?.find(({ name }) => name === nameOf(container));
    return withShortMessages(containerStatus(pod, container, runtime, before, facts), messageBytes);
  };
  const init = initContainersOf(pod).map((container) => status(container, old.initContainerStatuses));
  const main = containersOf(pod).map((container) => status(container, old.containerStatuses));
  const ephemeral = ephemeralContainersOf(pod).map((container) => {
    const { started: _never, ...rest } = status(container, old.ephemeralContainerStatuses);
    return { ...rest, ready: false };
  });
  const phase: PodPhase =
    facts.failure !== undefined
      ? 'Failed'
      : isTerminal(pod)
        ? (old.phase as PodPhase)
        : podPhase(pod, init, main, facts.ending);
  const sandbox = currentSandbox(runtime);
  const verdicts = podVerdicts(pod, { phase, init, main, sandboxReady: sandbox !== undefined });
  const observedGeneration = pod.metadata.generation;
  const podIP = pod.spec?.hostNetwork ? facts.hostIP : sandbox?.ip || old.podIP;
  return {
    ...old,
    phase,
    ...(facts.failure ?? (phase === 'Failed' ? {} : { reason: undefined, message: undefined })),
    conditions: mergeConditions(old.conditions, verdicts, rfc3339(facts.now), observedGeneration),
    hostIP: facts.hostIP,
    hostIPs: [{ ip: facts.hostIP }],
    ...(podIP === undefined || podIP === '' ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: old.startTime ?? rfc3339(facts.now),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: main,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

function withShortMessages(status: ContainerStatus, bytesMax: number): ContainerStatus {
  const short = (state: ContainerState | undefined): ContainerState | undefined => {
    const message = state?.terminated?.message;
    if (message === undefined) return state;
    return { ...state, terminated: { ...state?.terminated, message: firstText(message, bytesMax) } as Terminated };
  };
  return { ...status, state: short(status.state), lastState: short(status.lastState) };
}

type Terminated = NonNullable<ContainerState['terminated']>;
