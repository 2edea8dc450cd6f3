import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { RaftNode } from 'raft-ts';
import type { StateMachine } from '../apply/state-machine.js';
import { Checkpoints } from './checkpoints.js';
import type { LogWriter } from './log-writer.js';

/** A database whose commits end when they are told to. */
class FakeMachine {
  applied = 1;
  durable = 0;
  commits = 0;
  end: (error?: Error) => void = () => undefined;

  commit(): Promise<void> {
    this.commits += 1;
    return new Promise((resolve, reject) => {
      this.end = (error) => {
        if (error) reject(error);
        else {
          this.durable = this.applied;
          resolve();
        }
      };
    });
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function make() {
  const clock = new ManualClock();
  const machine = new FakeMachine();
  const writable: boolean[] = [];
  const marks: unknown[] = [];
  const node = {
    status: { firstIndex: 1, logBytes: 0 },
    term: () => 1,
    indexKeeping: () => 0,
    offerSnapshot: () => undefined,
    compact: () => undefined,
  };
  const checkpoints = new Checkpoints(
    { commitIntervalMs: 100, snapshotCount: 5, catchUpEntries: 2, logBytesMax: 1000, diskRetryMs: 1000 },
    {
      node: node as unknown as RaftNode,
      machine: machine as unknown as StateMachine,
      writer: { mark: async (mark: unknown) => void marks.push(mark) } as unknown as LogWriter,
      clock,
      logger: silentLogger,
    },
    { writable: (now) => writable.push(now), committed: () => undefined },
  );
  return { clock, machine, checkpoints, writable, marks };
}

describe('checkpoints', () => {
  test('come a while after something was applied, one at a time, and compact the log when it is long enough', async () => {
    const { clock, machine, checkpoints, marks } = make();
    checkpoints.schedule();
    checkpoints.schedule();
    clock.advance(99);
    assert.equal(machine.commits, 0);
    clock.advance(1);
    machine.applied = 20;
    checkpoints.schedule();
    clock.advance(1_000);
    assert.equal(machine.commits, 1);
    machine.end();
    await settle();
    assert.deepEqual(marks, [{ index: 18, term: 1 }]);
  });

  test('wait where the database takes no writes, and try again', async () => {
    const { clock, machine, checkpoints, writable } = make();
    checkpoints.schedule();
    clock.advance(100);
    machine.end(new Error('ENOSPC'));
    await settle();
    assert.deepEqual(writable, [false]);
    await clock.advanceAsync(1_100);
    assert.equal(machine.commits, 2);
    machine.end();
    await settle();
    assert.deepEqual(writable, [false, true]);
  });

  test('are not made while another database takes the place of the present one', async () => {
    const { clock, machine, checkpoints } = make();
    checkpoints.schedule();
    clock.advance(100);
    const next = new FakeMachine();
    let installed: () => void = () => undefined;
    let installing = false;
    const replaced = checkpoints.replace(async () => {
      installing = true;
      await new Promise<void>((resolve) => {
        installed = resolve;
      });
      return next as unknown as StateMachine;
    });
    await settle();
    assert.equal(installing, false, 'a commit is under way');
    machine.end();
    await settle();
    assert.equal(installing, true);
    machine.applied += 1;
    checkpoints.schedule();
    await clock.advanceAsync(1_000);
    assert.equal(machine.commits, 1);
    installed();
    await replaced;
    assert.equal(checkpoints.machine, next);
    await clock.advanceAsync(100);
    assert.deepEqual([machine.commits, next.commits], [1, 1]);
  });

  test('that were to come when a replacement began are not made of the old database', async () => {
    const { clock, machine, checkpoints } = make();
    checkpoints.schedule();
    const never = checkpoints.replace(() => new Promise(() => undefined));
    await clock.advanceAsync(1_000);
    assert.equal(machine.commits, 0);
    void never;
  });
});
