import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { ClusterUnderTest, hasEtcdctl, until } from './processes.js';

describe('etcdctl', { skip: hasEtcdctl ? false : 'etcdctl is not installed' }, () => {
  let cluster: ClusterUnderTest;

  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3);
  });
  after(() => cluster?.stop());

  // Without http://: etcdctl 3.4 sends what it is given as the :authority of calls to one member, and Node's HTTP/2
  // refuses a slash there.
  const endpoints = () => cluster.endpoints.map((url) => url.replace('http://', ''));
  const env = () => ({ ...process.env, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: endpoints().join(',') });
  const etcdctl = (args: string[], input = '') => {
    const run = spawnSync('etcdctl', args, { env: env(), input, encoding: 'utf8' });
    return { code: run.status, out: run.stdout.trim(), error: run.stderr };
  };

  test('put, get, del', () => {
    assert.equal(etcdctl(['put', 'foo', 'bar']).out, 'OK');
    assert.equal(etcdctl(['put', 'foo2', 'bar2']).out, 'OK');
    assert.equal(etcdctl(['get', 'foo']).out, 'foo\nbar');
    assert.equal(etcdctl(['get', 'foo', '--prefix', '--keys-only']).out, 'foo\n\nfoo2');
    assert.equal(etcdctl(['del', 'foo', '--prev-kv']).out, '1\nfoo\nbar');
    assert.equal(etcdctl(['get', 'foo']).out, '');
  });

  test('txn', () => {
    etcdctl(['put', 'user1', 'bad']);
    const input = 'value("user1") = "bad"\n\ndel user1\n\nput user1 good\n\n';
    assert.match(etcdctl(['txn'], input).out, /SUCCESS\s+1/);
    assert.match(etcdctl(['txn'], input).out, /FAILURE\s+OK/);
    assert.equal(etcdctl(['get', 'user1', '--print-value-only']).out, 'good');
  });

  test('watch', async () => {
    const watch = spawn('etcdctl', ['watch', 'watched', '--rev=1', '--prev-kv'], { env: env() });
    let out = '';
    watch.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    etcdctl(['put', 'watched', '1']);
    etcdctl(['del', 'watched']);
    await until(async () => out.includes('DELETE'), 'the deletion is seen');
    watch.kill();
    assert.equal(out.trim().replaceAll(/\n+/g, ' '), 'PUT watched 1 DELETE watched 1 watched');
  });

  test('lease', () => {
    const id = /lease (\w+) granted/.exec(etcdctl(['lease', 'grant', '60']).out)![1]!;
    etcdctl(['put', 'leased', 'x', `--lease=${id}`]);
    assert.match(
      etcdctl(['lease', 'timetolive', id, '--keys']).out,
      /granted with TTL\(60s\).*attached keys\(\[leased\]\)/,
    );
    assert.match(etcdctl(['lease', 'keep-alive', id, '--once']).out, /keepalived with TTL\(60\)/);
    assert.match(etcdctl(['lease', 'list']).out, new RegExp(id));
    assert.match(etcdctl(['lease', 'revoke', id]).out, /revoked/);
    assert.equal(etcdctl(['get', 'leased']).out, '');
  });

  test('endpoint status, health and hashkv, member list', () => {
    assert.equal(etcdctl(['endpoint', 'status']).out.split('\n').length, 3);
    const health = etcdctl(['endpoint', 'health']);
    assert.equal(`${health.out}${health.error}`.match(/is healthy/g)?.length, 3);
    const hashes = etcdctl(['endpoint', 'hashkv'])
      .out.split('\n')
      .map((line) => line.split(', ')[1]);
    assert.equal(new Set(hashes).size, 1);
    assert.equal(etcdctl(['member', 'list']).out.split('\n').length, 3);
  });

  test('move-leader, lock, elect', () => {
    const { members } = JSON.parse(etcdctl(['member', 'list', '-w', 'json']).out) as { members: { ID: bigint }[] };
    assert.equal(members.length, 3);
    const table = etcdctl(['endpoint', 'status', '-w', 'simple'])
      .out.split('\n')
      .map((line) => line.split(', '));
    const [leader, other] = [table.find((row) => row[4] === 'true')!, table.find((row) => row[4] === 'false')!];
    assert.match(etcdctl(['move-leader', other[1]!]).out, new RegExp(`transferred from ${leader[1]} to ${other[1]}`));
    assert.equal(etcdctl(['lock', 'l', 'echo', 'held']).out, 'held');
  });

  test('compaction, defrag, alarm list, snapshot', () => {
    etcdctl(['put', 'compacted', '1']);
    const revision = (
      JSON.parse(etcdctl(['put', 'compacted', '2', '-w', 'json']).out) as { header: { revision: number } }
    ).header.revision;
    assert.match(etcdctl(['compaction', String(revision)]).out, /compacted revision/);
    assert.match(etcdctl(['get', 'compacted', `--rev=${revision - 1}`]).error, /required revision has been compacted/);
    assert.match(etcdctl(['defrag']).out, /Finished defragmenting/);
    assert.equal(etcdctl(['alarm', 'list']).code, 0);
    const file = `${cluster.directory}/backup`;
    const single = { ...env(), ETCDCTL_ENDPOINTS: endpoints()[0] };
    const saved = spawnSync('etcdctl', ['snapshot', 'save', file], { env: single, encoding: 'utf8' });
    assert.equal(saved.status, 0, saved.stderr);
  });
});
