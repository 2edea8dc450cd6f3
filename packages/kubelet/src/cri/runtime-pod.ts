import { cri } from '@keelson/protocol';

/** Labels and annotations by which a kubelet finds its own in the runtime again, as upstream names them. */
export const Label = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  /** JSON; with the grace it lets a pod be ended properly that the API server does not tell about. */
  preStopHandler: 'io.kubernetes.container.preStopHandler',
  ports: 'io.kubernetes.container.ports',
  terminationGracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
  deletionGracePeriod: 'io.kubernetes.pod.deletionGracePeriod',
} as const;

export type RuntimeContainerState = 'created' | 'running' | 'exited' | 'unknown';

/** Times are wall time in milliseconds, 0 for none. */
export interface RuntimeContainer {
  id: string;
  name: string;
  sandboxId: string;
  state: RuntimeContainerState;
  attempt: number;
  hash: string;
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  image: string;
  imageId: string;
  logPath: string;
  /** As they were when it was made, for pods that are known from the runtime alone. */
  annotations?: Readonly<Record<string, string>>;
}

export interface RuntimeSandbox {
  id: string;
  ready: boolean;
  attempt: number;
  ip: string;
  hostNetwork: boolean;
  createdAt: number;
}

/** What the runtime has of one pod; both lists newest first. */
export interface RuntimePod {
  uid: string;
  name: string;
  namespace: string;
  sandboxes: RuntimeSandbox[];
  containers: RuntimeContainer[];
}

export function latestOf(pod: RuntimePod | undefined, name: string): RuntimeContainer | undefined {
  return pod?.containers.find((container) => container.name === name);
}

/** The newest of the name that is known to have ended. */
export function latestExited(pod: RuntimePod | undefined, name: string): RuntimeContainer | undefined {
  return pod?.containers.find((container) => container.name === name && container.state === 'exited');
}

export function currentSandbox(pod: RuntimePod | undefined): RuntimeSandbox | undefined {
  const newest = pod?.sandboxes[0];
  return newest?.ready ? newest : undefined;
}

export function isRunningAnything(pod: RuntimePod | undefined): boolean {
  return (
    pod !== undefined &&
    (pod.sandboxes.some(({ ready }) => ready) || pod.containers.some(({ state }) => state === 'running'))
  );
}

const STATES: Record<cri.ContainerState, RuntimeContainerState> = {
  [cri.ContainerState.CONTAINER_CREATED]: 'created',
  [cri.ContainerState.CONTAINER_RUNNING]: 'running',
  [cri.ContainerState.CONTAINER_EXITED]: 'exited',
  [cri.ContainerState.CONTAINER_UNKNOWN]: 'unknown',
};

function stateOf(state: cri.ContainerState): RuntimeContainerState {
  return STATES[state];
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}

export function runtimeContainer(sandboxId: string, status: cri.ContainerStatus): RuntimeContainer {
  return {
    id: status.id,
    name: status.labels[Label.containerName] ?? status.metadata?.name ?? '',
    sandboxId,
    state: stateOf(status.state),
    attempt: Number(status.annotations[Label.restartCount] ?? status.metadata?.attempt ?? 0),
    hash: status.annotations[Label.hash] ?? '',
    createdAt: milliseconds(status.createdAt),
    startedAt: milliseconds(status.startedAt),
    finishedAt: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.image?.userSpecifiedImage || status.image?.image || '',
    imageId: status.imageRef,
    logPath: status.logPath,
    annotations: status.annotations,
  };
}

export function runtimeSandbox(status: cri.PodSandboxStatus): RuntimeSandbox {
  return {
    id: status.id,
    ready: status.state === cri.PodSandboxState.SANDBOX_READY,
    attempt: status.metadata?.attempt ?? 0,
    ip: status.network?.ip ?? '',
    hostNetwork: status.linux?.namespaces?.options?.network === cri.NamespaceMode.NODE,
    createdAt: milliseconds(status.createdAt),
  };
}
