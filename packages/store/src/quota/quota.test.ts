import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import { ManualClock } from '@keelson/service/testing';
import fc from 'fast-check';
import { LmdbBackend } from '../backend/lmdb.js';
import { Meta } from '../mvcc/meta.js';
import { Mvcc } from '../mvcc/mvcc.js';
import { PrefixQuotas } from './prefix-quotas.js';
import { RateLimiter, writtenKeys } from './rate-limiter.js';
import { parseQuotaRules, parseRateRules } from './rules.js';

const putDefaults = etcd.PutRequest.decode(Buffer.alloc(0));
const NO_LEASES = { attach: () => undefined, detach: () => undefined };

describe('rules', () => {
  test('are read from flags', () => {
    assert.deepEqual(parseQuotaRules('/b/=5keys,2KiB; /a=x/=1GiB;'), [
      { prefix: '/a=x/', bytesMax: 1024 ** 3 },
      { prefix: '/b/', keysMax: 5, bytesMax: 2048 },
    ]);
    assert.deepEqual(parseRateRules('/b/=500/s,burst=1000;/a/=0.5/s'), [
      { prefix: '/a/', perSecond: 0.5, burst: 1 },
      { prefix: '/b/', perSecond: 500, burst: 1000 },
    ]);
    assert.deepEqual(parseQuotaRules(''), []);
  });

  test('that are none say which part', () => {
    assert.throws(() => parseQuotaRules('/a/'), /"\/a\/" is not of the form PREFIX=LIMIT/);
    assert.throws(() => parseQuotaRules('/a/=many'), /"many" is neither a number of keys/);
    assert.throws(() => parseQuotaRules('/a/=1keys;/a/=2keys'), /"\/a\/" has two rules/);
    assert.throws(() => parseRateRules('/a/=0/s'), /"0\/s" is not a rate/);
    assert.throws(() => parseRateRules('/a/=5/s,burst=0'), /"burst=0" is not of the form/);
  });
});

describe('PrefixQuotas', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'keelson-quota-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = (name: string) => {
    const backend = new LmdbBackend({ file: join(directory, name), mapBytes: 1024 ** 3 });
    const meta = new Meta(backend);
    const mvcc = new Mvcc(backend, meta);
    return { backend, meta, mvcc, quotas: new PrefixQuotas(meta, mvcc) };
  };
  const put = (key: string, value: string) => ({ ...putDefaults, key: Buffer.from(key), value: Buffer.from(value) });

  const step = fc.record({
    key: fc.constantFrom('/a/1', '/a/2', '/a/b/1', '/b/1', '/ab'),
    value: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
  });

  test('count what is there, through restarts; whoever counts afresh finds the same', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(30), async (steps, restartAt) => {
        run += 1;
        const rules = parseQuotaRules('/a/=1000keys;/a/b/=1000keys;/b/=1GiB');
        let { backend, mvcc, quotas, meta } = open(`${run}`);
        quotas.set(rules);
        for (const [at, { key, value }] of steps.entries()) {
          const write = mvcc.write(NO_LEASES);
          if (value !== undefined) write.put(put(key, value));
          else write.deleteRange({ key: Buffer.from(key), rangeEnd: Buffer.alloc(0), prevKv: false });
          quotas.changed(write.end());
          if (at !== restartAt) continue;
          quotas.save();
          mvcc.save();
          await backend.commit();
          await backend.close();
          ({ backend, mvcc, quotas, meta } = open(`${run}`));
        }
        const afresh = new PrefixQuotas(meta, mvcc);
        afresh.set([]);
        afresh.set(rules);
        assert.deepEqual(quotas.usage, afresh.usage);
        await backend.close();
      }),
      { numRuns: 40 },
    );
  });

  test('refuse what is too much, and nothing that makes it less', async () => {
    const { backend, mvcc, quotas } = open('db');
    const apply = (...puts: etcd.PutRequest[]) => {
      quotas.require(puts);
      const write = mvcc.write(NO_LEASES);
      for (const each of puts) write.put(each);
      quotas.changed(write.end());
    };
    const refusal = (text: RegExp) => (error: unknown) =>
      (error as { code: status }).code === status.RESOURCE_EXHAUSTED && text.test((error as Error).message);
    quotas.set(parseQuotaRules('/a/=2keys;/b/=20B'));
    apply(put('/a/1', 'x'), put('/a/2', 'x'), put('/other', 'x'));
    assert.throws(() => apply(put('/a/3', 'x')), refusal(/quota of "\/a\/" is 2 keys: delete keys below it, or raise/));
    assert.throws(() => apply(put('/c', 'x'), put('/a/3', 'x')), refusal(/2 keys/));
    apply(put('/a/1', 'another value'));
    apply(put('/b/1', '0123456789'));
    assert.throws(() => apply(put('/b/1', '0123456789abcdefg')), refusal(/quota of "\/b\/" is 20 bytes/));
    quotas.set(parseQuotaRules('/b/=5B'));
    apply(put('/b/1', '0'));
    assert.deepEqual(quotas.usage, [{ rule: { prefix: '/b/', bytesMax: 5 }, keys: 1, bytes: 5 }]);
    await backend.close();
  });
});

describe('RateLimiter', () => {
  test('lets a burst through, then as many as the rate; each rule by itself', () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(parseRateRules('/a/=10/s,burst=3;/a/b/=1/s,burst=1'), { clock });
    const take = (...keys: string[]) => limiter.take(keys.map((key) => Buffer.from(key)));
    for (const _ of [1, 2]) take('/a/x');
    take('/a/b/x');
    assert.throws(() => take('/a/x'), /writes below "\/a\/" are limited to 10 a second/);
    for (const _ of [1, 2, 3]) take('/elsewhere');
    clock.advance(100);
    take('/a/x');
    assert.throws(() => take('/a/x'), { code: status.RESOURCE_EXHAUSTED });
    clock.advance(500);
    assert.throws(() => take('/x', '/a/b/x'), /writes below "\/a\/b\/" are limited to 1 a second/);
    for (const _ of [1, 2, 3]) take('/a/x');
    assert.throws(() => take('/a/x'), /limited/);
  });

  test('a transaction counts for all it may write', () => {
    const op = (request: Parameters<typeof etcd.TxnRequest.encode>[0]) =>
      etcd.TxnRequest.decode(etcd.TxnRequest.encode(request));
    const key = (text: string) => Buffer.from(text);
    const request = op({
      success: [{ requestPut: { key: key('a') } }, { requestTxn: { failure: [{ requestPut: { key: key('b') } }] } }],
      failure: [{ requestDeleteRange: { key: key('c'), rangeEnd: key('d') } }, { requestRange: { key: key('e') } }],
    });
    assert.deepEqual([...writtenKeys(request)].map(String), ['a', 'b', 'c']);
  });
});
