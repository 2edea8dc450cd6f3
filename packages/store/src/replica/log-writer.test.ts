import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { Ready } from 'raft-ts';
import type { Wal } from '../wal/wal.js';
import { LogWriter } from './log-writer.js';

function make() {
  const written: number[] = [];
  const released: number[] = [];
  const wal = {
    append: async () => undefined,
    release: async (index: number) => void released.push(index),
  } as unknown as Wal;
  const writer = new LogWriter(
    { retryMs: 10 },
    { wal, clock: new ManualClock(), logger: silentLogger },
    {
      written: ({ sequence }) => written.push(sequence),
      prepare: async () => undefined,
      install: async () => undefined,
      diskFull: () => undefined,
      failed: (error) => assert.fail(String(error)),
    },
  );
  return { writer, written, released };
}

const ready = (sequence: number) => ({ sequence, mustSync: true, entries: [] }) as unknown as Ready;
const mark = (index: number) => ({ index, term: 1 }) as unknown as Parameters<LogWriter['mark']>[0];
const settle = () => new Promise((resolve) => setImmediate(resolve));
const TURNS = 40;

describe('the writer of the log', () => {
  test('writes what comes just as the last write ended', async () => {
    for (let turns = 0; turns < TURNS; turns++) {
      const { writer, written } = make();
      writer.push(ready(1));
      for (let turn = 0; turn < turns; turn++) await undefined;
      writer.push(ready(2));
      await settle();
      assert.deepEqual(written, [1, 2], `${turns} turns after the first`);
    }
  });

  test('has recorded a mark when it says so, whenever it comes', async () => {
    for (let turns = 0; turns < TURNS; turns++) {
      const { writer, released } = make();
      writer.push(ready(1));
      for (let turn = 0; turn < turns; turn++) await undefined;
      await writer.mark(mark(7));
      assert.deepEqual(released, [7], `${turns} turns after the first write`);
    }
  });
});
