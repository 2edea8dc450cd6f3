import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lane } from './replica/lane.js';
import { finish, Pace, sortSteps } from './steps.js';

test('sorting in steps is a stable sort, however small the steps', () => {
  const items = fc.array(fc.record({ key: fc.nat(20), at: fc.nat() }), { maxLength: 2_000 });
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 300 }), (list, units) => {
      const pace = new Pace(units);
      const steps = sortSteps([...list], (a, b) => a.key - b.key, pace);
      for (;;) {
        pace.renew();
        const step = steps.next();
        if (!step.done) continue;
        assert.deepEqual(
          step.value,
          [...list].sort((a, b) => a.key - b.key),
        );
        return;
      }
    }),
    { numRuns: 30 },
  );
  assert.deepEqual(finish(sortSteps([3, 1, 2], (a, b) => a - b, new Pace(1))), [1, 2, 3]);
});

test('however many ask for large work at once, a turn does one step of all of it', async () => {
  const deferred: (() => void)[] = [];
  const lane = new Lane({ unitsPerStep: 100 }, { defer: (run) => deferred.push(run) });
  let worked = 0;
  function* work() {
    for (let unit = 0; unit < 1_000; unit += 1) {
      worked += 1;
      if (lane.pace.spend()) yield;
    }
    return 'done';
  }
  const results = Array.from({ length: 50 }, () => lane.run(work()));
  const small = lane.run(
    // biome-ignore lint/correctness/useYield: it is done at once
    (function* () {
      return 'small';
    })(),
  );
  assert.ok(worked <= 100, `${worked} units in the turn in which they came`);
  let turns = 0;
  for (let run = deferred.shift(); run; run = deferred.shift()) {
    const before = worked;
    run();
    assert.ok(worked - before <= 100, `${worked - before} units in a turn`);
    turns += 1;
  }
  assert.deepEqual(new Set(await Promise.all(results)), new Set(['done']));
  assert.equal(await small, 'small');
  assert.ok(turns >= 499, `${turns} turns`);
});

test('work that fails in the lane fails for whoever asked, and for nobody else', async () => {
  const deferred: (() => void)[] = [];
  const lane = new Lane({ unitsPerStep: 1 }, { defer: (run) => deferred.push(run) });
  const failing = lane.run(
    (function* () {
      yield;
      throw new Error('no');
    })(),
  );
  lane.pace.spend();
  const other = lane.run(
    (function* () {
      yield;
      return 1;
    })(),
  );
  const both = Promise.allSettled([failing, other]);
  for (let run = deferred.shift(); run; run = deferred.shift()) run();
  assert.deepEqual(
    (await both).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  );
});
