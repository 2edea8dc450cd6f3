import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TimingRatio } from './timing-ratio.js';

test('each nanosecond counts at the ratio that there was in it', () => {
  const ratio = new TimingRatio([0, 0.5, 1], 100);
  ratio.set(1, 4, 110);
  ratio.set(4, 4, 130);
  ratio.set(6, 4, 160);
  ratio.set(0, 4, 165);
  assert.deepEqual(ratio.observed(200), {
    upTo: [45_000_000, 65_000_000, 95_000_000],
    count: 100_000_000,
    sum: (20 * 0.25 + 30 * 1 + 5 * 1.5) * 1_000_000,
  });
});

test('of nothing there may be one, and time never goes back', () => {
  const ratio = new TimingRatio([0, 1], 100);
  ratio.set(1, 0, 100);
  ratio.set(1, 0, 50);
  assert.deepEqual(ratio.observed(101), { upTo: [0, 1_000_000], count: 1_000_000, sum: 1_000_000 });
});
