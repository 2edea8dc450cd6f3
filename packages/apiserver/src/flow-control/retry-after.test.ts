import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryAfter } from './retry-after.js';

test('it is doubled while many are refused, up to a limit, and falls again by one', () => {
  const retry = new RetryAfter();
  assert.equal(retry.seconds, 1);
  const seen: number[] = [];
  for (let second = 100; second < 220; second++) {
    for (let count = 0; count < 50; count++) retry.note(second * 1000);
    if (seen.at(-1) !== retry.seconds) seen.push(retry.seconds);
  }
  assert.deepEqual(seen, [1, 2, 4, 8, 16, 32]);
  for (let second = 300; second < 1_000; second += 20) retry.note(second * 1000);
  assert.ok(retry.seconds < 10, String(retry.seconds));
});

test('a few change nothing', () => {
  const retry = new RetryAfter();
  for (let second = 100; second < 200; second++) retry.note(second * 1000);
  assert.equal(retry.seconds, 1);
});
