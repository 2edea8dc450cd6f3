import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Violation } from '../sim/world.js';
import { parseSimFlags, type SimFlags } from './flags.js';
import { runSeeds, type SeedResult } from './run-seeds.js';

const figures = { members: 3, operations: 5, entries: 4, leaders: 1, faults: 2, events: 3, changes: 0 };
const ended = (seed: number, failure?: Error): SeedResult => ({
  ...{ seed, hash: '9-abc', failure, figures },
  trace: ['1.000 something happened'],
});

async function run(args: string[], simulate: (seed: number) => SeedResult) {
  let text = '';
  const code = await runSeeds(parseSimFlags(args) as SimFlags, {
    simulate: async ({ seed }) => simulate(seed),
    clock: { monotonic: () => 0 },
    out: { write: (part) => (text += part) },
    isTerminal: false,
  });
  return { code, text };
}

test('seeds follow each other, and the sum of what happened is told', async () => {
  const seeds: number[] = [];
  const { code, text } = await run(['--seeds', '3', '--seed', '7'], (seed) => {
    seeds.push(seed);
    return ended(seed);
  });
  assert.equal(code, 0);
  assert.deepEqual(seeds, [7, 8, 9]);
  assert.match(text, /3 seeds .*15 operations, 12 entries.*nothing went wrong/);
});

test('a failure shows what happened before, what went wrong and how to see it again', async () => {
  const fail = (seed: number) => ended(seed, seed === 2 ? new Violation('two leaders') : undefined);
  const { code, text } = await run(['--seeds', '3', '--faults', '5'], fail);
  assert.equal(code, 1);
  assert.match(text, /something happened\nseed 2 failed: two leaders\n.*npm run sim -- --seed 2 --faults 5\n/);
  assert.match(text, /failed: 2\n$/);
});

test('flags that make no sense are refused', () => {
  assert.match(parseSimFlags(['--seeds', 'many']) as string, /not a number/);
  assert.match(parseSimFlags(['--sedes', '3']) as string, /Unknown option/);
});

test('the controllers are another subject, with longer faults, and a failure says so', async () => {
  const fail = (seed: number) => ended(seed, new Violation('two pods'));
  const { text } = await run(['controllers', '--seed', '4'], fail);
  assert.match(text, /again: npm run sim -- controllers --seed 4\n/);
  assert.match(String(parseSimFlags(['kubelets'])), /"kubelets" is none of store, controllers/);
});
