import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { BoltReader } from './bolt-reader.js';
import { type BoltPair, BoltWriter } from './bolt-writer.js';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((each) => Buffer.from(each));
const value = fc.oneof(
  { weight: 9, arbitrary: bytes },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map((size) => Buffer.alloc(size, 'v')) },
);
const bucket = fc
  .uniqueArray(fc.tuple(bytes, value), { selector: ([key]) => key.toString('hex'), maxLength: 400 })
  .map((pairs) => pairs.sort(([a], [b]) => Buffer.compare(a, b)));

describe('bbolt files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-bolt-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = async (file: string, buckets: Record<string, readonly BoltPair[]>) => {
    const writer = await BoltWriter.create(file);
    for (const [name, pairs] of Object.entries(buckets)) {
      await writer.addBucket(name, [pairs.slice(0, 100), pairs.slice(100)]);
    }
    await writer.finish();
  };

  test('what is written is read, bucket by bucket, in order', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(bucket, bucket, async (first, second) => {
        run += 1;
        const file = join(directory, `${run}`);
        await write(file, { zebra: first, ant: second, none: [] });
        const reader = new BoltReader(file);
        assert.deepEqual([...reader.pairs('zebra')], first);
        assert.deepEqual([...reader.pairs('ant')], second);
        assert.deepEqual([...reader.pairs('none')], []);
        assert.deepEqual([...reader.pairs('missing')], []);
        reader.close();
      }),
      { numRuns: 30 },
    );
  });

  test('what is no such file, or damaged, is refused and says so', async () => {
    const file = join(directory, 'db');
    const pairs = Array.from(
      { length: 500 },
      (_, n): BoltPair => [Buffer.from(`${n}`.padStart(5, '0')), Buffer.alloc(99)],
    );
    await write(file, { key: pairs });
    const whole = readFileSync(file);
    const broken = (change: (data: Buffer) => Buffer) => {
      const path = join(directory, 'broken');
      writeFileSync(path, change(Buffer.from(whole)));
      return () => {
        const reader = new BoltReader(path);
        try {
          return [...reader.pairs('key')].length;
        } finally {
          reader.close();
        }
      };
    };
    assert.equal(broken((data) => data)(), 500);
    const oneMeta = broken((data) => {
      data[4096 + 16 + 20]! ^= 1;
      return data;
    });
    assert.equal(oneMeta(), 500, 'one of the two first pages is enough');
    assert.throws(
      broken((data) => {
        for (const at of [0, 4096]) data[at + 16 + 20]! ^= 1;
        return data;
      }),
      /is damaged: neither of its first two pages is whole/,
    );
    assert.throws(
      broken((data) => {
        for (const at of [0, 4096]) data.writeUInt32LE(3, at + 16 + 4);
        return data;
      }),
      /is of another version/,
    );
    assert.throws(
      broken(() => Buffer.alloc(10_000, 'x')),
      /is no backup/,
    );
    assert.throws(
      broken((data) => data.subarray(0, 4096)),
      /is no backup/,
    );
    assert.throws(
      broken((data) => data.subarray(0, data.length - 4096)),
      /is damaged: it ends before/,
    );
    assert.throws(() => new BoltReader(join(directory, 'none')), /cannot read .*: ENOENT/);
  });
});
