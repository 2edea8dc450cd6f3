import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { LmdbBackend } from '../backend/lmdb.js';
import { Meta } from '../mvcc/meta.js';
import { Mvcc } from '../mvcc/mvcc.js';
import { WatchHub } from './hub.js';
import { Watcher, type WatcherSink } from './watcher.js';

const NO_LEASES = { attach: () => undefined, detach: () => undefined };
const putDefaults = etcd.PutRequest.decode(Buffer.alloc(0));

class TestSink implements WatcherSink {
  blocked = false;
  readonly seen: number[] = [];
  compactedAt: number | undefined;
  send(_: Watcher, events: readonly Buffer[]): void {
    for (const event of events) this.seen.push(etcd.Event.decode(event).kv!.modRevision);
  }
  compacted(_: Watcher, revision: number): void {
    this.compactedAt = revision;
  }
}

describe('WatchHub', () => {
  let directory: string;
  let backend: LmdbBackend;
  let mvcc: Mvcc;
  let hub: WatchHub;
  let deferred: (() => void)[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-watch-'));
    backend = new LmdbBackend({ file: join(directory, 'db'), mapBytes: 1024 ** 3 });
    mvcc = new Mvcc(backend, new Meta(backend));
    deferred = [];
    const options = { watcherBytesMax: 200, sliceChanges: 3, sliceBytes: 1_000_000 };
    hub = new WatchHub(options, { mvcc, defer: (run) => deferred.push(run) });
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  const settle = () => {
    for (let run = deferred.shift(); run; run = deferred.shift()) run();
  };
  const put = (...keys: string[]) => {
    const write = mvcc.write(NO_LEASES);
    for (const key of keys) write.put({ ...putDefaults, key: Buffer.from(key), value: Buffer.from('v') });
    hub.changed(mvcc.revision + 1, write.end());
    hub.flush();
  };
  const watch = (sink: TestSink, startRevision = 0) => {
    const spec = {
      start: Buffer.from('a'),
      end: Buffer.from('b'),
      startRevision,
      prevKv: false,
      noPut: false,
      noDelete: false,
      fragment: false,
      progressNotify: false,
    };
    const watcher = new Watcher(0, spec, sink, mvcc.revision);
    hub.add(watcher);
    return watcher;
  };

  test('one that starts in the past reads history in slices, then goes on with the present, each change once', () => {
    for (let n = 0; n < 10; n += 1) put(`a${n}`, `x${n}`);
    const sink = new TestSink();
    const watcher = watch(sink, 4);
    put('a-meanwhile');
    settle();
    assert.equal(watcher.synced, true);
    put('a-after');
    assert.deepEqual(sink.seen, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  test('a slow client costs its budget, and gets everything once when it takes data again', () => {
    const [slow, quick] = [new TestSink(), new TestSink()];
    const watcher = watch(slow);
    watch(quick);
    slow.blocked = true;
    for (let n = 0; n < 50; n += 1) put(`a${n}`);
    assert.equal(quick.seen.length, 50);
    assert.equal(watcher.synced, false);
    assert.ok(watcher.pendingBytes <= 200);
    slow.blocked = false;
    hub.resumed();
    settle();
    assert.deepEqual(slow.seen, quick.seen);
  });

  test('one whose next change is compacted away is told so', () => {
    for (let n = 0; n < 5; n += 1) put('a');
    mvcc.compactor.schedule(4, mvcc.revision);
    const sink = new TestSink();
    watch(sink, 2);
    settle();
    assert.equal(sink.compactedAt, 4);
    put('a');
    assert.deepEqual(sink.seen, []);
  });

  test('one that starts in the future is silent until then', () => {
    const sink = new TestSink();
    watch(sink, 4);
    for (let n = 0; n < 5; n += 1) put('a');
    assert.deepEqual(sink.seen, [4, 5, 6]);
  });

  test('one that starts in the future still waits for it when a leader’s database takes over', () => {
    const sink = new TestSink();
    watch(sink, 4);
    hub.replace(mvcc);
    settle();
    for (let n = 0; n < 5; n += 1) put('a');
    assert.deepEqual(sink.seen, [4, 5, 6]);
  });

  test('only those that have been given everything are current', () => {
    const sink = new TestSink();
    const watcher = watch(sink);
    put('a');
    assert.equal(hub.isCurrent([watcher]), true);
    sink.blocked = true;
    put('a');
    assert.equal(hub.isCurrent([watcher]), false);
  });
});
