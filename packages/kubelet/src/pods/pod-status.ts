import type { Container, ContainerStatus, Pod, PodStatus } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { currentSandbox, type RuntimePod } from '../cri/runtime-pod.js';
import { mergeConditions, podVerdicts } from './conditions.js';
import { type ContainerFacts, containerStatus } from './container-status.js';
import { type PodPhase, podPhase } from './phase.js';
import { containersOf, initContainersOf, isTerminal, nameOf } from './pod-facts.js';

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

/** Pure: what the kubelet reports of a pod. Fields that others own (QoS class, PodScheduled) are kept. */
export function podStatus(pod: Pod, runtime: RuntimePod | undefined, facts: StatusFacts): PodStatus {
  const old = pod.status ?? {};
  const status = (container: Container, olds: readonly ContainerStatus[] | undefined) =>
    containerStatus(
      pod,
      container,
      runtime,
      olds?.find(({ name }) => name === nameOf(container)),
      facts,
    );
  const init = initContainersOf(pod).map((container) => status(container, old.initContainerStatuses));
  const main = containersOf(pod).map((container) => status(container, old.containerStatuses));
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
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}
