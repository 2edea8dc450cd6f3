import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, until } from './processes.js';

const key = (text: string) => Buffer.from(text);

describe('metrics, by the names that dashboards of etcd use', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, ['--prefix-quota', 'q/=10keys']);
    client = cluster.client();
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  /** Samples of one member by name and labels. */
  const scrape = async (url: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  };

  test('say what happened, and what is there', async () => {
    for (const name of ['a', 'b', 'c', 'a']) await client.kv.put({ key: key(name), value: key('x') });
    await client.kv.deleteRange({ key: key('c') });
    const { ID } = await client.lease.grant({ TTL: 60 });
    await client.lease.revoke(ID);
    const watch = client.watch({ key: key('watched') });
    await watch.started;
    await assert.rejects(client.kv.range({ key: key('a'), revision: 1_000 }));
    const all = await until(async () => {
      const each = await Promise.all(cluster.endpoints.map(scrape));
      const isThere = (it: Map<string, number>) =>
        it.get('etcd_debugging_lease_revoked_total') === 1 &&
        it.get('etcd_disk_backend_commit_duration_seconds_count')! > 0;
      return each.every(isThere) && each;
    }, 'every member has applied the last of it, and committed');
    for (const metrics of all) {
      assert.equal(metrics.get('etcd_server_has_leader'), 1);
      assert.equal(metrics.get('etcd_mvcc_put_total'), 4);
      assert.equal(metrics.get('etcd_debugging_mvcc_keys_total'), 2);
      assert.equal(metrics.get('etcd_debugging_lease_granted_total'), 1);
      assert.equal(metrics.get('etcd_debugging_lease_revoked_total'), 1);
      assert.equal(metrics.get('etcd_server_version{server_version="3.6.0"}'), 1);
      assert.equal(metrics.get('etcd_server_quota_backend_bytes'), 2 * 1024 ** 3);
      assert.ok(metrics.get('etcd_server_leader_changes_seen_total')! >= 1);
      assert.ok(metrics.get('etcd_disk_wal_fsync_duration_seconds_count')! > 0);
      assert.ok(metrics.get('etcd_disk_backend_commit_duration_seconds_count')! > 0);
      assert.ok(metrics.get('etcd_disk_wal_write_bytes_total')! > 0);
      assert.ok(metrics.get('etcd_network_client_grpc_received_bytes_total')! > 0);
      assert.ok(
        metrics.get('etcd_mvcc_db_total_size_in_bytes')! >= metrics.get('etcd_mvcc_db_total_size_in_use_in_bytes')!,
      );
      const [committed, applied] = ['committed', 'applied'].map(
        (it) => metrics.get(`etcd_server_proposals_${it}_total`)!,
      );
      assert.ok(applied! > 0 && applied! <= committed!);
    }
    const sum = (name: string) => all.reduce((total, each) => total + (each.get(name) ?? 0), 0);
    assert.equal(sum('etcd_server_is_leader'), 1);
    assert.equal(sum('etcd_debugging_mvcc_watcher_total'), 1);
    const handled = (method: string, code: string) =>
      sum(`grpc_server_handled_total{grpc_service="etcdserverpb.KV",grpc_method="${method}",grpc_code="${code}"}`);
    assert.deepEqual([handled('Put', 'OK'), handled('DeleteRange', 'OK'), handled('Range', 'OutOfRange')], [4, 1, 1]);
    watch.cancel();
  });

  test('count keys on after a restart, and those below a prefix with a quota', async () => {
    await client.kv.put({ key: key('q/1'), value: key('x') });
    const [member] = cluster.members;
    await cluster.kill(member!);
    await cluster.start(member!);
    await client.kv.put({ key: key('q/2'), value: key('x') });
    await until(async () => {
      const metrics = await scrape(member!.clientUrl);
      const below = metrics.get('keelson_store_prefix_keys{prefix="q/"}');
      return metrics.get('etcd_debugging_mvcc_keys_total') === 4 && below === 2;
    }, 'the counts are right');
  });
});
