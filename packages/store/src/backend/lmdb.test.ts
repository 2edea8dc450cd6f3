import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
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
