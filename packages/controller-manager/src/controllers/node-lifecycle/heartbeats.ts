import type { Lease, Node, NodeCondition } from '@keelson/api';

/** Conditions that a kubelet reports, besides Ready. */
const REPORTED = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;
const STOPPED = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
const NEVER = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };

interface Seen {
  /** What the node last said, as far as it shows that it lives. */
  beat: string;
  /** When we saw that, on our clock. */
  at: number;
}

/** Remembers, on our own clock, when each node last gave a sign of life: a status report or a renewed lease. */
export class Heartbeats {
  readonly #seen = new Map<string, Seen>();

  /** Milliseconds since the last sign of life of the node. */
  silence(node: Node, lease: Lease | undefined, monotonicNow: number): number {
    const name = node.metadata.name ?? '';
    const ready = node.status?.conditions?.find((it) => it.type === 'Ready');
    const reported = ready?.reason === STOPPED.reason ? '' : (ready?.lastHeartbeatTime ?? '');
    const beat = `${node.metadata.uid}/${reported}/${lease?.spec?.renewTime ?? ''}`;
    const seen = this.#seen.get(name);
    if (seen === undefined || (seen.beat !== beat && !isOwnWrite(seen.beat, beat))) {
      this.#seen.set(name, { beat, at: monotonicNow });
      return 0;
    }
    return monotonicNow - seen.at;
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }
}

/** Our own report that a node is silent must not count as its sign of life. */
function isOwnWrite(before: string, after: string): boolean {
  const [uidBefore, , leaseBefore] = before.split('/');
  const [uidAfter, reported, leaseAfter] = after.split('/');
  return uidBefore === uidAfter && leaseBefore === leaseAfter && reported === '';
}

/** The conditions of a node that has been silent for too long; undefined if they say so already. */
export function lostConditions(node: Node, now: string): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  const next = [...conditions];
  let changed = false;
  for (const type of ['Ready', ...REPORTED]) {
    const at = next.findIndex((it) => it.type === type);
    const old = next[at];
    if (old === undefined) {
      next.push({
        type,
        status: 'Unknown',
        ...NEVER,
        lastHeartbeatTime: node.metadata.creationTimestamp,
        lastTransitionTime: now,
      });
      changed = true;
    } else if (old.status !== 'Unknown') {
      next[at] = { ...old, status: 'Unknown', ...STOPPED, lastTransitionTime: now };
      changed = true;
    }
  }
  return changed ? next : undefined;
}
