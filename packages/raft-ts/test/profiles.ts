import type { RaftSettings } from '../src/index.js';
import type { Dice } from './dice.js';
import type { NetworkFaults } from './network.js';
import type { Pace } from './ticker.js';

/** Chances are per step, in percent; of disks, that a write is not done in this one. */
export interface Faults extends NetworkFaults {
  readonly crashPercent: number;
  /** Of a candidate whose disk holds neither its vote nor what it wrote before, to crash. */
  readonly candidateCrashPercent: number;
  /** Of a member that is down, to start. */
  readonly restartPercent: number;
  /** Of one that starts, to campaign at once. */
  readonly hastePercent: number;
  readonly partitionPercent: number;
  /** Of the leader to be cut off, and whoever was before not to be any more. */
  readonly isolatePercent: number;
  readonly slowDiskPercent: number;
  readonly compactPercent: number;
  /** Of a disk to answer nothing for a while. */
  readonly stallPercent: number;
  readonly changePercent: number;
  readonly transferPercent: number;
  readonly loseLeaderPercent: number;
  /** Of each member to campaign, if it may. */
  readonly eagerPercent: number;
  /** Of much of this at once, around an election. */
  readonly stormPercent: number;
}

/** The circumstances of one run. */
export interface Plan {
  readonly pace: Pace;
  readonly founders: number;
  readonly settings: Omit<RaftSettings, 'id' | 'random'>;
  readonly faults: Faults;
}

export interface Profile {
  readonly name: string;
  /** Run unless told otherwise: so many that they meet what the profile is there for. */
  readonly seeds: number;
  readonly steps: number;
  /** What there must be of, more often than in every other run: else the runs prove nothing. */
  readonly shows: readonly string[];
  plan(dice: Dice): Plan;
}

const COMMON = ['leaders', 'applied', 'crashes'];

/** Everything, drawn anew for each seed. */
const mixed: Profile = {
  name: 'mixed',
  seeds: 400,
  steps: 600,
  shows: [...COMMON, 'snapshots', 'reads', 'changes', 'joint', 'stalls'],
  plan(dice) {
    const percent = (most: number) => dice(most + 1);
    const readOnly = dice(3) === 0 ? 'lease' : 'safe';
    // A lease is short: only on a quick network can another lead before it is over.
    const quick = readOnly === 'lease' && dice(4) > 0;
    const faults = {
      lossPercent: percent(quick ? 3 : 30),
      duplicatePercent: percent(20),
      delayMax: 1 + percent(quick ? 1 : 12),
      tailPercent: 0,
      tailMax: 1,
      fifo: false,
      crashPercent: percent(2),
      candidateCrashPercent: 0,
      restartPercent: 5,
      hastePercent: 0,
      partitionPercent: percent(4),
      isolatePercent: 0,
      slowDiskPercent: percent(quick ? 10 : 80),
      compactPercent: percent(25),
      stallPercent: percent(2),
      changePercent: percent(15),
      transferPercent: 1,
      loseLeaderPercent: 1,
      eagerPercent: 0,
      stormPercent: 0,
    };
    const founders = 3 + dice(3);
    const settings = {
      electionTicks: 10,
      heartbeatTicks: 2,
      preVote: dice(4) > 0,
      checkQuorum: readOnly === 'lease' || dice(4) > 0,
      readOnly,
      diskStallTicks: dice(3) * 4,
      appendBytesMax: 40 + dice(400),
      inflightMessagesMax: 1 + dice(8),
      inflightBytesMax: 100 + dice(2000),
      uncommittedBytesMax: 500 + dice(5000),
      committedBytesMax: 50 + dice(500),
    } as const;
    // Leases stand on clocks that run alike.
    return { founders, settings, faults, pace: readOnly === 'lease' ? 'even' : 'ragged' };
  },
};

/** Nothing goes wrong. */
const NO_FAULTS: Faults = {
  lossPercent: 0,
  duplicatePercent: 0,
  delayMax: 1,
  tailPercent: 0,
  tailMax: 1,
  fifo: false,
  crashPercent: 0,
  candidateCrashPercent: 0,
  restartPercent: 100,
  hastePercent: 0,
  partitionPercent: 0,
  isolatePercent: 0,
  slowDiskPercent: 0,
  compactPercent: 0,
  stallPercent: 0,
  changePercent: 0,
  transferPercent: 0,
  loseLeaderPercent: 0,
  eagerPercent: 0,
  stormPercent: 0,
};

/** Candidates that crash, and are back at once without what their disks had not done. */
const HASTE = { ...NO_FAULTS, restartPercent: 80, hastePercent: 60 };

/** Messages that come long after they were sent, between three members without pre-vote. */
const lateMessages: Profile = {
  name: 'late-messages',
  seeds: 800,
  steps: 400,
  shows: [...COMMON, 'stalls'],
  plan(dice) {
    const faults = {
      ...HASTE,
      delayMax: 2 + dice(10),
      tailPercent: dice(11),
      tailMax: 40,
      slowDiskPercent: 10 + dice(30),
      stallPercent: 3,
      crashPercent: 1,
      candidateCrashPercent: 70,
      partitionPercent: 4,
      loseLeaderPercent: 10,
    };
    const settings = { electionTicks: 10, heartbeatTicks: 1, preVote: false, checkQuorum: dice(2) === 0 };
    return { founders: 3, settings, faults, pace: 'ragged' };
  },
};

/** Five members with all that keeps elections quiet, on connections that keep order: it is disks that make it late. */
const lateDisks: Profile = {
  name: 'late-disks',
  seeds: 400,
  steps: 400,
  shows: [...COMMON, 'stalls'],
  plan(dice) {
    const faults = {
      ...HASTE,
      fifo: true,
      delayMax: 1 + dice(4),
      slowDiskPercent: dice(40),
      candidateCrashPercent: 50,
      stormPercent: 3,
    };
    const settings = { electionTicks: 10, heartbeatTicks: 1, preVote: true, checkQuorum: true };
    return { founders: 5, settings, faults, pace: 'ragged' };
  },
};

/** Reads by lease on clocks that drift, leaders that are cut off, members that campaign as soon as they may. */
const drift: Profile = {
  name: 'drift',
  seeds: 250,
  steps: 3000,
  shows: [...COMMON, 'reads'],
  plan(dice) {
    const faults = {
      ...NO_FAULTS,
      isolatePercent: 0.3,
      crashPercent: 0.05,
      restartPercent: 1,
      transferPercent: dice(2) / 20,
      eagerPercent: 2 + dice(20),
    };
    const electionTicks = dice(2) === 0 ? 10 : 3 + dice(18);
    const settings = { electionTicks, heartbeatTicks: 1, preVote: dice(4) > 0, readOnly: 'lease' } as const;
    return { founders: 3, settings, faults, pace: 'drifting' };
  },
};

export const PROFILES: readonly Profile[] = [mixed, lateMessages, lateDisks, drift];
