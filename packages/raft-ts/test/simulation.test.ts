import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROFILES, type Profile } from './profiles.js';
import { Simulator } from './simulator.js';

// RAFT_SEEDS=n runs n seeds of each profile, RAFT_PROFILE=name only that one, RAFT_SEED=s only that seed.
const only = process.env['RAFT_SEED'];
const chosen = process.env['RAFT_PROFILE'];
const many = process.env['RAFT_SEEDS'];

for (const profile of PROFILES.filter(({ name }) => chosen === undefined || name === chosen)) {
  const count = Number(many ?? profile.seeds);
  const what = only === undefined ? `${count} seeds` : `seed ${only}`;
  test(`${what} of ${profile.name} faults keep Raft safe and live`, (context) => {
    const total: Record<string, number> = {};
    const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
    for (const seed of seeds) {
      const figures = runSeed(seed, profile);
      for (const [name, value] of Object.entries(figures)) total[name] = (total[name] ?? 0) + value;
    }
    context.diagnostic(JSON.stringify(total));
    if (only !== undefined) return;
    // The faults must reach what they are meant to: a simulation in which nothing happens proves nothing.
    for (const name of profile.shows) assert.ok(total[name]! > count / 2, `only ${total[name]} ${name}`);
  });
}

function runSeed(seed: number, profile: Profile): Simulator['figures'] {
  const simulator = new Simulator(seed, profile);
  try {
    simulator.run();
  } catch (error) {
    const file = 'packages/raft-ts/dist/test/simulation.test.js';
    const command = `RAFT_PROFILE=${profile.name} RAFT_SEED=${seed} node --test ${file}`;
    throw new Error(`seed ${seed}: ${(error as Error).message}\nreplay: ${command}`, { cause: error });
  }
  return simulator.figures;
}
