import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { ClusterUnderTest, freePorts, hasEtcdctl, until } from './processes.js';

describe('etcdctl', { skip: hasEtcdctl ? false : 'etcdctl is not installed' }, () => {
  let cluster: ClusterUnderTest;

  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3);
  });
  after(() => cluster?.stop());

  const endpoints = () => cluster.endpoints;
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
    assert.match(etcdctl(['snapshot', 'status', file]).out, new RegExp(`^[0-9a-f]+, ${revision}, \\d+, `));
  });

  test('alarm disarm', () => {
    assert.equal(etcdctl(['alarm', 'disarm']).code, 0);
  });

  test('member add, update, promote, remove', async () => {
    const [peer, other] = (await freePorts.take(2)).map((port) => `http://127.0.0.1:${port}`);
    // A cluster whose members were not all connected for five seconds is not changed.
    const added = await until(async () => {
      const tried = etcdctl(['member', 'add', 'm4', `--peer-urls=${peer}`, '--learner']);
      return tried.code === 0 && tried;
    }, 'a member is added');
    const id = /Member\s+(\w+) added to cluster/.exec(added.out)![1]!;
    assert.match(added.out, /ETCD_INITIAL_CLUSTER_STATE="existing"/);
    assert.match(etcdctl(['member', 'promote', id]).error, /can only promote a learner member which is in sync/);
    assert.match(etcdctl(['member', 'update', id, `--peer-urls=${other}`]).out, /updated in cluster/);
    assert.match(etcdctl(['member', 'list']).out, new RegExp(`${id}, unstarted, , ${other}, , true`));
    assert.match(etcdctl(['member', 'remove', id]).out, /removed from cluster/);
    assert.match(etcdctl(['member', 'remove', id]).error, /member not found/);
    assert.equal(etcdctl(['member', 'list']).out.split('\n').length, 3);
  });

  test('elect', async () => {
    const campaign = spawn('etcdctl', ['elect', 'post', 'ann'], { env: env() });
    let out = '';
    campaign.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    await until(async () => /^post\/\w+\nann\n/.test(out), 'ann is elected');
    const observer = spawn('etcdctl', ['elect', '--listen', 'post'], { env: env() });
    let seen = '';
    observer.stdout.on('data', (data: Buffer) => {
      seen += data.toString();
    });
    await until(async () => seen.includes('ann'), 'it is observed');
    campaign.kill('SIGINT');
    const next = spawn('etcdctl', ['elect', 'post', 'bob'], { env: env() });
    await until(async () => seen.includes('bob'), 'the next is elected once the first has resigned');
    for (const each of [observer, next]) each.kill();
  });

  test('user, role and auth', () => {
    const ok = (args: string[], expected: RegExp, input = '') => {
      const { code, out, error } = etcdctl(args, input);
      assert.equal(code, 0, `${args.join(' ')}: ${error}`);
      assert.match(out, expected);
    };
    ok(['user', 'add', 'root:rootpw'], /User root created/);
    ok(['user', 'add', 'alice:pw'], /User alice created/);
    ok(['user', 'add', 'bob', '--no-password'], /User bob created/);
    ok(['user', 'grant-role', 'root', 'root'], /Role root is granted to user root/);
    ok(['role', 'add', 'reader'], /Role reader created/);
    ok(['role', 'grant-permission', '--prefix=true', 'reader', 'read', 'auth/'], /Role reader updated/);
    ok(['role', 'grant-permission', 'reader', 'readwrite', 'auth/own'], /Role reader updated/);
    ok(['role', 'get', 'reader'], /KV Read:\s+\[auth\/, auth0\) \(prefix auth\/\)\s+auth\/own\s+KV Write:\s+auth\/own/);
    ok(['user', 'grant-role', 'alice', 'reader'], /Role reader is granted to user alice/);
    ok(['put', 'auth/a', '1'], /OK/);
    ok(['auth', 'enable'], /Authentication Enabled/);
    try {
      assert.match(etcdctl(['get', 'auth/a']).error, /user name is empty/);
      const [root, alice] = [
        ['--user', 'root:rootpw'],
        ['--user', 'alice:pw'],
      ];
      assert.match(etcdctl(['--user', 'alice:wrong', 'get', 'auth/a']).error, /invalid user ID or password/);
      ok([...alice, 'get', 'auth/', '--prefix'], /auth\/a\s1/);
      ok([...alice, 'put', 'auth/own', '2'], /OK/);
      assert.match(etcdctl([...alice, 'put', 'auth/a', '2']).error, /permission denied/);
      assert.match(etcdctl([...alice, 'watch', 'other']).error, /permission denied/);
      assert.match(etcdctl([...alice, 'user', 'list']).error, /permission denied/);
      ok([...root, 'user', 'list'], /alice\nbob\nroot/);
      ok([...root, 'role', 'list'], /reader/);
      ok([...root, 'user', 'get', 'alice', '--detail'], /Role reader/);
      ok([...root, 'endpoint', 'status'], /3\.6\.0/);
      ok([...root, 'user', 'passwd', 'alice', '--interactive=false'], /Password updated/, 'changed\n');
      ok(['--user', 'alice:changed', 'get', 'auth/a'], /1/);
      ok([...root, 'role', 'revoke-permission', '--prefix=true', 'reader', 'auth/'], /is revoked from role reader/);
      assert.match(etcdctl(['--user', 'alice:changed', 'get', 'auth/a']).error, /permission denied/);
      ok([...root, 'user', 'revoke-role', 'alice', 'reader'], /Role reader is revoked from user alice/);
      ok([...root, 'role', 'delete', 'reader'], /Role reader deleted/);
      ok([...root, 'user', 'delete', 'alice'], /User alice deleted/);
    } finally {
      ok(['--user', 'root:rootpw', 'auth', 'disable'], /Authentication Disabled/);
    }
  });
});
