import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from './index.js';
import { ManualClock } from './manual-clock.js';

test('a manual clock fires timers in order of time, including those that timers start', () => {
  const clock = new ManualClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push('late'));
  clock.after(10, () => {
    fired.push('early');
    clock.after(5, () => fired.push('nested'));
  });
  const every = clock.every(8, () => fired.push('tick'));
  clock.after(9, () => fired.push('cancelled')).cancel();
  clock.advance(20);
  every.cancel();
  clock.advance(100);
  assert.deepEqual(fired, ['tick', 'early', 'nested', 'tick', 'late']);
});

test('sleep rejects with the signal’s reason', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const sleeping = clock.sleep(1_000, controller.signal);
  controller.abort(new Error('stopping'));
  await assert.rejects(sleeping, /stopping/);
});

test('the same seed gives the same sequence, another seed another one', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.uuid(), random.suffix(5), random.integer(1000), random.float()];
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.match(String(draw(7)[0]), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('floats spread evenly over [0, 1)', () => {
  const random = seededRandom(1);
  const buckets = new Array<number>(10).fill(0);
  for (let n = 0; n < 10_000; n++) buckets[Math.floor(random.float() * 10)]! += 1;
  for (const count of buckets) assert.ok(count > 800 && count < 1200, `bucket holds ${count} of 10000`);
});
