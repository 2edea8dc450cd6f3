import type { Pod } from '@keelson/api';
import { priorityOf } from '../priority.js';

/** A pod that waits for a node. */
export interface QueuedPod {
  pod: Pod;
  /** When it came first, on the clock's monotonic time. */
  readonly since: number;
  /** When it came or was last put back: the order among equals, and where its back-off begins. */
  queuedAt: number;
  attempts: number;
  /** Why the last attempt failed: it fits nowhere, or something went wrong. */
  failure: 'unfit' | 'error' | undefined;
  /** Plugins that refused it the last time. */
  refusedBy: ReadonlySet<string>;
  /** What its status was last made to say of that. */
  reported?: string;
}

export function keyOf(item: QueuedPod): string {
  return item.pod.metadata.uid ?? '';
}

/** By priority, then by age. */
export function before(a: QueuedPod, b: QueuedPod): boolean {
  const byPriority = priorityOf(b.pod) - priorityOf(a.pod);
  return byPriority === 0 ? a.queuedAt < b.queuedAt : byPriority < 0;
}
