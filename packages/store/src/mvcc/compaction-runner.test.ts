import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { CompactionRunner } from './compaction-runner.js';
import type { Compactor } from './compactor.js';

test('a compaction that comes right after the last slice of another is carried out', async () => {
  let left = 1;
  const compactor = {
    get pending() {
      return left > 0;
    },
    slice: () => {
      left -= 1;
      return left > 0;
    },
  } as unknown as Compactor;
  const runner = new CompactionRunner(
    { sliceChanges: 1, pauseMs: 1 },
    { clock: new ManualClock(), compactor: () => compactor },
  );
  runner.start();
  left = 1;
  runner.start();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(left, 0);
});
