import { RaftError } from './errors.js';
import type { ConfState, NodeId } from './messages.js';

export type ConfChangeType = 'addVoter' | 'addLearner' | 'remove';

/** One step of a change. `addVoter` promotes a learner; `addLearner` demotes a voter. */
export interface ConfChangeStep {
  readonly type: ConfChangeType;
  readonly id: NodeId;
}

/**
 * - `auto`: at once where at most one voter changes, else through a joint configuration that is left by itself.
 * - `jointImplicit`: through a joint configuration that the leader leaves as soon as it is committed.
 * - `jointExplicit`: into a joint configuration that an empty change leaves.
 */
export type ConfChangeTransition = 'auto' | 'jointImplicit' | 'jointExplicit';

/** A change of who takes part. Without steps it leaves the joint configuration. */
export interface ConfChange {
  readonly steps: readonly ConfChangeStep[];
  readonly transition?: ConfChangeTransition;
  /** The application's own; travels with the change. */
  readonly context?: Uint8Array;
}

/**
 * The configuration after a change, by the rules of etcd's raft (confchange). Pure: every member that applies the same
 * change to the same configuration comes to the same.
 * @throws RaftError `invalidConfChange`
 */
export function changeConf(state: ConfState, change: ConfChange): ConfState {
  if (change.steps.length === 0) return leaveJoint(state);
  const transition = change.transition ?? 'auto';
  if (transition === 'auto' && isSimple(state, change.steps)) return simple(state, change.steps);
  return enterJoint(state, change.steps, transition !== 'jointExplicit');
}

export function isJoint(state: ConfState): boolean {
  return state.votersOutgoing.length > 0;
}

/** Of at most one voter (etcd's raft goes through a joint configuration whenever there are two steps). */
function isSimple(state: ConfState, steps: readonly ConfChangeStep[]): boolean {
  const draft = new Draft(state);
  draft.take(steps);
  const before = new Set(state.voters);
  const after = new Set(draft.finish(false).voters);
  const gone = [...before].filter((id) => !after.has(id)).length;
  const come = [...after].filter((id) => !before.has(id)).length;
  return gone + come <= 1;
}

/** A change of at most one voter: old and new majorities meet without a joint configuration. */
function simple(state: ConfState, steps: readonly ConfChangeStep[]): ConfState {
  require(!isJoint(state), 'the configuration is joint: leave it first');
  const draft = new Draft(state);
  draft.take(steps);
  return draft.finish(false);
}

/** From now on every decision needs a majority of the old voters and one of the new. */
function enterJoint(state: ConfState, steps: readonly ConfChangeStep[], autoLeave: boolean): ConfState {
  require(!isJoint(state), 'the configuration is joint already: leave it first');
  require(state.voters.length > 0, 'a configuration without voters cannot become joint');
  const draft = new Draft({ ...state, votersOutgoing: state.voters });
  draft.take(steps);
  return draft.finish(autoLeave);
}

function leaveJoint(state: ConfState): ConfState {
  require(isJoint(state), 'the configuration is not joint: there is nothing to leave');
  return {
    voters: state.voters,
    votersOutgoing: [],
    learners: sorted(new Set([...state.learners, ...state.learnersNext])),
    learnersNext: [],
    autoLeave: false,
  };
}

/** A configuration being changed. A voter of the outgoing half becomes a learner only once that half is left. */
class Draft {
  readonly #voters: Set<NodeId>;
  readonly #outgoing: ReadonlySet<NodeId>;
  readonly #learners: Set<NodeId>;
  readonly #learnersNext: Set<NodeId>;

  constructor(state: ConfState) {
    this.#voters = new Set(state.voters);
    this.#outgoing = new Set(state.votersOutgoing);
    this.#learners = new Set(state.learners);
    this.#learnersNext = new Set(state.learnersNext);
  }

  take(steps: readonly ConfChangeStep[]): void {
    for (const { type, id } of steps) {
      require(id !== '', 'a change must name a member');
      if (type === 'addVoter') this.#makeVoter(id);
      else if (type === 'addLearner') this.#makeLearner(id);
      else this.#remove(id);
    }
    require(this.#voters.size > 0, 'the change would remove every voter');
  }

  #makeVoter(id: NodeId): void {
    this.#remove(id);
    this.#voters.add(id);
  }

  #makeLearner(id: NodeId): void {
    this.#remove(id);
    if (this.#outgoing.has(id)) this.#learnersNext.add(id);
    else this.#learners.add(id);
  }

  #remove(id: NodeId): void {
    this.#voters.delete(id);
    this.#learners.delete(id);
    this.#learnersNext.delete(id);
  }

  finish(autoLeave: boolean): ConfState {
    return {
      voters: sorted(this.#voters),
      votersOutgoing: sorted(this.#outgoing),
      learners: sorted(this.#learners),
      learnersNext: sorted(this.#learnersNext),
      autoLeave,
    };
  }
}

function sorted(ids: ReadonlySet<NodeId>): readonly NodeId[] {
  return [...ids].sort();
}

function require(holds: boolean, message: string): void {
  if (!holds) throw new RaftError('invalidConfChange', message);
}
