import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { confState, RaftNode } from 'raft-ts';
import { CommandKind } from '../apply/command.js';
import type { StateMachine } from '../apply/state-machine.js';
import { TUNING } from '../config.js';
import { StoreError } from '../errors.js';
import type { Wal } from '../wal/wal.js';
import { Replica } from './replica.js';

/** Member 1 of three, with one committed entry of term 1, and a disk that holds what it is given. */
function open() {
  const clock = new ManualClock();
  const random = seededRandom(1);
  const entry = { index: 1, term: 1, type: 'normal', data: new Uint8Array(0) } as const;
  const node = new RaftNode(
    { id: '1', electionTicks: 10, heartbeatTicks: 1, random: (bound) => random.integer(bound) },
    {
      hardState: { term: 1, vote: '', commit: 1 },
      snapshot: { index: 0, term: 0, confState: confState(['1', '2', '3']) },
      entries: [entry],
      applied: 1,
    },
  );
  const sent: unknown[] = [];
  const failures: unknown[] = [];
  const turns: (() => void)[] = [];
  const replica = new Replica(
    {
      ...TUNING,
      tickMs: 100,
      electionTicks: 10,
      requestTimeoutMs: 5_000,
      snapshotCount: 100,
      catchUpEntries: 10,
    },
    {
      node,
      wal: { append: async () => undefined } as unknown as Wal,
      machine: {
        membership: { voters: ['1', '2', '3'] },
        applied: 1,
        appliedTerm: 1,
        pendingBytes: 0,
        commit: async () => undefined,
      } as unknown as StateMachine,
      transport: { send: (messages) => void sent.push(...messages) },
      clock,
      random,
      logger: silentLogger,
      defer: (run) => void turns.push(run),
      firstSequence: 0,
      nonce: 'n',
    },
    1n,
    {
      leadership: () => undefined,
      turned: () => undefined,
      prepare: async () => undefined,
      install: () => Promise.reject(new Error('no snapshots here')),
      failed: (error) => failures.push(error),
    },
  );
  const turn = () => {
    for (const run of turns.splice(0)) run();
  };
  return { replica, clock, sent, failures, turn };
}

describe('a member that finds another entry committed elsewhere', () => {
  const heartbeat = { type: 'heartbeat', from: '2', to: '1', term: 2, commit: 1, round: 0 } as const;

  test('says what to do, and neither sends nor takes anything from then on', async () => {
    const { replica, clock, sent, failures, turn } = open();
    replica.start();
    turn();
    const waiting = [replica.linearizable(), replica.propose<'compact'>(CommandKind.compact, Buffer.from('{}'))].map(
      (each) => assert.rejects(each, /stopped/),
    );
    replica.step([{ ...heartbeat, commitTerm: 2 }]);
    turn();
    await Promise.all(waiting);
    const [error] = failures;
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /member 1 stops.*committed entry 1 is of term 1 here and of term 2 elsewhere/);
    assert.match(error.message, /Keep every data directory.*hashkv.*member remove/s);
    sent.length = 0;
    replica.step([{ ...heartbeat, commitTerm: 2 }]);
    clock.advance(60_000);
    turn();
    assert.deepEqual(sent, []);
    assert.equal(failures.length, 1);
    await assert.rejects(replica.linearizable(), /stopped/);
    await replica.close();
  });

  test('goes on where the entry is the same', () => {
    const { replica, sent, failures, turn } = open();
    replica.start();
    replica.step([{ ...heartbeat, commitTerm: 1 }]);
    turn();
    assert.deepEqual(failures, []);
    assert.equal((sent as { type: string }[]).at(-1)?.type, 'heartbeatResponse');
  });
});
