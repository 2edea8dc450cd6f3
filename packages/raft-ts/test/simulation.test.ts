import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulator } from './simulator.js';

// RAFT_SEEDS=n runs n seeds, RAFT_SEED=s only that one.
const only = process.env['RAFT_SEED'];
const count = Number(process.env['RAFT_SEEDS'] ?? 400);
const STEPS = 600;

test(`${only === undefined ? `${count} seeds` : `seed ${only}`} of random faults keep Raft safe and live`, (context) => {
  const total = { leaders: 0, applied: 0, crashes: 0, snapshots: 0, reads: 0, changes: 0, joint: 0, stalls: 0 };
  const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
  for (const seed of seeds) {
    const figures = runSeed(seed);
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += figures[name];
  }
  context.diagnostic(JSON.stringify(total));
  if (only !== undefined) return;
  // The faults must reach what they are meant to: a simulation in which nothing happens proves nothing.
  for (const [name, value] of Object.entries(total)) assert.ok(value > count / 2, `only ${value} ${name}`);
});

function runSeed(seed: number): Simulator['figures'] {
  const simulator = new Simulator(seed);
  try {
    simulator.run(STEPS);
  } catch (error) {
    const command = `RAFT_SEED=${seed} node --test packages/raft-ts/dist/test/simulation.test.js`;
    throw new Error(`seed ${seed}: ${(error as Error).message}\nreplay: ${command}`, { cause: error });
  }
  return simulator.figures;
}
