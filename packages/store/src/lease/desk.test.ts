import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { CommandKind } from '../apply/command.js';
import { LmdbBackend } from '../backend/lmdb.js';
import type { Replica } from '../replica/replica.js';
import { type LeaderLine, LeaseDesk } from './desk.js';
import { Lessor } from './lessor.js';

const OPTIONS = {
  checkIntervalMs: 500,
  revocationsMax: 10,
  checkpointIntervalMs: 1e9,
  checkpointSeconds: 1e9,
  checkpointsMax: 10,
};

test('a lease whose end is under way is promised no more time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-desk-'));
  const backend = new LmdbBackend({ file: join(directory, 'db'), mapBytes: 1024 ** 3 });
  const clock = new ManualClock();
  const lessor = new Lessor({ ttlMin: 1 }, backend, clock);
  const revocations: (() => void)[] = [];
  const replica = {
    isLeader: true,
    machine: { lessor },
    linearizable: async () => undefined,
    propose: (kind: CommandKind) => {
      assert.equal(kind, CommandKind.leaseRevoke);
      return new Promise<void>((resolve) => revocations.push(resolve));
    },
  } as unknown as Replica;
  const desk = new LeaseDesk(OPTIONS, { replica, line: {} as LeaderLine, clock, logger: silentLogger });
  lessor.promote(10_000);
  lessor.grant(1n, 5);
  await clock.advance(6_000);
  assert.equal(revocations.length, 1);
  // An entry that lay before it in the log gives the lease time again, but its end is decided.
  lessor.checkpoint(1n, 0);
  let answer: number | undefined;
  const renewal = desk.renewHere(1n).then((ttl) => {
    answer = ttl;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answer, undefined);
  lessor.remove(1n);
  revocations[0]!();
  await renewal;
  assert.equal(answer, 0);
  desk.close();
  await backend.close();
  rmSync(directory, { recursive: true });
});
