import { cri, type Init } from '@keelson/protocol';
import { type Container, imageName } from '../engine.js';
import { logPathOf } from '../process/container-spec.js';
import { isHostNetwork, type SandboxRecord } from '../records.js';

/** CRI's times are nanoseconds. */
export function nanoseconds(milliseconds: number | undefined): bigint {
  return BigInt(Math.round((milliseconds ?? 0) * 1000)) * 1000n;
}

const SANDBOX_STATES = { true: cri.PodSandboxState.SANDBOX_READY, false: cri.PodSandboxState.SANDBOX_NOTREADY };
const CONTAINER_STATES = {
  created: cri.ContainerState.CONTAINER_CREATED,
  running: cri.ContainerState.CONTAINER_RUNNING,
  exited: cri.ContainerState.CONTAINER_EXITED,
} as const;

export function sandboxView(record: SandboxRecord): Init<cri.PodSandbox> {
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: SANDBOX_STATES[`${record.ready}`],
    createdAt: nanoseconds(record.createdAt),
    labels: record.config.labels,
    annotations: record.config.annotations,
    runtimeHandler: record.runtimeHandler,
  };
}

export function sandboxStatusView(record: SandboxRecord): Init<cri.PodSandboxStatus> {
  const network = isHostNetwork(record.config) ? cri.NamespaceMode.NODE : cri.NamespaceMode.POD;
  return {
    ...sandboxView(record),
    network: { ip: record.ready ? record.ip : '' },
    linux: { namespaces: { options: { network, pid: cri.NamespaceMode.NODE, ipc: cri.NamespaceMode.NODE } } },
  };
}

export function containerView(container: Container, imageId: string): Init<cri.Container> {
  const { record, workload } = container;
  return {
    id: record.id,
    podSandboxId: record.sandboxId,
    metadata: record.config.metadata,
    image: record.config.image,
    imageRef: imageId,
    imageId,
    state: CONTAINER_STATES[workload.status.state],
    createdAt: nanoseconds(record.createdAt),
    labels: record.config.labels,
    annotations: record.config.annotations,
  };
}

export function containerStatusView(container: Container, imageId: string): Init<cri.ContainerStatus> {
  const { record, sandbox, workload } = container;
  const { state, started, exit } = workload.status;
  const linux = record.resources ?? record.config.linux?.resources;
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: CONTAINER_STATES[state],
    createdAt: nanoseconds(record.createdAt),
    startedAt: nanoseconds(started?.startedAt),
    finishedAt: nanoseconds(exit?.finishedAt),
    exitCode: exit?.exitCode ?? 0,
    reason: exit === undefined ? '' : (exit.reason ?? (exit.exitCode === 0 ? 'Completed' : 'Error')),
    message: exit?.message ?? '',
    image: { image: imageName(record.config) },
    imageRef: imageId,
    imageId,
    labels: record.config.labels,
    annotations: record.config.annotations,
    mounts: record.config.mounts,
    logPath: logPathOf(record, sandbox),
    resources: linux === undefined ? undefined : { linux },
  };
}

/** Whether an object passes the label part of a filter. */
export function hasLabels(labels: Record<string, string>, wanted: Record<string, string> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}
