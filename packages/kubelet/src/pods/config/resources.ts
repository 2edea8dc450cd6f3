import { type Container, type Pod, qosClass, quantityMilliValue, quantityValue } from '@keelson/api';
import type { cri, Init } from '@keelson/protocol';
import { containersOf, initContainersOf, isSidecar } from '../pod-facts.js';

const CPU_PERIOD = 100_000;
/** What the kernel takes. */
const CPU_QUOTA_MIN = 1_000;
const CPU_SHARES_MIN = 2;
const CPU_SHARES_MAX = 262_144;

/** Who goes first when memory is short: the score is the share of memory in thousandths, and this on top. */
const OOM_GUARANTEED = -997;
const OOM_BEST_EFFORT = 1_000;

type Resource = 'cpu' | 'memory';
type Side = 'requests' | 'limits';

export function containerResources(
  pod: Pod,
  container: Container,
  memoryBytes: number,
): Init<cri.LinuxContainerResources> {
  const cpuLimit = amount(container, 'limits', 'cpu');
  return {
    ...linuxResources(
      amount(container, 'requests', 'cpu') ?? cpuLimit,
      cpuLimit,
      amount(container, 'limits', 'memory'),
    ),
    oomScoreAdj: oomScoreAdj(pod, container, memoryBytes),
  };
}

/** All containers together, for runtimes that give each pod a machine. */
export function sandboxResources(pod: Pod): Init<cri.LinuxContainerResources> {
  return linuxResources(total(pod, 'requests', 'cpu'), total(pod, 'limits', 'cpu'), total(pod, 'limits', 'memory'));
}

/** What the sandbox itself takes: asked for and limited alike. */
export function sandboxOverhead(pod: Pod): Init<cri.LinuxContainerResources> {
  const { cpu, memory } = pod.spec?.overhead ?? {};
  const millis = cpu === undefined ? undefined : quantityMilliValue(cpu);
  return linuxResources(millis, millis, memory === undefined ? undefined : quantityValue(memory));
}

/**
 * A pod that has what it asked for goes last, one that asked for nothing first. Between them, whoever uses more than it
 * asked for reaches a score of 1000. A sidecar goes no earlier than what it serves.
 */
export function oomScoreAdj(pod: Pod, container: Container, memoryBytes: number): number {
  if (pod.spec?.priorityClassName === 'system-node-critical') return OOM_GUARANTEED;
  const qos = pod.status?.qosClass ?? qosClass(pod.spec ?? {});
  if (qos === 'Guaranteed') return OOM_GUARANTEED;
  if (qos === 'BestEffort') return OOM_BEST_EFFORT;
  const byRequest = (bytes: number) => 1_000 - Math.floor((1_000 * bytes) / Math.max(1, memoryBytes));
  const own = byRequest(amount(container, 'requests', 'memory') ?? 0);
  const served = containersOf(pod).map((it) => byRequest(amount(it, 'requests', 'memory') ?? 0));
  const score = isSidecar(container) ? Math.min(own, ...served) : own;
  return Math.min(Math.max(score, 1_000 + OOM_GUARANTEED), OOM_BEST_EFFORT - 1);
}

/** CPU in thousandths, memory in bytes. */
function linuxResources(
  cpuRequest: number | undefined,
  cpuLimit: number | undefined,
  memoryLimit: number | undefined,
): Init<cri.LinuxContainerResources> {
  const shares = Math.floor(((cpuRequest ?? 0) * 1024) / 1000);
  return {
    cpuShares: Math.min(CPU_SHARES_MAX, Math.max(CPU_SHARES_MIN, shares)),
    cpuPeriod: CPU_PERIOD,
    cpuQuota: cpuLimit ? Math.max(CPU_QUOTA_MIN, Math.floor((cpuLimit * CPU_PERIOD) / 1000)) : 0,
    memoryLimitInBytes: memoryLimit ?? 0,
  };
}

function amount({ resources }: Pick<Container, 'resources'>, side: Side, resource: Resource): number | undefined {
  const quantity = resources?.[side]?.[resource];
  if (quantity === undefined) return undefined;
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
}

/** Init containers run one after another before the others; sidecars run beside all that come after them. */
function total(pod: Pod, side: Side, resource: Resource): number {
  const of = (container: Container) => amount(container, side, resource) ?? 0;
  const sidecars = initContainersOf(pod).filter(isSidecar);
  const others = initContainersOf(pod).filter((it) => !isSidecar(it));
  const main = [...containersOf(pod), ...sidecars].reduce((sum, it) => sum + of(it), 0);
  return Math.max(main, ...others.map(of));
}
