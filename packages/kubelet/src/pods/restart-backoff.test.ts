import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goDuration, RestartBackoff } from './restart-backoff.js';

test('delays are none, 10 s, 20 s … 5 min, and begin anew after a long run', () => {
  const backoff = new RestartBackoff();
  let now = 0;
  const delays: number[] = [];
  for (let round = 0; round < 8; round++) {
    const waiting = backoff.waiting('c', now, now);
    delays.push(waiting?.restMs ?? 0);
    const endedAt = now;
    now += waiting?.restMs ?? 0;
    assert.equal(backoff.waiting('c', endedAt, now), undefined, 'after the delay it may start');
    backoff.started('c', endedAt, now);
  }
  assert.deepEqual(
    delays,
    [0, 10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * 1000),
  );
  assert.equal(backoff.waiting('c', now + 601_000, now + 601_000), undefined);
  backoff.started('c', now + 601_000, now + 601_000);
  assert.equal(backoff.waiting('c', now + 602_000, now + 602_000)?.delayMs, 10_000);
});

test('durations read as Go prints them', () => {
  assert.deepEqual([10_000, 80_000, 300_000, 3_661_000].map(goDuration), ['10s', '1m20s', '5m0s', '1h1m1s']);
});
