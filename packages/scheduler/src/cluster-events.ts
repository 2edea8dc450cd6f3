import { deepEqual, type Node } from '@keelson/api';
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
