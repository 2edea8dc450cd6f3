import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import type { OrderedMap } from './backend.js';
import { Draft } from './draft.js';
import { LmdbBackend } from './lmdb.js';

const keys = fc.constantFrom('a', 'aa', 'ab', 'b', 'b\xff', 'c', '\x00', '\xff\xff');
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('put' as const), key: keys, value: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('remove' as const), key: keys }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('commit' as const), wait: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('scan' as const), from: keys, to: keys, reverse: fc.boolean() }),
  },
);

describe('LmdbBackend', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-lmdb-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = (name: string) => new LmdbBackend({ file: join(directory, name), mapBytes: 1024 ** 3 });
  const bytes = (text: string) => Buffer.from(text, 'latin1');

  test('reads show every write at once, whether it is on disk, on its way there or neither', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        run += 1;
        const backend = open(`db${run}`);
        const model = new Map<string, string>();
        for (const each of steps) {
          if (each.op === 'put') {
            backend.put(bytes(each.key), Buffer.from(String(each.value)));
            model.set(each.key, String(each.value));
          } else if (each.op === 'remove') {
            backend.remove(bytes(each.key));
            model.delete(each.key);
          } else if (each.op === 'commit') {
            const done = backend.commit();
            if (each.wait) await done;
          } else {
            const expected = [...model].filter(([key]) => key >= each.from && key < each.to).sort();
            if (each.reverse) expected.reverse();
            const found = [...backend.scan(bytes(each.from), bytes(each.to), { reverse: each.reverse })];
            assert.deepEqual(
              found.map(([key, value]) => [key.toString('latin1'), value.toString()]),
              expected,
            );
          }
          for (const key of ['a', 'ab', 'c']) assert.equal(backend.get(bytes(key))?.toString(), model.get(key));
        }
        await backend.commit();
        await backend.close();
        const again = open(`db${run}`);
        for (const [key, value] of model) assert.equal(again.get(bytes(key))?.toString(), value);
        await again.close();
      }),
      { numRuns: 40 },
    );
  });

  test('commits that are asked for while others run hide nothing that was written', async () => {
    const backend = open('db');
    const settled: Promise<unknown>[] = [];
    let asked = 0;
    const write = () => {
      const key = Buffer.from(`k${asked}`);
      asked += 1;
      backend.put(key, key);
      const done = backend.commit();
      settled.push(done);
      // Asked for in the very moment in which another commit ends.
      if (asked < 60) for (const _ of [1, 2]) void done.then(write);
      for (let n = 0; n < asked; n += 1) assert.equal(String(backend.get(Buffer.from(`k${n}`))), `k${n}`);
    };
    write();
    for (let n = 0; n < settled.length; n += 1) await settled[n];
    for (let n = 0; n < asked; n += 1) assert.equal(String(backend.get(Buffer.from(`k${n}`))), `k${n}`);
    await backend.close();
  });

  test('a large commit is one transaction between whose parts everything else goes on, and reads show it all', async () => {
    const backend = open('db');
    const key = (n: number) => Buffer.from(`k${String(n).padStart(6, '0')}`);
    for (let n = 0; n < 20_000; n += 1) backend.put(key(n), Buffer.from(String(n)));
    let turns = 0;
    let running = true;
    const count = () => {
      if (!running) return;
      turns += 1;
      const n = (turns * 997) % 20_000;
      assert.equal(String(backend.get(key(n))), String(n));
      assert.equal([...backend.scan(key(100), key(110))].length, 10);
      backend.put(Buffer.from(`later${turns}`), Buffer.from('x'));
      setImmediate(count);
    };
    setImmediate(count);
    await backend.commit();
    running = false;
    assert.ok(turns >= 15, `${turns} turns`);
    assert.equal([...backend.scan(key(0), key(999_999))].length, 20_000);
    assert.equal(String(backend.get(Buffer.from(`later${turns}`))), 'x');
    await backend.close();
    const again = open('db');
    assert.equal([...again.scan(key(0), key(999_999))].length, 20_000);
    await again.close();
  });

  test('a draft shows to nobody before it is absorbed, and then whole; what came below it meanwhile stays', async () => {
    let run = 0;
    const change = fc.record({ key: keys, value: fc.option(fc.nat(9), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(change),
        fc.array(change),
        fc.array(change),
        fc.boolean(),
        async (before, aside, during, commits) => {
          run += 1;
          const backend = open(`draft${run}`);
          const model = new Map<string, string>();
          const write = (
            to: OrderedMap,
            into: Map<string, string>,
            changes: readonly { key: string; value?: number | undefined }[],
          ) => {
            for (const { key, value } of changes) {
              if (value === undefined) to.remove(bytes(key));
              else to.put(bytes(key), Buffer.from(String(value)));
              if (value === undefined) into.delete(key);
              else into.set(key, String(value));
            }
          };
          const check = (map: OrderedMap, expected: Map<string, string>) => {
            const found = [...map.scan(bytes(''), bytes('\xff\xff\xff'))].map(([key, value]) => [
              key.toString('latin1'),
              String(value),
            ]);
            assert.deepEqual(
              found,
              [...expected].sort(([a], [b]) => (a < b ? -1 : 1)),
            );
            for (const key of ['a', 'ab', 'c']) assert.equal(map.get(bytes(key))?.toString(), expected.get(key));
          };
          write(backend, model, before);
          if (commits) await backend.commit();
          const draft = new Draft(backend);
          const seen = new Map(model);
          write(draft, seen, aside);
          check(draft, seen);
          check(backend, model);
          write(backend, model, during);
          const under = commits ? backend.commit() : undefined;
          backend.absorb(draft.written);
          for (const { key, value } of aside) {
            if (value === undefined) model.delete(key);
            else model.set(key, String(value));
          }
          check(backend, model);
          await under;
          await backend.commit();
          check(backend, model);
          await backend.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a database and its lock can be read by its owner only', async () => {
    const backend = open('db');
    await backend.commit();
    await backend.copyTo(join(directory, 'copy'));
    for (const name of ['db', 'db-lock', 'copy']) {
      assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name);
    }
    await backend.close();
  });

  test('a copy holds what was committed and can be opened', async () => {
    const backend = open('db');
    for (let n = 0; n < 1_000; n += 1) backend.put(Buffer.from(`k${n}`), Buffer.alloc(100, n));
    await backend.commit();
    await backend.copyTo(join(directory, 'copy'));
    const copy = open('copy');
    assert.ok(copy.get(Buffer.from('k999'))?.equals(Buffer.alloc(100, 999)));
    assert.ok(copy.size().inUse > 100_000);
    await copy.close();
    await backend.close();
  });
});
