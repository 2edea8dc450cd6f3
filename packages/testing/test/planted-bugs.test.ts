import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FaultName, type Plant, Simulation, Violation } from '../src/index.js';
import * as plants from './plants.js';

interface Case {
  readonly plant: Plant;
  /** How it shows. */
  readonly shows: RegExp;
  readonly members?: number;
  readonly faults?: readonly FaultName[];
  readonly leaseClients?: number;
  readonly clientPauseMs?: number;
  /** Seeds within which it must be caught. */
  readonly seeds: number;
}

const CASES: readonly Case[] = [
  {
    plant: plants.acknowledgedBeforeSync,
    shows: /not linearizable|state-machine safety|leader completeness|stale read|does not start|other changes/,
    members: 1,
    faults: ['kill', 'slow disk', 'kill at a step of storage'],
    seeds: 20,
  },
  { plant: plants.progressAheadOfEvents, shows: /progress (ahead of|behind) events/, seeds: 20 },
  {
    plant: plants.revisionGoesBack,
    shows: /state-machine safety|other changes|goes to revision/,
    members: 3,
    faults: ['kill all'],
    clientPauseMs: 2_000,
    leaseClients: 0,
    seeds: 60,
  },
  {
    plant: plants.staleReads,
    shows: /stale read|not linearizable/,
    faults: ['pause', 'partition'],
    seeds: 20,
  },
  {
    plant: plants.appliedIndexApart,
    shows: /state-machine safety|goes to revision|other changes/,
    faults: ['kill', 'kill at a step of storage'],
    seeds: 20,
  },
  { plant: plants.repeatedEvents, shows: /watch events are repeated/, seeds: 10 },
  { plant: plants.eventsLostToCompaction, shows: /events are missing|progress ahead/, seeds: 60 },
  { plant: plants.deletionLostToCompaction, shows: /events are missing|progress ahead/, seeds: 200 },
  {
    plant: plants.leaseRevokedByDeposed,
    shows: /is revoked at|is over before/,
    members: 3,
    faults: ['pause'],
    leaseClients: 8,
    seeds: 100,
  },
];

/** The first seed that shows the bug, and how. */
async function hunt({ seeds, ...options }: Case): Promise<{ seed: number; failure: Error } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { failure } = await new Simulation({ seed, ...options }).run();
    if (failure) return { seed, failure };
  }
  return undefined;
}

describe('bugs that other stores had are caught when they are put in', () => {
  for (const each of CASES) {
    test(each.plant.name, async (context) => {
      const caught = await hunt(each);
      assert.ok(caught, `${each.seeds} seeds show nothing`);
      context.diagnostic(`seed ${caught.seed}: ${caught.failure.message.slice(0, 160)}`);
      assert.ok(caught.failure instanceof Violation, caught.failure.stack);
      assert.match(caught.failure.message, each.shows);
      const { failure } = await new Simulation({ ...each, seed: caught.seed, plant: undefined }).run();
      assert.equal(failure, undefined, `without the bug seed ${caught.seed} goes well`);
    });
  }
});
