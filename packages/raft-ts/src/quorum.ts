import type { NodeId } from './messages.js';

/** One or two majorities: a decision of a joint configuration needs both. An empty outgoing set is no second one. */
export interface Voters {
  readonly incoming: ReadonlySet<NodeId>;
  readonly outgoing: ReadonlySet<NodeId>;
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** The highest value that a quorum has reached. Of no voters at all: everything (Infinity). */
export function quorumValue(voters: Voters, value: (id: NodeId) => number): number {
  return Math.min(majorityValue(voters.incoming, value), majorityValue(voters.outgoing, value));
}

/** The outcome of an election: `undefined` is a vote not yet cast. */
export function quorumVote(voters: Voters, vote: (id: NodeId) => boolean | undefined): VoteResult {
  const incoming = majorityVote(voters.incoming, vote);
  const outgoing = majorityVote(voters.outgoing, vote);
  if (incoming === outgoing) return incoming;
  return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
}

export function allVoters(voters: Voters): Set<NodeId> {
  return new Set([...voters.incoming, ...voters.outgoing]);
}

function majorityValue(ids: ReadonlySet<NodeId>, value: (id: NodeId) => number): number {
  if (ids.size === 0) return Infinity;
  const values: number[] = [];
  for (const id of ids) values.push(value(id));
  values.sort((a, b) => b - a);
  return values[Math.floor(ids.size / 2)]!;
}

function majorityVote(ids: ReadonlySet<NodeId>, vote: (id: NodeId) => boolean | undefined): VoteResult {
  if (ids.size === 0) return 'won';
  const needed = Math.floor(ids.size / 2) + 1;
  let granted = 0;
  let missing = 0;
  for (const id of ids) {
    const cast = vote(id);
    if (cast === undefined) missing += 1;
    else if (cast) granted += 1;
  }
  if (granted >= needed) return 'won';
  return granted + missing >= needed ? 'pending' : 'lost';
}
