import { status } from '@grpc/grpc-js';
import { Counter, Gauge, Histogram, type Registry } from '@keelson/service';
import { CommandKind } from '../apply/command.js';
import { raftId } from '../cluster/membership.js';
import type { Core, CoreObserver } from '../core.js';
import { nameOf } from '../quota/rules.js';
import { ETCD_VERSION } from '../version.js';

/** What is measured as it happens, and what is read when it is asked for. */
export interface MetricSources {
  readonly core: Core;
  readonly self: bigint;
  readonly quotaBytes: number;
  size(): { readonly total: number; readonly inUse: number };
  /** Of the client ports, in all. */
  traffic(): { readonly received: number; readonly sent: number };
}

/** etcd's buckets for the time that a disk takes. */
const SECONDS = Array.from({ length: 14 }, (_, n) => 0.001 * 2 ** n);

/** The member's metrics, with etcd's names where etcd has them. */
export class StoreMetrics {
  readonly #registry: Registry;
  readonly walSync: Histogram;
  readonly walBytes: Counter;
  readonly commit: Histogram;
  readonly #handled: Counter<'grpc_service' | 'grpc_method' | 'grpc_code'>;
  readonly #puts: Counter;
  readonly #deletes: Counter;
  readonly #leaderChanges: Counter;
  readonly #leasesGranted: Counter;
  readonly #leasesRevoked: Counter;
  #leader = '';

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    const seconds = (name: string, help: string) => new Histogram({ name, help, buckets: SECONDS, registers });
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    this.walSync = seconds('etcd_disk_wal_fsync_duration_seconds', 'Syncs of the write-ahead log');
    this.walBytes = counter('etcd_disk_wal_write_bytes_total', 'Bytes written to the write-ahead log');
    this.commit = seconds('etcd_disk_backend_commit_duration_seconds', 'Commits of the database');
    this.#puts = counter('etcd_mvcc_put_total', 'Keys put, as applied here');
    this.#deletes = counter('etcd_mvcc_delete_total', 'Keys deleted, as applied here');
    this.#leaderChanges = counter('etcd_server_leader_changes_seen_total', 'Changes of the leader, as seen here');
    this.#leasesGranted = counter('etcd_debugging_lease_granted_total', 'Leases granted');
    this.#leasesRevoked = counter('etcd_debugging_lease_revoked_total', 'Leases revoked, by clients or at their end');
    this.#handled = new Counter({
      name: 'grpc_server_handled_total',
      help: 'Calls that ended, by how',
      labelNames: ['grpc_service', 'grpc_method', 'grpc_code'],
      registers,
    });
  }

  /** Sees what the member applies. */
  get observer(): CoreObserver {
    return {
      applied: (_index, { kind }, { ok }) => {
        if (ok && kind === CommandKind.leaseGrant) this.#leasesGranted.inc();
        else if (ok && kind === CommandKind.leaseRevoke) this.#leasesRevoked.inc();
      },
      changed: (_revision, events) => {
        const deleted = events.filter((each) => each.deleted).length;
        this.#puts.inc(events.length - deleted);
        this.#deletes.inc(deleted);
      },
      leadership: ({ leader }) => {
        if (leader !== '' && leader !== this.#leader) this.#leaderChanges.inc();
        if (leader !== '') this.#leader = leader;
      },
    };
  }

  /** A call ended. */
  handled(path: string, code: number): void {
    const [, service = '', method = ''] = path.split('/');
    this.#handled.inc({ grpc_service: service, grpc_method: method, grpc_code: goName(code) });
  }

  #read(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  #count(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #constant(name: string, help: string, label: string, value: string): void {
    new Gauge({ name, help, labelNames: [label], registers: [this.#registry] }).set({ [label]: value }, 1);
  }

  watch(sources: MetricSources): void {
    this.#readServer(sources);
    this.#readData(sources);
    this.#readQuotas(sources);
  }

  #readServer({ core, self, quotaBytes, traffic }: MetricSources): void {
    const { replica } = core;
    this.#constant('etcd_server_version', 'The version that clients are told', 'server_version', ETCD_VERSION);
    this.#constant('etcd_server_id', 'This member', 'server_id', raftId(self));
    this.#read('etcd_server_has_leader', 'Whether a leader is known: 1 or 0', () => Number(replica.hasLeader));
    this.#read('etcd_server_is_leader', 'Whether this member leads: 1 or 0', () => Number(replica.isLeader));
    this.#read('etcd_server_is_learner', 'Whether this member has no vote: 1 or 0', () =>
      Number(replica.machine.membership.get(self)?.isLearner === true),
    );
    this.#read('etcd_server_proposals_committed_total', 'Entries committed', () => replica.status.commit);
    this.#read('etcd_server_proposals_applied_total', 'Entries applied', () => replica.machine.applied);
    this.#read('etcd_server_proposals_pending', 'Proposals that wait to be applied', () => replica.pendingProposals);
    this.#count(
      'etcd_server_proposals_failed_total',
      'Proposals not known to be applied',
      () => replica.failedProposals,
    );
    this.#read('etcd_server_quota_backend_bytes', 'Bytes that the database may use', () => quotaBytes);
    this.#read('etcd_debugging_auth_revision', 'Revision of users and roles', () => replica.machine.auth.revision);
    this.#count(
      'etcd_network_client_grpc_received_bytes_total',
      'Bytes received on client ports, on the wire',
      () => traffic().received,
    );
    this.#count(
      'etcd_network_client_grpc_sent_bytes_total',
      'Bytes sent on client ports, on the wire',
      () => traffic().sent,
    );
  }

  #readData({ core, size }: MetricSources): void {
    const { replica, hub } = core;
    const mvcc = () => replica.machine.mvcc;
    this.#read('etcd_mvcc_db_total_size_in_bytes', 'Size of the database', () => size().total);
    this.#read('etcd_mvcc_db_total_size_in_use_in_bytes', 'Size of the database in use', () => size().inUse);
    this.#read('etcd_debugging_mvcc_current_revision', 'The current revision', () => mvcc().revision);
    this.#read('etcd_debugging_mvcc_compact_revision', 'The last compaction', () => mvcc().compactRevision);
    this.#read('etcd_debugging_mvcc_keys_total', 'Keys', () => mvcc().keys);
    this.#read('etcd_debugging_mvcc_watcher_total', 'Watchers', () => hub.watchers);
    this.#read('etcd_debugging_mvcc_slow_watcher_total', 'Watchers that read history', () => hub.slowWatchers);
    this.#read('etcd_debugging_mvcc_pending_events_total', 'Events that wait for clients', () => hub.pendingEvents);
  }

  #readQuotas({ core }: MetricSources): void {
    const gauge = (what: 'keys' | 'bytes', help: string) =>
      new Gauge({
        name: `keelson_store_prefix_${what}`,
        help,
        labelNames: ['prefix'],
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const usage of core.replica.machine.quotas.usage) {
            this.set({ prefix: nameOf(usage.rule.prefix) }, usage[what]);
          }
        },
      });
    gauge('keys', 'Keys below a prefix that has a quota');
    gauge('bytes', 'Bytes of keys and values below a prefix that has a quota');
  }
}

/** "OK", "NotFound": how Go's metrics write a code. */
function goName(code: number): string {
  if (code === status.OK) return 'OK';
  const words = (status[code] ?? 'UNKNOWN').toLowerCase().split('_');
  return words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}
