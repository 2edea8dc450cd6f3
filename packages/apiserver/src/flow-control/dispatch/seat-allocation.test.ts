import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@keelson/service';
import { allocate } from './seat-allocation.js';
import { SeatDemand } from './seat-demand.js';

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

test('each gets the same part of its target where its bounds let it', () => {
  const claims = [
    { lowerBound: 1, upperBound: 100, target: 10 },
    { lowerBound: 1, upperBound: 100, target: 30 },
    { lowerBound: 20, upperBound: 100, target: 20 },
  ];
  const { shares, fairFraction } = allocate(40, claims)!;
  assert.deepEqual(
    shares.map((it) => Math.round(it * 100) / 100),
    [5, 15, 20],
  );
  assert.equal(fairFraction, 0.5);
  assert.deepEqual(allocate(22, claims)?.shares, [1, 1, 20]);
  assert.deepEqual(allocate(300, claims)?.shares, [100, 100, 100]);
  assert.equal(allocate(21, claims), undefined);
  assert.equal(allocate(301, claims), undefined);
  assert.deepEqual(allocate(0, []), { shares: [], fairFraction: 0 });
});

test('whatever the claims, the sum is given out and bounds hold', () => {
  const random = seededRandom(3);
  for (let turn = 0; turn < 500; turn++) {
    const claims = Array.from({ length: 1 + random.integer(8) }, () => {
      const lowerBound = random.integer(20);
      const upperBound = lowerBound + random.integer(50);
      return { lowerBound, upperBound, target: lowerBound + random.float() * random.integer(60) };
    });
    const [low, high] = [total(claims.map((it) => it.lowerBound)), total(claims.map((it) => it.upperBound))];
    const sum = low + random.integer(high - low + 1);
    const { shares, fairFraction } = allocate(sum, claims)!;
    assert.ok(Math.abs(total(shares) - sum) < 1e-6, `${total(shares)} of ${sum}`);
    for (const [index, { lowerBound, upperBound, target }] of claims.entries()) {
      const share = shares[index]!;
      assert.ok(share >= lowerBound - 1e-9 && share <= upperBound + 1e-9);
      const fair = fairFraction * Math.max(target, 0.001);
      if (share > lowerBound + 1e-6) assert.ok(share <= fair + 1e-6, 'more than its part only by its lower bound');
      if (share < upperBound - 1e-6) assert.ok(share >= fair - 1e-6, 'less than its part only by its upper bound');
    }
  }
});

test('demand is averaged over time', () => {
  const demand = new SeatDemand(0);
  demand.set(10, 0);
  demand.set(0, 500);
  assert.deepEqual(demand.take(1_000), { highWatermark: 10, overTime: { average: 5, deviation: 5 } });
  demand.set(4, 1_000);
  assert.deepEqual(demand.take(1_000), { highWatermark: 4, overTime: undefined });
  assert.deepEqual(demand.take(2_000), { highWatermark: 4, overTime: { average: 4, deviation: 0 } });
});
