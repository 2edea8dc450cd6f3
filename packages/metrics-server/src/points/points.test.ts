import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Point, type Points, usageOverTime, withPoint } from './points.js';
import { UsageStore } from './usage-store.js';

const RESOLUTION_MS = 15_000;
const S = 1_000;

function point(seconds: number, cpuSeconds: number, startedSeconds = 0, memoryBytes = 100): Point {
  return { at: seconds * S, cpuNanoseconds: cpuSeconds * 1e9, memoryBytes, startedAt: startedSeconds * S };
}

function after(...points: Point[]): Points {
  let known: Points | undefined;
  for (const it of points) known = withPoint(known, it, RESOLUTION_MS);
  return known!;
}

test('a rate needs two points', () => {
  assert.equal(usageOverTime(after(point(100, 5, 1))), undefined);
  assert.deepEqual(usageOverTime(after(point(100, 5, 1), point(115, 12.5, 1, 300))), {
    ...{ nanoCores: 500_000_000, memoryBytes: 300, at: 115 * S, windowMs: 15 * S },
  });
});

test('a container younger than a round counts from its beginning, unless it is too young to say anything', () => {
  assert.equal(usageOverTime(after(point(112, 6, 100)))?.nanoCores, 500_000_000);
  assert.equal(usageOverTime(after(point(105, 6, 100))), undefined);
});

test('one that was started anew is another', () => {
  assert.equal(usageOverTime(after(point(100, 50, 1), point(115, 1, 110))), undefined);
  assert.equal(usageOverTime(after(point(100, 50, 1), point(115, 60, 113))), undefined);
  assert.equal(usageOverTime(after(point(100, 50, 1), point(115, 3, 1))), undefined, 'a counter that was put back');
});

test('a point that is told twice changes nothing, and one that is older is the only one', () => {
  const twice = after(point(100, 5, 1), point(115, 20, 1), point(115, 20, 1));
  assert.equal(usageOverTime(twice)?.nanoCores, 1e9);
  assert.equal(usageOverTime(after(point(115, 20, 1), point(100, 20, 1))), undefined);
});

test('whatever comes, a rate is never negative and never without a time', () => {
  const any = fc.record({ at: fc.nat(100), cpu: fc.nat(100), started: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 10 }), (all) => {
      let known: Points | undefined;
      for (const { at, cpu, started } of all) {
        known = withPoint(known, point(at, cpu, started), RESOLUTION_MS);
        const usage = usageOverTime(known);
        if (usage !== undefined)
          assert.ok(usage.nanoCores >= 0 && usage.windowMs > 0 && Number.isFinite(usage.nanoCores));
      }
    }),
  );
});

test('a pod has figures when all its containers have; they last as long as one round may fail', () => {
  let now = 0;
  const store = new UsageStore({ resolutionMs: RESOLUTION_MS }, { now: () => now });
  const scrape = (seconds: number, names: string[]) => ({
    node: point(seconds, seconds),
    pods: new Map([['a/web', new Map(names.map((name) => [name, point(seconds, seconds, 1)]))]]),
  });
  store.store('n1', scrape(100, ['main']));
  assert.deepEqual([store.node('n1'), store.pod('n1', 'a/web')], [undefined, undefined]);
  store.store('n1', scrape(115, ['main', 'sidecar']));
  assert.equal(store.pod('n1', 'a/web'), undefined, 'one container was seen once');
  store.store('n1', scrape(130, ['sidecar', 'main']));
  assert.deepEqual(
    store.pod('n1', 'a/web')?.map(({ name, nanoCores }) => [name, nanoCores]),
    [
      ['main', 1e9],
      ['sidecar', 1e9],
    ],
  );
  assert.equal(store.pod('n2', 'a/web'), undefined, 'another node’s');
  now = 2 * RESOLUTION_MS;
  assert.ok(store.node('n1'));
  now = 3 * RESOLUTION_MS;
  assert.deepEqual([store.node('n1'), store.pod('n1', 'a/web')], [undefined, undefined]);
  store.keepOnly(new Set());
  assert.deepEqual([store.nodes, store.containers], [0, 0]);
});
