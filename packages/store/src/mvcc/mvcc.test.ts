import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import fc from 'fast-check';
import { LmdbBackend } from '../backend/lmdb.js';
import { Pace } from '../steps.js';
import { hashKeys } from './hash.js';
import { Meta } from './meta.js';
import { type LeaseBook, Mvcc } from './mvcc.js';

const NO_LEASES: LeaseBook = { attach: () => undefined, detach: () => undefined };
const rangeDefaults = etcd.RangeRequest.decode(Buffer.alloc(0));
const putDefaults = etcd.PutRequest.decode(Buffer.alloc(0));

/** Long keys that begin alike are stored by their hash: they must still come in order. */
const LONG = 'x'.repeat(2_000);
const names = fc.constantFrom('a', 'b', 'b/1', 'c', `${LONG}1`, `${LONG}2`, `${LONG}3`, `${LONG.slice(0, 1900)}`);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('put' as const), key: names, value: fc.nat(99) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete' as const), key: names }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('deleteFrom' as const), key: names, to: names }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('compact' as const),
      back: fc.nat(6),
      slice: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('commit' as const) }) },
);

interface Row {
  value: string;
  create: number;
  mod: number;
  version: number;
}

describe('Mvcc', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-mvcc-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = (name: string) => {
    const backend = new LmdbBackend({ file: join(directory, name), mapBytes: 1024 ** 3 });
    return { backend, mvcc: new Mvcc(backend, new Meta(backend)) };
  };

  const rowsOf = (mvcc: Mvcc, revision: number) =>
    mvcc.range({ ...rangeDefaults, key: Buffer.from('\0'), rangeEnd: Buffer.from('\0'), revision }).kvs.map((bytes) => {
      const kv = etcd.KeyValue.decode(bytes);
      const row: Row = {
        value: kv.value.toString(),
        create: kv.createRevision,
        mod: kv.modRevision,
        version: kv.version,
      };
      return [kv.key.toString(), row] as const;
    });

  test('every revision from the compaction on reads as it was, also after a restart', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        run += 1;
        const { backend, mvcc } = open(`db${run}`);
        const past = new Map<number, Map<string, Row>>([[1, new Map()]]);
        let now = new Map<string, Row>();
        for (const each of steps) {
          const write = mvcc.write(NO_LEASES);
          if (each.op === 'put') {
            write.put({ ...putDefaults, key: Buffer.from(each.key), value: Buffer.from(String(each.value)) });
            const old = now.get(each.key);
            const mod = mvcc.revision + 1;
            const row = {
              value: String(each.value),
              create: old?.create ?? mod,
              mod,
              version: (old?.version ?? 0) + 1,
            };
            now = new Map(now).set(each.key, row);
          } else if (each.op === 'delete' || each.op === 'deleteFrom') {
            const rangeEnd = each.op === 'delete' ? Buffer.alloc(0) : Buffer.from(each.to);
            const { deleted } = write.deleteRange({ key: Buffer.from(each.key), rangeEnd, prevKv: false });
            const doomed = [...now.keys()].filter((key) =>
              each.op === 'delete' ? key === each.key : key >= each.key && key < each.to,
            );
            assert.equal(deleted, doomed.length);
            now = new Map([...now].filter(([key]) => !doomed.includes(key)));
          } else if (each.op === 'compact') {
            const revision = mvcc.revision - each.back;
            if (revision > mvcc.compactRevision) mvcc.compactor.schedule(revision, mvcc.revision);
            mvcc.compactor.slice(each.slice);
          } else await backend.commit();
          write.end();
          past.set(mvcc.revision, now);
        }
        const check = (store: Mvcc) => {
          for (let revision = Math.max(1, store.compactRevision); revision <= store.revision; revision += 1) {
            assert.deepEqual(
              rowsOf(store, revision),
              [...past.get(revision)!].sort(([a], [b]) => (a < b ? -1 : 1)),
            );
          }
        };
        check(mvcc);
        await backend.commit();
        await backend.close();
        const again = open(`db${run}`);
        check(again.mvcc);
        await again.backend.close();
      }),
      { numRuns: 60 },
    );
  });

  test('a finished compaction leaves the same bytes however it was sliced, and whatever others it overtook', async () => {
    const hashes = new Set<unknown>();
    for (const slice of [1, 2, 3, 1_000]) {
      for (const slicesBetween of [0, 1, 2, 3, 4, 5, 6, 7, Infinity]) {
        const { backend, mvcc } = open(`slice${slice}-${slicesBetween}`);
        for (let n = 0; n < 50; n += 1) {
          const write = mvcc.write(NO_LEASES);
          // Some of what is deleted is never written again: nothing else would take its deletion away.
          const key = Buffer.from(n % 14 < 7 ? `x${Math.floor(n / 7)}` : `k${n % 5}`);
          if (n % 7 === 6) write.deleteRange({ key, rangeEnd: Buffer.alloc(0), prevKv: false });
          else write.put({ ...putDefaults, key, value: Buffer.from(String(n)) });
          write.end();
        }
        // 8, 15 and so on are deletions, which stay for as long as the compaction is at their own revision.
        for (const revision of [8, 9, 15, 21, 22, 29, 36, 40]) {
          mvcc.compactor.schedule(revision, mvcc.revision);
          for (let n = 0; n < slicesBetween && mvcc.compactor.slice(slice); n += 1);
        }
        while (mvcc.compactor.slice(slice));
        hashes.add(hashKeys(mvcc, mvcc.revision));
        assert.ok([...mvcc.history.scan({ main: 0, sub: 0 }, 40)].length <= 5);
        await backend.close();
      }
    }
    assert.equal(hashes.size, 1);
  });

  test('a deletion at the compaction’s own revision stays to be seen until the next compaction', async () => {
    const { backend, mvcc } = open('deletion');
    const key = Buffer.from('k');
    const put = (value: string) => {
      const write = mvcc.write(NO_LEASES);
      write.put({ ...putDefaults, key: Buffer.from(value), value: key });
      write.end();
    };
    put('k');
    const write = mvcc.write(NO_LEASES);
    write.deleteRange({ key, rangeEnd: Buffer.alloc(0), prevKv: false });
    write.end();
    put('other');
    const left = () => [...mvcc.history.scan({ main: 0, sub: 0 }, mvcc.revision)].map(({ main }) => main);
    mvcc.compactor.schedule(3, mvcc.revision);
    while (mvcc.compactor.slice(1));
    assert.deepEqual(left(), [3, 4]);
    mvcc.compactor.schedule(4, mvcc.revision);
    while (mvcc.compactor.slice(1));
    assert.deepEqual(left(), [4]);
    assert.equal(mvcc.index.get(key), undefined);
    await backend.close();
  });

  test('a read in steps shows the revision at which it began, whatever is written meanwhile', async () => {
    let run = 0;
    const change = fc.record({ key: names, value: fc.nat(99), remove: fc.boolean() });
    const many = fc.array(change, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        many,
        many,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (before, during, size, countOnly) => {
          run += 1;
          const { backend, mvcc } = open(`steps${run}`);
          const apply = ({ key, value, remove }: { key: string; value: number; remove: boolean }) => {
            const write = mvcc.write(NO_LEASES);
            const name = Buffer.from(key);
            if (remove) write.deleteRange({ key: name, rangeEnd: Buffer.alloc(0), prevKv: false });
            else write.put({ ...putDefaults, key: name, value: Buffer.from(String(value)) });
            write.end();
          };
          before.forEach(apply);
          const query = { ...rangeDefaults, key: Buffer.from('\0'), rangeEnd: Buffer.from('\0'), countOnly };
          const expected = mvcc.range(query);
          const pace = new Pace(size);
          const steps = mvcc.rangeSteps(query, pace);
          for (let at = 0; ; at += 1) {
            pace.renew();
            const step = steps.next();
            if (step.done) {
              assert.deepEqual(step.value, expected);
              break;
            }
            const next = during[at];
            if (next) apply(next);
          }
          await backend.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a read in steps ends when its revision is compacted meanwhile', async () => {
    const { backend, mvcc } = open('compacted');
    for (const key of ['a', 'b', 'c', 'a']) {
      const write = mvcc.write(NO_LEASES);
      write.put({ ...putDefaults, key: Buffer.from(key), value: Buffer.from('v') });
      write.end();
    }
    const query = { ...rangeDefaults, key: Buffer.from('a'), rangeEnd: Buffer.from('z'), revision: 4 };
    const steps = mvcc.rangeSteps(query, new Pace(1));
    steps.next();
    mvcc.compactor.schedule(5, mvcc.revision);
    assert.throws(() => steps.next(), { details: 'etcdserver: mvcc: required revision has been compacted' });
    await backend.close();
  });
});
