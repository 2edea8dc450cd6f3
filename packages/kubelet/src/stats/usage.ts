/** CPU at a moment; times are wall time in milliseconds. */
export interface CpuUsage {
  readonly at: number;
  /** Since the thing began; never goes back while it lives. */
  readonly coreNanoSeconds: number;
  /** Of late, where it is known. */
  readonly nanoCores?: number | undefined;
}

export interface MemoryUsage {
  readonly at: number;
  readonly workingSetBytes: number;
  readonly usageBytes?: number | undefined;
  readonly availableBytes?: number | undefined;
  readonly rssBytes?: number | undefined;
  readonly pageFaults?: number | undefined;
  readonly majorPageFaults?: number | undefined;
}

export interface NetworkUsage {
  readonly at: number;
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface FilesystemUsage {
  readonly at: number;
  readonly availableBytes?: number | undefined;
  readonly capacityBytes?: number | undefined;
  readonly usedBytes?: number | undefined;
  readonly inodesFree?: number | undefined;
  readonly inodes?: number | undefined;
  readonly inodesUsed?: number | undefined;
}

/** What the runtime could say; what it could not is absent. */
interface Usage {
  readonly startedAt: number;
  readonly cpu?: CpuUsage | undefined;
  readonly memory?: MemoryUsage | undefined;
}

export interface ContainerUsage extends Usage {
  readonly name: string;
  readonly rootfs?: FilesystemUsage | undefined;
  readonly logPath: string;
}

export interface PodUsage extends Usage {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly network?: NetworkUsage | undefined;
  readonly processes?: number | undefined;
  readonly containers: readonly ContainerUsage[];
}

export interface NodeUsage extends Usage {
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
}

export interface UsageOfAll {
  readonly node: NodeUsage;
  readonly pods: readonly PodUsage[];
}
