import { isJoint } from './confchange.js';
import type { ConfState, NodeId } from './messages.js';
import { allVoters, type Voters } from './quorum.js';

/** Who takes part. Immutable: a change makes a new one. */
export class Config {
  readonly voters: Voters;
  readonly learners: ReadonlySet<NodeId>;
  readonly state: ConfState;
  /** Everyone entries are sent to, in a fixed order. */
  readonly members: readonly NodeId[];

  constructor(state: ConfState) {
    this.state = state;
    this.voters = { incoming: new Set(state.voters), outgoing: new Set(state.votersOutgoing) };
    this.learners = new Set(state.learners);
    this.members = [...new Set([...allVoters(this.voters), ...this.learners])].sort();
  }

  isVoter(id: NodeId): boolean {
    return this.voters.incoming.has(id) || this.voters.outgoing.has(id);
  }

  isMember(id: NodeId): boolean {
    return this.isVoter(id) || this.learners.has(id);
  }

  get joint(): boolean {
    return isJoint(this.state);
  }

  /** Whether `id` alone is a quorum. */
  isSingleton(id: NodeId): boolean {
    return !this.joint && this.voters.incoming.size === 1 && this.voters.incoming.has(id);
  }
}

/** The configuration in which exactly these vote. */
export function confState(voters: readonly NodeId[]): ConfState {
  return { voters: [...voters].sort(), votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
}
