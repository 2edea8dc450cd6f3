import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@keelson/service';
import { FreePorts } from '@keelson/service/sockets';
import { createStoreClient, type StoreClient } from '@keelson/store-client';

const KEELSON = fileURLToPath(new URL('../src/main.js', import.meta.url));
const STORE = join(createRequire(import.meta.url).resolve('@keelson/store'), '../main.js');
const READY = /ready to serve client requests|serving (insecure )?client requests/;
const READY_WITHIN_MS = 60_000;
const etcdEnv = { ...process.env, ETCDCTL_API: '3' };
const hasEtcd =
  spawnSync('etcd', ['--version']).status === 0 && spawnSync('etcdctl', ['version'], { env: etcdEnv }).status === 0;

const freePorts = new FreePorts(process.pid);
const key = (text: string) => Buffer.from(text);

function keelson(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [KEELSON, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
  readonly data: string;
  process?: ChildProcess;
}

/** Members of one cluster: ours or etcd's. */
class Members {
  readonly all: Member[];
  readonly initialCluster: string;

  constructor(directory: string, ports: readonly number[], names: readonly string[]) {
    this.all = names.map((name, at) => ({
      name,
      client: `http://127.0.0.1:${ports[2 * at]}`,
      peer: `http://127.0.0.1:${ports[2 * at + 1]}`,
      data: join(directory, name),
    }));
    this.initialCluster = this.all.map((it) => `${it.name}=${it.peer}`).join(',');
  }

  async start(kind: 'keelson' | 'etcd' = 'keelson'): Promise<void> {
    await Promise.all(this.all.map((member) => this.#start(member, kind, this.initialCluster)));
  }

  async startOne(at: number, initialCluster: string, ...more: string[]): Promise<void> {
    await this.#start(this.all[at]!, 'keelson', initialCluster, more);
  }

  #start(
    member: Member,
    kind: 'keelson' | 'etcd',
    initialCluster: string,
    more: readonly string[] = [],
  ): Promise<void> {
    const { name, client, peer, data } = member;
    const flags = [
      ...['--name', name, '--data-dir', data, '--listen-client-urls', client, '--advertise-client-urls', client],
      ...[
        '--listen-peer-urls',
        peer,
        '--initial-advertise-peer-urls',
        peer,
        '--initial-cluster',
        initialCluster,
        ...more,
      ],
    ];
    const [program, args] = kind === 'etcd' ? ['etcd', flags] : [process.execPath, [STORE, ...flags]];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    member.process = child;
    return new Promise((resolve, reject) => {
      let output = '';
      const late = setTimeout(() => reject(new Error(`${name} is not ready: ${output}`)), READY_WITHIN_MS);
      const take = (data: Buffer) => {
        output += data.toString();
        if (!READY.test(output)) return;
        clearTimeout(late);
        resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('close', (code) => reject(new Error(`${name} ended with ${code}: ${output}`)));
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    for (const { process: child } of this.all) {
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await gone;
    }
  }

  client(at = 0): StoreClient {
    const endpoints = [this.all[at]!.client];
    return createStoreClient({ endpoints }, { clock: systemClock({ keepAlive: false }), random: systemRandom() });
  }

  restore(file: string, ...more: string[]) {
    return this.all.map((it) =>
      keelson(
        ...['restore', file, '--data-dir', it.data, '--name', it.name, '--initial-cluster', this.initialCluster],
        ...['--initial-advertise-peer-urls', it.peer, ...more],
      ),
    );
  }
}

async function fill(client: StoreClient): Promise<number> {
  for (let n = 0; n < 50; n += 1) await client.kv.put({ key: key(`k${n}`), value: Buffer.alloc(500, `${n}`) });
  const { ID } = await client.lease.grant({ TTL: 5_000 });
  await client.kv.put({ key: key('leased'), value: key('x'), lease: ID });
  await client.kv.deleteRange({ key: key('k7') });
  const { header } = await client.kv.put({ key: key('k1'), value: key('last') });
  return header!.revision;
}

async function contents(client: StoreClient, revision: number): Promise<string[]> {
  const { kvs } = await client.kv.range({ key: Buffer.of(0), rangeEnd: Buffer.of(0), revision });
  return kvs.map((kv) => `${kv.key} ${kv.value} ${kv.createRevision} ${kv.modRevision} ${kv.version} ${kv.lease}`);
}

describe('keelson backup and restore', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-backup-'));
  const file = join(directory, 'saved.db');
  const running: Members[] = [];
  let source: Members;
  let revision: number;
  let saved: string[];

  const members = async (...names: string[]) => {
    const ports = await freePorts.take(2 * names.length);
    const made = new Members(mkdtempSync(join(directory, 'cluster-')), ports, names);
    running.push(made);
    return made;
  };

  before(async () => {
    source = await members('a');
    await source.start();
    const client = source.client();
    revision = await fill(client);
    saved = await contents(client, revision);
    client.close();
    const { status, stderr } = keelson('backup', file, '--endpoints', source.all[0]!.client);
    assert.equal(status, 0, stderr);
  });
  afterEach(async () => {
    for (const each of running.filter((it) => it !== source)) await each.stop();
  });
  after(async () => {
    await source?.stop();
    rmSync(directory, { recursive: true });
  });

  test('three members of a new cluster begin with the same data and go on', async () => {
    const restored = await members('x', 'y', 'z');
    for (const { status, stdout, stderr } of restored.restore(file)) {
      assert.equal(status, 0, stderr);
      assert.match(stdout, new RegExp(`Restored revision ${revision} as member`));
    }
    await restored.start();
    for (const at of [0, 1, 2]) {
      const client = restored.client(at);
      assert.deepEqual(await contents(client, revision), saved);
      assert.deepEqual(await contents(client, 20), saved20);
      const put = await client.kv.put({ key: key('after'), value: key(`${at}`) });
      assert.equal(put.header?.revision, revision + 1 + at);
      assert.equal((await client.lease.leases()).leases.length, 1);
      client.close();
    }
  });

  let saved20: string[];
  before(async () => {
    const client = source.client();
    saved20 = await contents(client, 20);
    client.close();
  });

  test('a member that joins a restored cluster is sent what the backup held, not the log alone', async () => {
    const restored = await members('old', 'new');
    const [first, second] = restored.all;
    const alone = `old=${first!.peer}`;
    const flags = ['--initial-cluster', alone, '--initial-advertise-peer-urls', first!.peer];
    assert.equal(keelson('restore', file, '--data-dir', first!.data, '--name', 'old', ...flags).status, 0);
    await restored.startOne(0, alone);
    const client = restored.client(0);
    await client.cluster.memberAdd({ peerURLs: [second!.peer] });
    await restored.startOne(1, restored.initialCluster, '--initial-cluster-state', 'existing');
    const joined = restored.client(1);
    assert.deepEqual(await contents(joined, revision), saved);
    const [hash, other] = [await client.hashKV(revision), await joined.hashKV(revision)];
    assert.equal(hash.hash, other.hash);
    client.close();
    joined.close();
  });

  test('revisions can begin later, with everything before compacted', async () => {
    const restored = await members('late');
    const [{ stdout } = { stdout: '' }] = restored.restore(file, '--bump-revision', '1000000', '--mark-compacted');
    assert.match(stdout, new RegExp(`Restored revision ${revision + 1_000_000}`));
    await restored.start();
    const client = restored.client();
    assert.deepEqual(await contents(client, 0), saved);
    const watch = client.watch({ key: key('k1'), startRevision: revision });
    for await (const { compactRevision } of watch) {
      assert.equal(compactRevision, revision + 1_000_000);
      break;
    }
    client.close();
  });

  test('a member that was killed is backed up from its data directory, with all it acknowledged', async () => {
    const victim = await members('v');
    await victim.start();
    const client = victim.client();
    const last = await fill(client);
    const expected = await contents(client, last);
    const busy = keelson('backup', join(directory, 'busy.db'), '--data-dir', victim.all[0]!.data);
    assert.match(busy.stderr, /is in use by another process/);
    client.close();
    await victim.stop('SIGKILL');
    const offline = join(directory, 'offline.db');
    const { status, stderr } = keelson('backup', offline, '--data-dir', victim.all[0]!.data);
    assert.equal(status, 0, stderr);
    const restored = await members('w');
    restored.restore(offline);
    await restored.start();
    const again = restored.client();
    assert.deepEqual(await contents(again, last), expected);
    again.close();
  });

  test('what cannot be is refused in one line', async () => {
    const target = (await members('r')).all[0]!;
    const whole = readFileSync(file);
    const restore = (data: Buffer, ...more: string[]) => {
      const path = join(directory, 'damaged.db');
      writeFileSync(path, data);
      const { status, stderr } = keelson('restore', path, '--data-dir', target.data, ...more);
      assert.equal(status, 1);
      assert.equal(stderr.trim().split('\n').length, 1);
      return stderr;
    };
    const flipped = Buffer.from(whole);
    flipped[20_000]! ^= 1;
    assert.match(restore(flipped), /error: the backup .* is damaged: its checksum does not match/);
    assert.match(restore(whole.subarray(0, 30_000)), /ends without a checksum: it is incomplete/);
    assert.match(restore(Buffer.alloc(8192 + 32)), /checksum does not match/);
    assert.match(restore(Buffer.alloc(8192), '--skip-hash-check'), /is no backup: give a file that/);
    assert.match(restore(whole, '--mark-compacted'), /--mark-compacted needs --bump-revision/);
    assert.match(restore(whole, '--initial-cluster', 'other=http://h:1'), /does not name this member/);
    const used = keelson('restore', file, '--data-dir', source.all[0]!.data);
    assert.match(used.stderr, /data directory .* is not empty/);
    assert.match(keelson('backup', file, '--endpoints', 'h:1').stderr, /is there already/);
    assert.match(keelson('backup', join(directory, 'n'), '--cluster', directory).stderr, /no cluster in/);
  });

  test('etcd goes on with our backup, and we with its snapshot', {
    skip: hasEtcd ? false : 'etcd is not installed',
  }, async () => {
    const theirs = await members('etcd');
    const [member] = theirs.all;
    const status = spawnSync('etcdctl', ['snapshot', 'status', file, '-w', 'json'], { env: etcdEnv, encoding: 'utf8' });
    assert.equal(status.status, 0, status.stderr);
    assert.equal((JSON.parse(status.stdout) as { revision: number }).revision, revision);
    const restored = spawnSync(
      'etcdctl',
      [
        ...['snapshot', 'restore', file, '--name', member!.name, '--data-dir', member!.data],
        ...['--initial-cluster', theirs.initialCluster, '--initial-advertise-peer-urls', member!.peer],
      ],
      { env: etcdEnv, encoding: 'utf8' },
    );
    assert.equal(restored.status, 0, restored.stderr);
    await theirs.start('etcd');
    const client = theirs.client();
    assert.deepEqual(await contents(client, revision), saved);
    assert.deepEqual(await contents(client, 20), saved20);
    await client.kv.put({ key: key('k2'), value: key('by etcd') });
    await client.kv.deleteRange({ key: key('k3') });
    const { header } = await client.kv.compact({ revision: revision + 1, physical: true });
    const expected = await contents(client, header!.revision);
    const back = join(directory, 'etcd.db');
    assert.equal(keelson('backup', back, '--endpoints', member!.client).status, 0);
    client.close();
    const ours = await members('ours');
    assert.equal(ours.restore(back)[0]?.status, 0);
    await ours.start();
    const again = ours.client();
    assert.deepEqual(await contents(again, header!.revision), expected);
    await assert.rejects(contents(again, revision), /required revision has been compacted/);
    again.close();
  });
});
