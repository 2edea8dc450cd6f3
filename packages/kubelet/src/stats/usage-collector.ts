import type { cri } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { CriClient } from '../cri/cri-client.js';
import { currentSandbox, type RuntimePod } from '../cri/runtime-pod.js';
import type { NodeMeter } from './node-usage.js';
import type {
  ContainerUsage,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkUsage,
  PodUsage,
  UsageOfAll,
} from './usage.js';

export interface UsageCollectorDependencies {
  readonly cri: CriClient;
  /** What the runtime is known to have. */
  readonly pods: () => readonly RuntimePod[];
  readonly node: NodeMeter;
  readonly clock: Clock;
}

const CALL_MS = 10_000;
/** Whoever asks again within a moment gets the same: the runtime looks at every process of the machine for it. */
const FRESH_MS = 500;

/** What the runtime says that the pods of this node use, and the node with them. */
export class UsageCollector {
  readonly #deps: UsageCollectorDependencies;
  #asked: { readonly answer: Promise<UsageOfAll>; readonly until: number } | undefined;

  constructor(dependencies: UsageCollectorDependencies) {
    this.#deps = dependencies;
  }

  /** Rejects when the runtime does not answer. */
  async collect(): Promise<UsageOfAll> {
    const { clock } = this.#deps;
    if (this.#asked !== undefined && clock.monotonic() < this.#asked.until) return await this.#asked.answer;
    const asked = { answer: this.#ask(), until: Number.POSITIVE_INFINITY };
    this.#asked = asked;
    asked.answer.then(
      () => {
        asked.until = clock.monotonic() + FRESH_MS;
      },
      () => {
        asked.until = 0;
      },
    );
    return await asked.answer;
  }

  async #ask(): Promise<UsageOfAll> {
    const { runtime } = this.#deps.cri;
    const [{ stats: containers }, sandboxes] = await Promise.all([
      runtime.listContainerStats({}, { timeout: CALL_MS }),
      this.#sandboxStats(),
    ]);
    const containerOf = new Map(containers.map((it) => [it.attributes?.id ?? '', it]));
    const sandboxOf = new Map(sandboxes.map((it) => [it.attributes?.id ?? '', it]));
    const pods = this.#deps.pods().flatMap((pod) => podUsage(pod, containerOf, sandboxOf) ?? []);
    return { node: this.#deps.node.read(pods), pods };
  }

  /** Where a runtime cannot tell of a sandbox, its containers' sums must do. */
  async #sandboxStats(): Promise<cri.PodSandboxStats[]> {
    const { runtime } = this.#deps.cri;
    try {
      return (await runtime.listPodSandboxStats({}, { timeout: CALL_MS })).stats;
    } catch (error) {
      const { code } = error as { code?: number };
      if (code === UNIMPLEMENTED || code === DEADLINE_EXCEEDED) return [];
    }
    // containerd says nothing of any as long as one of them is ending.
    const ids = this.#deps.pods().flatMap((pod) => currentSandbox(pod)?.id ?? []);
    const found: cri.PodSandboxStats[] = [];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const asked = ids.slice(at, at + AT_ONCE).map(async (podSandboxId) => {
        const { stats } = await runtime.podSandboxStats({ podSandboxId }, { timeout: CALL_MS });
        if (stats !== undefined) found.push(stats);
      });
      await Promise.allSettled(asked);
    }
    return found;
  }
}

const AT_ONCE = 10;
const DEADLINE_EXCEEDED = 4;
const UNIMPLEMENTED = 12;

function podUsage(
  pod: RuntimePod,
  containerOf: ReadonlyMap<string, cri.ContainerStats>,
  sandboxOf: ReadonlyMap<string, cri.PodSandboxStats>,
): PodUsage | undefined {
  const sandbox = currentSandbox(pod);
  if (sandbox === undefined) return undefined;
  const names = new Set<string>();
  const containers: ContainerUsage[] = [];
  // The newest of a name come first.
  for (const { id, name, state, startedAt, logPath } of pod.containers) {
    const stats = containerOf.get(id);
    if (state !== 'running' || stats === undefined || names.has(name)) continue;
    names.add(name);
    const rootfs = stats.writableLayer && filesystemOf(stats.writableLayer);
    containers.push({ name, startedAt, logPath, rootfs, ...usageOf(stats) });
  }
  const linux = sandboxOf.get(sandbox.id)?.linux;
  const summed = { cpu: cpuSum(containers), memory: memorySum(containers) };
  const { cpu = summed.cpu, memory = summed.memory } = linux === undefined ? summed : usageOf(linux);
  return {
    ...{ uid: pod.uid, name: pod.name, namespace: pod.namespace, startedAt: sandbox.createdAt },
    ...{ cpu, memory, containers: containers.sort((a, b) => (a.name < b.name ? -1 : 1)) },
    network: linux?.network && networkOf(linux.network),
    processes: linux?.process?.processCount?.value,
  };
}

function usageOf({ cpu, memory }: Pick<cri.ContainerStats, 'cpu' | 'memory'>): {
  cpu: CpuUsage | undefined;
  memory: MemoryUsage | undefined;
} {
  const used = cpu?.usageCoreNanoSeconds?.value;
  const workingSetBytes = memory?.workingSetBytes?.value;
  return {
    cpu:
      cpu === undefined || used === undefined
        ? undefined
        : { at: milliseconds(cpu.timestamp), coreNanoSeconds: used, nanoCores: cpu.usageNanoCores?.value },
    memory:
      memory === undefined || workingSetBytes === undefined
        ? undefined
        : {
            at: milliseconds(memory.timestamp),
            workingSetBytes,
            usageBytes: memory.usageBytes?.value,
            availableBytes: memory.availableBytes?.value || undefined,
            rssBytes: memory.rssBytes?.value,
            pageFaults: memory.pageFaults?.value,
            majorPageFaults: memory.majorPageFaults?.value,
          },
  };
}

function cpuSum(containers: readonly ContainerUsage[]): CpuUsage | undefined {
  const all = containers.flatMap(({ cpu }) => cpu ?? []);
  if (all.length === 0) return undefined;
  return {
    at: Math.max(...all.map(({ at }) => at)),
    coreNanoSeconds: sumOf(all, ({ coreNanoSeconds }) => coreNanoSeconds),
    nanoCores: all.every(({ nanoCores }) => nanoCores !== undefined)
      ? sumOf(all, ({ nanoCores = 0 }) => nanoCores)
      : undefined,
  };
}

function memorySum(containers: readonly ContainerUsage[]): MemoryUsage | undefined {
  const all = containers.flatMap(({ memory }) => memory ?? []);
  if (all.length === 0) return undefined;
  return {
    at: Math.max(...all.map(({ at }) => at)),
    workingSetBytes: sumOf(all, ({ workingSetBytes }) => workingSetBytes),
  };
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function networkOf({ timestamp, defaultInterface }: cri.NetworkUsage): NetworkUsage | undefined {
  if (defaultInterface === undefined) return undefined;
  const { name, rxBytes, rxErrors, txBytes, txErrors } = defaultInterface;
  return {
    ...{ at: milliseconds(timestamp), name, rxBytes: rxBytes?.value ?? 0, rxErrors: rxErrors?.value ?? 0 },
    ...{ txBytes: txBytes?.value ?? 0, txErrors: txErrors?.value ?? 0 },
  };
}

function filesystemOf({ timestamp, usedBytes, inodesUsed }: cri.FilesystemUsage): FilesystemUsage {
  return { at: milliseconds(timestamp), usedBytes: usedBytes?.value, inodesUsed: inodesUsed?.value };
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds / 1_000_000n);
}
