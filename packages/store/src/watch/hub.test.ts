import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { LmdbBackend } from '../backend/lmdb.js';
import { Meta } from '../mvcc/meta.js';
import { Mvcc } from '../mvcc/mvcc.js';
import type { EventBatch } from './event-batch.js';
import { type HubOptions, WatchHub } from './hub.js';
import { Watcher, type WatcherSink } from './watcher.js';

const NO_LEASES = { attach: () => undefined, detach: () => undefined };
const putDefaults = etcd.PutRequest.decode(Buffer.alloc(0));

const usual: HubOptions = {
  watcherBytesMax: 200,
  liveChangesMax: 100,
  arrivedChangesMax: 1_000,
  sliceChanges: 3,
  sliceBytes: 1_000_000,
  watchersPerRound: 512,
  roundEventsMax: 1_000_000,
  keptBytesMax: 1_000_000,
  unitsPerStep: 1_000,
};

class TestSink implements WatcherSink {
  blocked = false;
  readonly seen: number[] = [];
  compactedAt: number | undefined;
  stopsAfter = Infinity;
  send(_: Watcher, { events }: EventBatch): void {
    for (const event of events) this.seen.push(etcd.Event.decode(event).kv!.modRevision);
    if (this.seen.length >= this.stopsAfter) this.blocked = true;
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
    hub = newHub({});
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  const newHub = (options: Partial<HubOptions>) =>
    new WatchHub({ ...usual, ...options }, { mvcc, defer: (run) => deferred.push(run) });
  /** Runs what was put off, and says in how many turns. */
  const settle = () => {
    let turns = 0;
    for (let run = deferred.shift(); run; run = deferred.shift()) {
      run();
      turns += 1;
    }
    return turns;
  };
  const put = (...keys: string[]) => {
    const write = mvcc.write(NO_LEASES);
    for (const key of keys) write.put({ ...putDefaults, key: Buffer.from(key), value: Buffer.from('v') });
    hub.changed(mvcc.revision + 1, write.end());
    hub.flush();
  };
  const watch = (sink: TestSink, startRevision = 0, start = 'a') => {
    const spec = {
      start: Buffer.from(start),
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

  /** Counts the changes that are read of history. */
  const countReads = () => {
    const reads = { changes: 0 };
    const scan = mvcc.history.scan.bind(mvcc.history);
    mvcc.history.scan = function* (from, to) {
      for (const change of scan(from, to)) {
        reads.changes += 1;
        yield change;
      }
    };
    return reads;
  };

  test('history is read once for all who start in the past, whatever range they want', () => {
    for (let n = 0; n < 300; n += 1) put(`a${n % 10}`);
    hub = newHub({ sliceChanges: 50 });
    const reads = countReads();
    const sinks = Array.from({ length: 400 }, () => new TestSink());
    for (const [at, sink] of sinks.entries()) watch(sink, 2, at % 2 === 0 ? 'a' : `a${at % 10}`);
    settle();
    assert.ok(reads.changes < 2 * 300, `${reads.changes} changes were read`);
    assert.deepEqual(
      sinks[0]!.seen,
      Array.from({ length: 300 }, (_, at) => at + 2),
    );
    for (const [at, sink] of sinks.entries()) {
      const wanted = sinks[0]!.seen.filter((revision) => at % 2 === 0 || (revision - 2) % 10 >= at % 10);
      assert.deepEqual(sink.seen, wanted, `watcher ${at}`);
    }
  });

  test('a turn reads and sends a step’s worth, however many are behind', () => {
    for (let n = 0; n < 200; n += 1) put(`a${n}`);
    hub = newHub({ unitsPerStep: 20, sliceChanges: 1_000 });
    const reads = countReads();
    const sinks = Array.from({ length: 50 }, () => new TestSink());
    for (const sink of sinks) watch(sink, 2);
    let sent = 0;
    for (let run = deferred.shift(); run; run = deferred.shift()) {
      const before = reads.changes;
      run();
      assert.ok(reads.changes - before <= 21, `${reads.changes - before} changes read in a turn`);
      const now = sinks.filter(({ seen }) => seen.length > 0).length;
      assert.ok(now - sent <= 20, `${now - sent} were sent to in a turn`);
      sent = now;
    }
    for (const sink of sinks) assert.equal(sink.seen.length, 200);
  });

  test('a revision with very many changes is read from history by those who watch live', () => {
    const [early, live] = [new TestSink(), new TestSink()];
    put('a');
    watch(live);
    live.blocked = true;
    put('a0');
    live.blocked = false;
    const reads = countReads();
    put(...Array.from({ length: 300 }, (_, at) => `a${at}`));
    put('a-last');
    watch(early, 2);
    settle();
    const wanted = [3, ...Array.from({ length: 300 }, () => 4), 5];
    assert.deepEqual(live.seen, wanted);
    assert.deepEqual(early.seen, [2, ...wanted]);
    assert.ok(reads.changes < 1_000, `${reads.changes} changes were read`);
  });

  test('a round that gathers too much goes on with some, and the others get theirs in turn', () => {
    for (let n = 0; n < 20; n += 1) put(`a${n}`);
    hub = newHub({ roundEventsMax: 5, keptBytesMax: 0 });
    const sinks = ['a', 'a0', 'a1', 'a5'].map((start) => {
      const sink = new TestSink();
      watch(sink, 2, start);
      return sink;
    });
    settle();
    assert.deepEqual(
      sinks.map(({ seen }) => seen.length),
      ['a', 'a0', 'a1', 'a5'].map(
        (start) => Array.from({ length: 20 }, (_, n) => `a${n}`).filter((key) => key >= start).length,
      ),
    );
  });

  test('watchers at different places of history, and whose clients stop and go on, get each change once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ from: fc.integer({ min: 1, max: 30 }), stops: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.record({
          unitsPerStep: fc.constantFrom(1, 7, 1_000),
          sliceChanges: fc.constantFrom(1, 4, 100),
          watchersPerRound: fc.constantFrom(1, 3, 512),
          keptBytesMax: fc.constantFrom(0, 200, 100_000),
          roundEventsMax: fc.constantFrom(3, 1_000),
        }),
        (watchers, options) => {
          hub = newHub(options);
          deferred.length = 0;
          const first = mvcc.revision + 1;
          for (let n = 0; n < 30; n += 1) put(`a${n}`);
          const sinks = watchers.map(({ from, stops }) => {
            const sink = new TestSink();
            sink.stopsAfter = stops ? 5 : Infinity;
            watch(sink, first - 1 + from);
            return sink;
          });
          for (let n = 0; n < 5; n += 1) {
            for (let turn = 0; turn < 10; turn += 1) deferred.shift()?.();
            put(`a-meanwhile${n}`);
          }
          settle();
          for (const sink of sinks) {
            sink.stopsAfter = Infinity;
            sink.blocked = false;
          }
          for (const sink of sinks) hub.resumed(sink);
          settle();
          for (const [at, { from }] of watchers.entries()) {
            const wanted = Array.from({ length: 36 - from }, (_, n) => first - 1 + from + n);
            assert.deepEqual(sinks[at]!.seen, wanted);
          }
        },
      ),
      { numRuns: 60 },
    );
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
    hub.resumed(slow);
    settle();
    assert.deepEqual(slow.seen, quick.seen);
  });

  test('a turn gives a change to a step’s worth of those who watch the key, and sends no revision in two parts', () => {
    hub = newHub({ unitsPerStep: 20 });
    const given = { times: 0 };
    const sinks = Array.from({ length: 1_000 }, () => new TestSink());
    for (const sink of sinks) {
      const watcher = watch(sink);
      const add = watcher.add.bind(watcher);
      watcher.add = (event) => {
        given.times += 1;
        add(event);
      };
    }
    const step = (run: () => void) => {
      const before = given.times;
      run();
      assert.ok(given.times - before <= 101, `${given.times - before} were given a change in a turn`);
      for (const { seen } of sinks) assert.notEqual(seen.filter((revision) => revision === 2).length, 1);
    };
    step(() => put('a', 'a0'));
    assert.equal(hub.isCurrent([]), false);
    step(() => put('a1'));
    for (let run = deferred.shift(); run; run = deferred.shift()) step(run);
    for (const sink of sinks) assert.deepEqual(sink.seen, [2, 2, 3]);
    assert.equal(hub.isCurrent([]), true);
  });

  test('changes that arrive faster than they can be given out are read from history, each once', () => {
    hub = newHub({ unitsPerStep: 20, arrivedChangesMax: 50 });
    const sinks = Array.from({ length: 500 }, () => new TestSink());
    for (const sink of sinks) watch(sink);
    for (let n = 0; n < 200; n += 1) put(`a${n}`);
    const late = new TestSink();
    watch(late);
    put('a');
    settle();
    const wanted = Array.from({ length: 201 }, (_, at) => at + 2);
    for (const sink of sinks) assert.deepEqual(sink.seen, wanted);
    assert.deepEqual(late.seen, [202]);
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

  test('those of a stream that has ended leave a step at a time', () => {
    hub = newHub({ unitsPerStep: 100 });
    const watchers = Array.from({ length: 250 }, (_, at) => watch(new TestSink(), 0, `a${at}`));
    hub.removeAll(watchers);
    assert.equal(hub.watchers, 150);
    assert.equal(settle(), 2);
    assert.equal(hub.watchers, 0);
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
