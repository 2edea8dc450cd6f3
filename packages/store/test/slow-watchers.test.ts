import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { etcd, type Init } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import type { StoreClient } from '@keelson/store-client';
import { ClusterUnderTest, until } from './processes.js';

const key = (text: string) => Buffer.from(text);
const MB = 1024 * 1024;
const STALLED = 10;
const EVENTS = 60;

type Call = ClientDuplexStream<Init<etcd.WatchRequest>, etcd.WatchResponse>;

/** Memory of a process that is not of files. */
function privateBytes(pid: number): number {
  const kib = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

describe('watchers that do not read', { skip: process.platform === 'linux' ? false : 'reads /proc' }, () => {
  let cluster: ClusterUnderTest;
  let client: StoreClient;
  before(async () => {
    cluster = await ClusterUnderTest.start('keelson', 1);
    client = cluster.client();
  });
  after(async () => {
    client?.close();
    await cluster?.stop();
  });

  test('cost themselves: others see everything at once, memory is bounded, and later they miss nothing', async () => {
    const [member] = cluster.members;
    const connections = Array.from({ length: STALLED }, () =>
      connect(member!.clientUrl.replace('http://', ''), { clock: systemClock({ keepAlive: false }), tls: undefined }),
    );
    const stalled = await Promise.all(
      connections.map(async (connection) => {
        const call: Call = connection.service(etcd.WatchService).watch({});
        call.on('error', () => undefined);
        call.write({ createRequest: { key: key('e/'), rangeEnd: key('e0'), prevKv: true } });
        await new Promise((resolve) => call.once('data', resolve));
        call.pause();
        return call;
      }),
    );
    const live = client.watch({ key: key('e/'), rangeEnd: key('e0') });
    await live.started;
    const seen: number[] = [];
    const watching = (async () => {
      for await (const { events } of live) {
        for (const { kv } of events) seen.push(kv!.modRevision);
        if (seen.length === EVENTS) return;
      }
    })();
    const before = privateBytes(member!.process!.pid!);
    const revisions: number[] = [];
    for (let n = 0; n < EVENTS; n += 1) {
      const { header } = await client.kv.put({ key: key('e/x'), value: Buffer.alloc(MB, String(n)) });
      revisions.push(header!.revision);
    }
    await watching;
    assert.deepEqual(seen, revisions);
    const grown = privateBytes(member!.process!.pid!) - before;
    assert.ok(
      grown < 6 * EVENTS * MB,
      `${Math.round(grown / MB)} MB more, with ${2 * EVENTS} MB unread by each of ${STALLED}`,
    );
    const [late] = stalled;
    const missed: number[] = [];
    late!.on('data', ({ events }: etcd.WatchResponse) => {
      for (const { kv, prevKv } of events) {
        missed.push(kv!.modRevision);
        assert.equal(prevKv?.modRevision, revisions[missed.length - 2]);
      }
    });
    late!.resume();
    await until(async () => missed.length >= EVENTS, 'the late reader has everything');
    assert.deepEqual(missed, revisions);
    for (const call of stalled) call.cancel();
    for (const connection of connections) connection.close();
  });
});
