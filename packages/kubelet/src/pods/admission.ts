import {
  type Node,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  type Pod,
  quantityMilliValue,
  quantityValue,
} from '@keelson/api';
import { initContainersOf, isSidecar, isTerminal } from './pod-facts.js';
import type { PodFailure } from './pod-status.js';

/** What pods are counted in: millicores for cpu, whole units for the rest. */
function amount(resource: string, quantity: string): number {
  return resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity);
}

/** What a pod takes from its node: its containers together, or its greediest init step if that is more. */
export function podRequests(pod: Pod): Map<string, number> {
  const total = new Map<string, number>();
  const each = (list: Record<string, string> | undefined, put: (resource: string, value: number) => void) => {
    for (const [resource, quantity] of Object.entries(list ?? {})) put(resource, amount(resource, quantity));
  };
  const add = (into: Map<string, number>) => (resource: string, value: number) =>
    void into.set(resource, (into.get(resource) ?? 0) + value);
  for (const container of pod.spec?.containers ?? []) each(container.resources?.requests, add(total));

  const sidecars = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const container of initContainersOf(pod)) {
    if (isSidecar(container)) {
      each(container.resources?.requests, add(sidecars));
      each(container.resources?.requests, add(total));
      continue;
    }
    each(container.resources?.requests, (resource, value) => {
      peak.set(resource, Math.max(peak.get(resource) ?? 0, value + (sidecars.get(resource) ?? 0)));
    });
  }
  for (const [resource, value] of peak) total.set(resource, Math.max(total.get(resource) ?? 0, value));
  each(pod.spec?.overhead, add(total));
  return total;
}

/** Why this node does not take the pod, after kubelet's canAdmitPod; undefined: it does. */
export function admit(pod: Pod, others: readonly Pod[], node: Node): PodFailure | undefined {
  if (!matchesNode(pod, node)) {
    return {
      reason: 'NodeAffinity',
      message: "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    };
  }
  const active = others.filter((other) => !isTerminal(other) && other.metadata.uid !== pod.metadata.uid);
  const allocatable = node.status?.allocatable ?? {};
  const podsMax = quantityValue(allocatable['pods'] ?? '0');
  if (active.length + 1 > podsMax) return outOf('pods', 1, active.length, podsMax);
  const used = active.map(podRequests);
  for (const [resource, requested] of podRequests(pod)) {
    if (requested === 0) continue;
    // The cluster's, and not this node's to give.
    if (isExtended(resource) && allocatable[resource] === undefined) continue;
    const capacity = amount(resource, allocatable[resource] ?? '0');
    const taken = used.reduce((sum, requests) => sum + (requests.get(resource) ?? 0), 0);
    if (taken + requested > capacity) return outOf(resource, requested, taken, capacity);
  }
  return undefined;
}

/** Resources that others than Kubernetes have named: devices, licences. */
export function isExtended(resource: string): boolean {
  return resource.includes('/') && !resource.includes('kubernetes.io/') && !resource.startsWith('requests.');
}

function outOf(resource: string, requested: number, used: number, capacity: number): PodFailure {
  return {
    reason: `OutOf${resource}`,
    message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!selector.every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((it) => matches(it, node.metadata.labels?.[it.key ?? ''])) &&
    matchFields.every((it) => it.key === 'metadata.name' && matches(it, node.metadata.name))
  );
}

function matches({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
