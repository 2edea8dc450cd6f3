import { deepEqual, type Node, type Pod } from '@keelson/api';
import { podRequests } from './cache/resources.js';
import type { ClusterEvent } from './framework/plugin.js';

/** What changed of a node that could let a pod in. */
export function nodeEvents(next: Node, old: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (!deepEqual(next.status?.allocatable, old.status?.allocatable)) events.push('NodeUpdateAllocatable');
  if (!deepEqual(next.metadata.labels, old.metadata.labels)) events.push('NodeUpdateLabel');
  const taints = (node: Node) => [node.spec?.taints ?? [], node.spec?.unschedulable ?? false];
  if (!deepEqual(taints(next), taints(old))) events.push('NodeUpdateTaint');
  return events;
}

/**
 * What changed of a pod on a node that could let another pod in. That it is going to end is not enough: its room is
 * free once it is gone.
 */
export function podEvents(next: Pod, old: Pod): ClusterEvent[] {
  const asks = podRequests(next);
  const asksLess = Object.entries(podRequests(old)).some(([name, amount]) => (asks[name] ?? 0) < amount);
  return asksLess ? ['AssignedPodScaleDown'] : [];
}
