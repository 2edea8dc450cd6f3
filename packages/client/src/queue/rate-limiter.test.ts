import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { controllerRateLimiter, exponential, tokenBucket } from './rate-limiter.js';

describe('rate limiters', () => {
  it('doubles from the base up to the cap, for each item by itself', () => {
    const limiter = exponential(5, 40);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => limiter.when('a')),
      [5, 10, 20, 40, 40, 40],
    );
    assert.equal(limiter.when('b'), 5);
    limiter.forget('a');
    assert.equal(limiter.when('a'), 5);
  });

  it('stays at the cap however often it fails', () => {
    const limiter = exponential(5, 1_000_000);
    for (let count = 0; count < 2_000; count++) limiter.when('a');
    assert.equal(limiter.when('a'), 1_000_000);
  });

  it('gives the burst away at once and then as many as come back', () => {
    const clock = new ManualClock();
    const take = tokenBucket(10, 3, () => clock.monotonic());
    assert.deepEqual([take(), take(), take()], [0, 0, 0]);
    assert.equal(take(), 100);
    assert.equal(take(), 200);
    clock.advance(10_000);
    assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 100]);
  });

  it('holds all items of a controller together to its rate', () => {
    const clock = new ManualClock();
    const limiter = controllerRateLimiter(() => clock.monotonic());
    for (let count = 0; count < 100; count++) assert.equal(limiter.when(`item-${count}`), 5);
    assert.equal(limiter.when('one more'), 100);
  });
});
