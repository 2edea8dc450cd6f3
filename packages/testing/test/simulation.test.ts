import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../src/index.js';

/** CI runs more with `npm run sim`. */
const SEEDS = 200;

test('one seed is one story: what happens depends on nothing else', async () => {
  for (const seed of [3, 11, 40]) {
    const [one, other] = [await new Simulation({ seed }).run(), await new Simulation({ seed }).run()];
    assert.equal(one.hash, other.hash);
    assert.deepEqual(one.trace, other.trace);
  }
  const [one, other] = [await new Simulation({ seed: 3 }).run(), await new Simulation({ seed: 4 }).run()];
  assert.notEqual(one.hash, other.hash);
});

test(`${SEEDS} seeds go well`, async () => {
  const figures = { operations: 0, faults: 0, events: 0, leaders: 0 };
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = await new Simulation({ seed }).run();
    assert.equal(result.failure, undefined, `${result.failure?.message}\nagain: npm run sim -- --seed ${seed}`);
    for (const name of Object.keys(figures) as (keyof typeof figures)[]) figures[name] += result.figures[name];
  }
  // A simulation in which nothing happens proves nothing.
  assert.ok(figures.operations > 100 * SEEDS, `${figures.operations} operations`);
  assert.ok(figures.events > 50 * SEEDS, `${figures.events} watch events`);
  assert.ok(figures.faults > 5 * SEEDS, `${figures.faults} faults`);
  assert.ok(figures.leaders > 2 * SEEDS, `${figures.leaders} leaders`);
});
