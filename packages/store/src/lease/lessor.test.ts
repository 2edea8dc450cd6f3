import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { LmdbBackend } from '../backend/lmdb.js';
import { LeaseIds } from './lease-ids.js';
import { Lessor } from './lessor.js';

describe('Lessor', () => {
  let directory: string;
  let backend: LmdbBackend;
  let lessor: Lessor;
  let now = 0;
  const clock = { monotonic: () => now };

  beforeEach(() => {
    now = 1_000;
    directory = mkdtempSync(join(tmpdir(), 'keelson-lease-'));
    backend = new LmdbBackend({ file: join(directory, 'db'), mapBytes: 1024 ** 3 });
    lessor = new Lessor({ ttlMin: 2 }, backend, clock);
  });
  afterEach(async () => {
    await backend.close();
    rmSync(directory, { recursive: true });
  });

  test('time runs on the leader only', () => {
    lessor.grant(1n, 10);
    now += 60_000;
    assert.deepEqual(lessor.expired(10), []);
    lessor.promote(0);
    assert.deepEqual(lessor.expired(10), []);
    now += 9_999;
    assert.deepEqual(lessor.expired(10), []);
    now += 1;
    assert.deepEqual(lessor.expired(10), [1n]);
    lessor.demote();
    assert.deepEqual(lessor.expired(10), []);
  });

  test('a new leader gives every lease its time again, and what passed without one', () => {
    lessor.promote(0);
    lessor.grant(1n, 10);
    now += 9_000;
    lessor.demote();
    lessor.promote(1_000);
    now += 10_500;
    assert.deepEqual(lessor.expired(10), []);
    now += 500;
    assert.deepEqual(lessor.expired(10), [1n]);
  });

  test('after a checkpoint a new leader gives only what was left', () => {
    lessor.promote(0);
    lessor.grant(1n, 600);
    lessor.checkpoint(1n, 30);
    lessor.demote();
    lessor.promote(0);
    assert.equal(lessor.timeLeft(lessor.get(1n)!), 30);
  });

  test('a checkpoint never shortens what the leader that is there has promised', () => {
    lessor.promote(0);
    lessor.grant(1n, 600);
    lessor.checkpoint(1n, 30);
    assert.equal(lessor.timeLeft(lessor.get(1n)!), 600);
  });

  test('a new leader that learns late that a lease was renewed gives it its whole time', () => {
    lessor.grant(1n, 600);
    lessor.checkpoint(1n, 30);
    lessor.promote(0);
    now += 10_000;
    lessor.checkpoint(1n, 0);
    assert.equal(lessor.timeLeft(lessor.get(1n)!), 590);
  });

  test('what is kept of a lease is never less than is left', () => {
    lessor.promote(0);
    lessor.grant(1n, 10);
    now += 7_300;
    assert.deepEqual(lessor.longLived(1), [1n]);
    assert.equal(lessor.secondsToKeep(1n), 3);
  });

  test('renewing gives the whole time again, but nothing to a lease that is over or gone', () => {
    lessor.promote(0);
    lessor.grant(1n, 10);
    now += 9_000;
    assert.equal(lessor.renew(1n), 10);
    now += 9_000;
    assert.deepEqual(lessor.expired(10), []);
    now += 1_000;
    assert.equal(lessor.renew(1n), undefined);
    assert.equal(lessor.renew(2n), undefined);
  });

  test('short times are raised, long ones and used ids refused', () => {
    assert.equal(lessor.grant(1n, -5).ttl, 2);
    assert.throws(() => lessor.grant(1n, 10), /lease already exists/);
    assert.throws(() => lessor.grant(2n, 9_000_000_001), /too large lease TTL/);
  });

  test('leases and their keys are there after a restart, and go one by one', async () => {
    lessor.grant(1n, 10);
    lessor.grant(-1n, 20);
    for (const key of ['b', 'a', 'x'.repeat(3_000)]) lessor.attach(1n, Buffer.from(key));
    lessor.attach(-1n, Buffer.from('other'));
    lessor.detach(1n, Buffer.from('b'));
    await backend.commit();
    const again = new Lessor({ ttlMin: 2 }, backend, clock);
    assert.deepEqual(
      again.keys(1n).map((key) => key.toString()),
      ['a', 'x'.repeat(3_000)],
    );
    assert.equal(again.get(-1n)?.ttl, 20);
    again.remove(1n);
    assert.equal(again.get(1n), undefined);
  });

  test('many that end at once are told a few at a time, the longest over first', () => {
    lessor.promote(0);
    for (let id = 1; id <= 20; id += 1) {
      lessor.grant(BigInt(id), 10);
      now += 1;
    }
    now += 20_000;
    assert.deepEqual(lessor.expired(3), [1n, 2n, 3n]);
  });
});

test('lease ids rise and are positive', () => {
  const ids = new LeaseIds(0xffff_ffff_ffff_ffffn, 1_700_000_000_000);
  const made = Array.from({ length: 1_000 }, () => ids.next());
  for (let at = 1; at < made.length; at += 1) assert.ok(made[at]! > made[at - 1]!);
  assert.ok(made.every((id) => id > 0n && id < 2n ** 63n));
});
