import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, type ProcessMember, until } from './processes.js';
import { Writer } from './writer.js';

const key = (text: string) => Buffer.from(text);

/** Everything that happens under a prefix, as one watch tells it. */
class Observer {
  readonly seen: { readonly key: string; readonly revision: number }[] = [];
  readonly #watch;

  constructor(client: StoreClient, prefix: string) {
    this.#watch = client.watch({ key: key(prefix), rangeEnd: key(`${prefix}~`) });
    void this.#run();
  }

  async #run(): Promise<void> {
    for await (const { events } of this.#watch) {
      for (const event of events) this.seen.push({ key: event.kv!.key.toString(), revision: event.kv!.modRevision });
    }
  }

  get started(): Promise<number> {
    return this.#watch.started;
  }

  stop(): void {
    this.#watch.cancel();
  }
}

describe('three members', () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;

  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 3, [
      '--snapshot-count',
      '100',
      '--snapshot-catchup-entries',
      '50',
    ]);
    client = cluster.client();
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  const sameEverywhere = async () => {
    const { header } = await client.kv.range({ key: key('x'), countOnly: true });
    await until(async () => {
      const hashes = await Promise.all(cluster.endpoints.map((url) => client.hashKV(header!.revision, url)));
      return new Set(hashes.map((each) => `${each.hash}/${each.compactRevision}`)).size === 1;
    }, 'equal data on all members');
  };

  const keysOf = async (prefix: string): Promise<Set<string>> => {
    const { kvs } = await client.kv.range({ key: key(prefix), rangeEnd: key(`${prefix}~`), keysOnly: true });
    return new Set(kvs.map((kv) => kv.key.toString()));
  };

  const checkOutcome = async (prefix: string, writer: Writer, observer: Observer) => {
    const stored = await keysOf(prefix);
    for (const name of writer.acknowledged) assert.ok(stored.has(name), `${name} was acknowledged and is not there`);
    await until(async () => observer.seen.length >= stored.size, 'the watch has seen everything');
    assert.equal(observer.seen.length, stored.size, 'the watch saw each write once');
    const revisions = observer.seen.map((each) => each.revision);
    assert.deepEqual(
      revisions,
      [...revisions].sort((a, b) => a - b),
    );
    await sameEverywhere();
  };

  test('a killed leader costs nothing that was acknowledged, and no event', async () => {
    const observer = new Observer(client, 'leader/');
    await observer.started;
    const writer = new Writer(client, 'leader/');
    for (let round = 0; round < 2; round += 1) {
      await writer.progress(50);
      const leader = await cluster.leader();
      await cluster.kill(leader);
      await writer.progress(50);
      await cluster.start(leader);
    }
    await writer.stop();
    await checkOutcome('leader/', writer, observer);
    observer.stop();
  });

  test('a member that was away comes back through a snapshot', async () => {
    const away: ProcessMember = cluster.members[2]!;
    await cluster.kill(away);
    const writer = new Writer(client, 'away/');
    await writer.progress(600);
    await writer.stop();
    await client.kv.compact({ revision: (await client.status()).header!.revision - 10, physical: true });
    await cluster.start(away);
    await sameEverywhere();
    await cluster.said(away, /installed a snapshot/);
    const alone = cluster.client([away.clientUrl]);
    const { count } = await alone.kv.range({ key: key('away/'), rangeEnd: key('away~'), countOnly: true });
    alone.close();
    assert.equal(count, (await keysOf('away/')).size);
  });

  test('all members killed at once come back with everything', async () => {
    const observer = new Observer(client, 'all/');
    await observer.started;
    const writer = new Writer(client, 'all/');
    for (let round = 0; round < 2; round += 1) {
      await writer.progress(50);
      await Promise.all(cluster.members.map((member) => cluster.kill(member)));
      await Promise.all(cluster.members.map((member) => cluster.start(member)));
    }
    await writer.progress(20);
    await writer.stop();
    await checkOutcome('all/', writer, observer);
    observer.stop();
  });

  test('a lease that nobody renews takes its keys with it, also after a change of leader', async () => {
    const { ID } = await client.lease.grant({ TTL: 2 });
    await client.kv.put({ key: key('gone/a'), value: key('x'), lease: ID });
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await until(async () => (await client.kv.range({ key: key('gone/a') })).count === 0, 'the key is gone');
    assert.equal((await client.lease.timeToLive(ID)).TTL, -1);
    await cluster.start(leader);
  });

  test('large values do not gather in memory: the log is compacted by bytes too', async () => {
    const value = Buffer.alloc(1_000_000, 'v');
    for (let n = 0; n < 80; n += 1) await client.kv.put({ key: key(`large/${n % 4}`), value });
    const leader = await cluster.leader();
    await cluster.kill(leader);
    await cluster.start(leader);
    await sameEverywhere();
    assert.equal((await client.kv.range({ key: key('large/3') })).kvs[0]?.version, 20);
  });

  test('reads from every member show what was just written through another', async () => {
    const clients = cluster.endpoints.map((url) => cluster.client([url]));
    for (let n = 0; n < 30; n += 1) {
      const [writer, reader] = [clients[n % 3]!, clients[(n + 1) % 3]!];
      await writer.kv.put({ key: key('fresh'), value: key(String(n)) });
      assert.equal((await reader.kv.range({ key: key('fresh') })).kvs[0]?.value.toString(), String(n));
    }
    for (const each of clients) each.close();
  });
});
