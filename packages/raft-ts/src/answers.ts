import type { Core } from './core.js';
import type { AppendResponse, NodeId, VoteRequest } from './messages.js';

// What others build on: all of it leaves when what it says is durable.

/** Tells a leader how far the log matches its own. */
export function acknowledge(core: Core, to: NodeId, index: number): void {
  respond(core, to, { index, reject: false, hintIndex: 0, hintTerm: 0 });
}

/**
 * Refuses what comes after `index`; says where the logs may meet, so that the leader skips a whole term at a time. A
 * refusal waits for the disk too: a leader that leaves counts on the commit index that it tells.
 */
export function refuse(
  core: Core,
  to: NodeId,
  index: number,
  hint: { readonly index: number; readonly term: number },
): void {
  respond(core, to, { index, reject: true, hintIndex: hint.index, hintTerm: hint.term });
}

function respond(
  { id: from, term, log, afterPersist }: Core,
  to: NodeId,
  what: Pick<AppendResponse, 'index' | 'reject' | 'hintIndex' | 'hintTerm'>,
): void {
  afterPersist.push({ type: 'appendResponse', from, to, term, ...what, ...log.knowledge() });
}

export function answerVote(core: Core, request: VoteRequest, term: number, reject: boolean): void {
  const type = request.type === 'vote' ? 'voteResponse' : 'preVoteResponse';
  core.afterPersist.push({ type, from: core.id, to: request.from, term, reject, ...core.log.knowledge() });
}
