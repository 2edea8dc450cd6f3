import { check, formatReport, keyValue } from '@keelson/linearizability';
import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { StoreCluster } from './cluster.js';
import type { LeaseClient } from './lease-client.js';
import type { Record } from './record.js';
import { type SeenChange, Watcher } from './watcher.js';

/** One thing that must hold, and what speaks against it. */
export interface Finding {
  readonly claim: string;
  readonly holds: boolean;
  readonly detail: string;
}

const CHECK_MS_MAX = 120_000;

/** Once nothing is wrong any more: does all that clients saw fit together? */
export async function judge(
  run: { readonly record: Record; readonly watchers: readonly Watcher[]; readonly leases: readonly LeaseClient[] },
  cluster: StoreCluster,
  clock: Clock,
): Promise<Finding[]> {
  const revision = await latestRevision(cluster);
  const changes = new Map<number, SeenChange[]>();
  const keep = (change: SeenChange) => changes.set(change.revision, [...(changes.get(change.revision) ?? []), change]);
  const truth = new Watcher('the whole history', { member: 0, keep }, { cluster, clock });
  await truth.run(revision);
  return [
    linearizable(run.record, clock),
    nothingLost(run.record, changes),
    ...(await watchedAll(run.watchers, truth, revision, clock)),
    previousRight(changes),
    await sameEverywhere(cluster, revision),
  ];
}

async function latestRevision(cluster: StoreCluster): Promise<number> {
  const connection = cluster.connect(cluster.members[0]!);
  const { header } = await connection.service(etcd.KVService).range({ key: Buffer.from('x') }, { timeout: 10_000 });
  connection.close();
  return header!.revision;
}

function linearizable(record: Record, clock: Clock): Finding {
  const { operations } = record.history;
  const unknown = operations.filter((each) => each.result === undefined).length;
  const report = check(keyValue, operations, { timeout: { ms: CHECK_MS_MAX, now: () => clock.monotonic() } });
  return {
    claim: 'the history is linearizable',
    holds: report.verdict === 'ok',
    detail:
      report.verdict === 'ok'
        ? `${operations.length} operations on ${report.partitions.length} keys, ${unknown} of unknown outcome`
        : formatReport(keyValue, report),
  };
}

function nothingLost({ writes }: Record, changes: ReadonlyMap<number, readonly SeenChange[]>): Finding {
  const lost = writes.filter(
    ({ revision, key, value }) => !changes.get(revision)?.some((each) => each.key === key && each.value === value),
  );
  return {
    claim: 'no acknowledged write is lost',
    holds: lost.length === 0,
    detail:
      lost.length === 0
        ? `${writes.length} acknowledged writes are in the store's history`
        : `${lost.length} of ${writes.length}: ${lost.slice(0, 5).map((each) => `${each.key} at ${each.revision}`)}`,
  };
}

async function watchedAll(
  watchers: readonly Watcher[],
  truth: Watcher,
  revision: number,
  clock: Clock,
): Promise<Finding[]> {
  const deadline = clock.monotonic() + 30_000;
  while (watchers.some((watcher) => watcher.next <= revision) && clock.monotonic() < deadline) await clock.sleep(100);
  const problems = watchers.flatMap((watcher) => watcher.problems);
  for (const { name, hash, events, next } of watchers) {
    if (next <= revision) problems.push(`${name} is at ${next} of ${revision}`);
    else if (hash !== truth.hash)
      problems.push(`${name} saw ${events} other events than the ${truth.events} there were`);
  }
  const streams = watchers.reduce((sum, watcher) => sum + watcher.streams, 0);
  return [
    {
      claim: 'watches saw every change once, in order',
      holds: problems.length === 0,
      detail:
        problems.slice(0, 5).join('; ') ||
        `${watchers.length} watches, ${truth.events} events each, ${streams} streams`,
    },
  ];
}

/** Each change comes with the value that the one before it left. */
function previousRight(changes: ReadonlyMap<number, readonly SeenChange[]>): Finding {
  const values = new Map<string, string | undefined>();
  const wrong: string[] = [];
  let count = 0;
  for (const revision of [...changes.keys()].sort((a, b) => a - b)) {
    for (const { key, value, previous } of changes.get(revision)!) {
      if (previous !== values.get(key)) wrong.push(`${key} at ${revision}`);
      values.set(key, value);
      count += 1;
    }
  }
  const detail = wrong.length === 0 ? `${count} changes` : `wrong for ${wrong.slice(0, 5).join(', ')}`;
  return { claim: 'every change names the version before it', holds: wrong.length === 0, detail };
}

async function sameEverywhere(cluster: StoreCluster, revision: number): Promise<Finding> {
  const hashes = await Promise.all(
    cluster.members.map(async (member) => {
      const connection = cluster.connect(member);
      const service = connection.service(etcd.MaintenanceService);
      const { hash } = await service.hashKV({ revision }, { timeout: 20_000 });
      connection.close();
      return hash;
    }),
  );
  return {
    claim: 'all members hold the same (HashKV)',
    holds: hashes.every((hash) => hash === hashes[0]),
    detail: `${hashes.join(', ')} at revision ${revision}`,
  };
}
