import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { etcd } from '@keelson/protocol';
import { createLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { AutoCompaction } from '../config.js';
import type { Replica } from '../replica/replica.js';
import { AutoCompactor } from './auto-compactor.js';

const MINUTE = 60_000;

/** A replica as the compactor sees it. */
function started(policy: AutoCompaction) {
  const clock = new ManualClock();
  const state = { isLeader: true, machine: { mvcc: { revision: 1, compactRevision: 0 } } };
  const asked: number[] = [];
  const propose = async (_kind: number, body: Buffer) => {
    const { revision } = etcd.CompactionRequest.decode(body);
    asked.push(revision);
    state.machine.mvcc.compactRevision = revision;
  };
  const replica = Object.assign(state, { propose }) as unknown as Replica;
  new AutoCompactor(policy, { replica, clock, logger: createLogger('test', { level: 'silent' }) }).start();
  const minutes = async (count: number, revisionsEach: number) => {
    for (let n = 0; n < count; n += 1) {
      state.machine.mvcc.revision += revisionsEach;
      await clock.advanceAsync(MINUTE);
    }
  };
  return { state, asked, minutes };
}

describe('AutoCompactor', () => {
  test('periodic: keeps what was written in the period, and at most a tenth more', async () => {
    const { state, asked, minutes } = started({ mode: 'periodic', periodMs: 10 * MINUTE });
    await minutes(10, 100);
    assert.deepEqual(asked, [], 'nothing is that old yet');
    await minutes(5, 100);
    const { revision, compactRevision } = state.machine.mvcc;
    const kept = (revision - compactRevision) / 100;
    assert.ok(kept >= 10 && kept <= 11, `${kept} minutes are kept`);
  });

  test('revision: keeps so many revisions', async () => {
    const { asked, minutes } = started({ mode: 'revision', keep: 1_000 });
    await minutes(5, 100);
    assert.deepEqual(asked, []);
    await minutes(10, 100);
    assert.deepEqual(asked, [1, 501]);
  });

  test('only a leader compacts', async () => {
    const { state, asked, minutes } = started({ mode: 'revision', keep: 10 });
    state.isLeader = false;
    await minutes(30, 100);
    assert.deepEqual(asked, []);
  });
});
