import { Gauge, type Registry } from '@keelson/service';
import type { Replica } from './replica/replica.js';

/** Gauges with etcd's names, read when they are scraped. */
export function registerMetrics(
  registry: Registry,
  source: { readonly replica: Replica; size(): { readonly total: number; readonly inUse: number } },
): void {
  const { replica } = source;
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('etcd_server_has_leader', 'Whether a leader is known: 1 or 0', () => Number(replica.hasLeader));
  gauge('etcd_server_is_leader', 'Whether this member leads: 1 or 0', () => Number(replica.isLeader));
  gauge('etcd_server_proposals_committed_total', 'Entries committed', () => replica.status.commit);
  gauge('etcd_server_proposals_applied_total', 'Entries applied', () => replica.machine.applied);
  gauge('etcd_server_proposals_pending', 'Proposals that wait to be applied', () => replica.pendingProposals);
  gauge('etcd_mvcc_db_total_size_in_bytes', 'Size of the database', () => source.size().total);
  gauge('etcd_mvcc_db_total_size_in_use_in_bytes', 'Size of the database in use', () => source.size().inUse);
  gauge('etcd_debugging_mvcc_current_revision', 'The current revision', () => replica.machine.mvcc.revision);
  gauge('etcd_debugging_mvcc_compact_revision', 'The last compaction', () => replica.machine.mvcc.compactRevision);
}
