import { rfc3339 } from '@keelson/service';
import type {
  ContainerUsage,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkUsage,
  PodUsage,
  UsageOfAll,
} from './usage.js';

/** What the summary says beyond CPU and memory. */
export interface SummaryParts {
  readonly network: NetworkUsage | undefined;
  readonly fs: FilesystemUsage | undefined;
  readonly imageFs: FilesystemUsage | undefined;
  readonly rlimit: { readonly at: number; readonly maxpid?: number; readonly curproc?: number };
  readonly logsOf: (container: ContainerUsage) => FilesystemUsage | undefined;
}

/** `/stats/summary` in upstream's shape; without parts it tells of CPU and memory only. */
export function summaryOf(nodeName: string, { node, pods }: UsageOfAll, parts: SummaryParts | undefined): object {
  const cpuAndMemory = { cpu: cpuStats(node.cpu), memory: memoryStats(node.memory) };
  const whole = parts && {
    network: networkStats(parts.network),
    fs: filesystemStats(parts.fs),
    runtime: { imageFs: filesystemStats(parts.imageFs) },
    rlimit: { time: rfc3339(parts.rlimit.at), maxpid: parts.rlimit.maxpid, curproc: parts.rlimit.curproc },
  };
  return {
    node: { nodeName, startTime: rfc3339(node.startedAt), ...cpuAndMemory, ...whole },
    pods: pods.map((pod) => podStats(pod, parts)),
  };
}

function podStats(pod: PodUsage, parts: SummaryParts | undefined): object {
  const { uid, name, namespace, startedAt, containers, processes } = pod;
  const process = processes === undefined ? undefined : { process_count: processes };
  return {
    podRef: { name, namespace, uid },
    startTime: rfc3339(startedAt),
    containers: containers.map((it) => containerStats(it, parts)),
    cpu: cpuStats(pod.cpu),
    memory: memoryStats(pod.memory),
    ...(parts && { network: networkStats(pod.network), process_stats: process }),
  };
}

function containerStats(container: ContainerUsage, parts: SummaryParts | undefined): object {
  return {
    name: container.name,
    startTime: rfc3339(container.startedAt),
    cpu: cpuStats(container.cpu),
    memory: memoryStats(container.memory),
    ...(parts && { rootfs: filesystemStats(container.rootfs), logs: filesystemStats(parts.logsOf(container)) }),
  };
}

function cpuStats(cpu: CpuUsage | undefined): object | undefined {
  return cpu && { time: rfc3339(cpu.at), usageNanoCores: cpu.nanoCores, usageCoreNanoSeconds: cpu.coreNanoSeconds };
}

function memoryStats(memory: MemoryUsage | undefined): object | undefined {
  if (memory === undefined) return undefined;
  const { at, availableBytes, usageBytes, workingSetBytes, rssBytes, pageFaults, majorPageFaults } = memory;
  return {
    ...{ time: rfc3339(at), availableBytes, usageBytes, workingSetBytes },
    ...{ rssBytes, pageFaults, majorPageFaults },
  };
}

function networkStats(network: NetworkUsage | undefined): object | undefined {
  if (network === undefined) return undefined;
  const { at, ...counts } = network;
  return { time: rfc3339(at), ...counts, interfaces: [counts] };
}

function filesystemStats(filesystem: FilesystemUsage | undefined): object | undefined {
  if (filesystem === undefined) return undefined;
  const { at, ...amounts } = filesystem;
  return { time: rfc3339(at), ...amounts };
}
