import type { Node, NodeCondition, NodeStatus } from '@keelson/api';
import { isExtended } from '../pods/admission.js';
import type { MachineCapacity, MachineUse } from './machine.js';

export interface NodeResourceOptions {
  maxPods: number;
  /** Replaces what the machine has, by resource. */
  override: Record<string, string>;
  /** Memory and disk below which the node is under pressure; what is kept back from pods. */
  memoryReserveBytes: number;
  diskReserveShare: number;
}

export function nodeResources(
  machine: MachineCapacity,
  options: NodeResourceOptions,
): { capacity: Record<string, string>; allocatable: Record<string, string> } {
  const kibi = (bytes: number) => `${Math.floor(bytes / 1024)}Ki`;
  const capacity = {
    cpu: String(machine.cpu),
    'ephemeral-storage': kibi(machine.diskBytes),
    memory: kibi(machine.memoryBytes),
    pods: String(options.maxPods),
    ...options.override,
  };
  const allocatable = {
    ...capacity,
    'ephemeral-storage': String(Math.floor(machine.diskBytes * (1 - options.diskReserveShare))),
    memory: kibi(Math.max(0, machine.memoryBytes - options.memoryReserveBytes)),
    ...options.override,
  };
  return { capacity, allocatable };
}

type Amounts = Record<string, string>;

/**
 * What this kubelet finds, beside what others put into the node's status: an extended resource of theirs is allocatable as
 * long as it is in the capacity.
 */
export function withOthersResources(
  { capacity = {}, allocatable = {} }: Pick<NodeStatus, 'capacity' | 'allocatable'>,
  known: Pick<NodeStatus, 'capacity' | 'allocatable'> = {},
): { capacity: Amounts; allocatable: Amounts } {
  const all = { ...known.capacity, ...capacity };
  const extended = Object.entries(all).filter(([resource]) => isExtended(resource));
  const others = Object.entries(known.allocatable ?? {}).filter(([resource]) => !isExtended(resource));
  return { capacity: all, allocatable: { ...Object.fromEntries([...others, ...extended]), ...allocatable } };
}

/** Why the node cannot run pods, or undefined. */
export type Unready = string | undefined;

export interface ConditionInput {
  use: MachineUse;
  unready: Unready;
  options: Pick<NodeResourceOptions, 'memoryReserveBytes' | 'diskReserveShare'>;
  now: string;
}

/** The node's conditions in upstream's words, others' kept; a transition time changes with the status only. */
export function nodeConditions(old: readonly NodeCondition[] | undefined, input: ConditionInput): NodeCondition[] {
  const { use, unready, options, now } = input;
  const pressure = (
    type: string,
    isUnder: boolean,
    [has, hasNot]: [string, string],
    [bad, good]: [string, string],
  ) => ({
    type,
    status: isUnder ? 'True' : 'False',
    reason: isUnder ? has : hasNot,
    message: isUnder ? bad : good,
  });
  const verdicts = [
    pressure(
      'MemoryPressure',
      use.memoryAvailableBytes < options.memoryReserveBytes,
      ['KubeletHasInsufficientMemory', 'KubeletHasSufficientMemory'],
      ['kubelet has insufficient memory available', 'kubelet has sufficient memory available'],
    ),
    pressure(
      'DiskPressure',
      use.diskAvailableShare < options.diskReserveShare,
      ['KubeletHasDiskPressure', 'KubeletHasNoDiskPressure'],
      ['kubelet has disk pressure', 'kubelet has no disk pressure'],
    ),
    pressure(
      'PIDPressure',
      use.pidsAvailableShare < 0.1,
      ['KubeletHasInsufficientPID', 'KubeletHasSufficientPID'],
      ['kubelet has insufficient PID available', 'kubelet has sufficient PID available'],
    ),
    {
      type: 'Ready',
      status: unready === undefined ? 'True' : 'False',
      reason: unready === undefined ? 'KubeletReady' : 'KubeletNotReady',
      message: unready ?? 'kubelet is posting ready status',
    },
  ];
  const foreign = (old ?? []).filter(({ type }) => !verdicts.some((verdict) => verdict.type === type));
  const own = verdicts.map((verdict) => {
    const before = old?.find(({ type }) => type === verdict.type);
    const lastTransitionTime = before?.status === verdict.status ? (before.lastTransitionTime ?? now) : now;
    return { ...verdict, lastHeartbeatTime: now, lastTransitionTime };
  });
  return [...own, ...foreign];
}

/** Everything that a report changes besides its heartbeat times. */
export function withoutHeartbeats(status: NodeStatus | undefined): NodeStatus {
  const conditions = (status?.conditions ?? []).map(({ lastHeartbeatTime: _, ...condition }) => condition);
  return { ...status, conditions };
}

export interface NodeIdentityOptions {
  name: string;
  labels: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  addresses: { hostIP: string; hostname: string };
  port: number;
  /** From which its pods have their addresses; undefined: the control plane says. */
  podCidr?: string | undefined;
  /** Where the kubelet speaks HTTP; absent: it does not. */
  statusPort?: number | undefined;
}

/** The API server reaches a kubelet's HTTP there. */
const STATUS_PORT = 'keelson.dev/status-port';
/** Volumes are attached to it by the control plane. */
const ATTACHING = 'volumes.kubernetes.io/controller-managed-attach-detach';

export function newNode(options: NodeIdentityOptions, architecture: string, status: NodeStatus): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: options.name,
      labels: nodeLabels(options, architecture),
      annotations: {
        [ATTACHING]: 'true',
        ...(options.statusPort === undefined ? {} : { [STATUS_PORT]: String(options.statusPort) }),
      },
    },
    spec: {
      ...(options.podCidr === undefined ? {} : { podCIDR: options.podCidr, podCIDRs: [options.podCidr] }),
      ...(options.taints.length === 0 ? {} : { taints: options.taints }),
    },
    status,
  };
}

function nodeLabels(options: NodeIdentityOptions, architecture: string): Record<string, string> {
  const os = process.platform;
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': os,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': options.addresses.hostname,
    'kubernetes.io/os': os,
    ...options.labels,
  };
}
