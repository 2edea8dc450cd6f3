import { raft } from '@keelson/protocol';
import type { Entry, InstallSnapshot, Message, NodeId } from 'raft-ts';
import { mayBeForwarded } from '../apply/command.js';

type WireMessage = Parameters<typeof raft.Message.encode>[0];

const { MessageType } = raft;
const ENTRY_TYPES = ['normal', 'confChange'] as const;

/** A message in the form of the transport; snapshots go another way. */
export function toWire(message: Exclude<Message, InstallSnapshot>): WireMessage {
  const { term } = message;
  switch (message.type) {
    case 'vote':
    case 'preVote': {
      const { lastIndex: index, lastTerm: logTerm, force, commit, commitTerm: hintTerm } = message;
      const type = message.type === 'vote' ? MessageType.VOTE : MessageType.PRE_VOTE;
      return { type, term, index, logTerm, force, commit, hintTerm };
    }
    case 'timeoutNow':
      return { type: MessageType.TIMEOUT_NOW, term };
    case 'voteResponse':
    case 'preVoteResponse': {
      const { reject, commit, commitTerm: hintTerm } = message;
      const type = message.type === 'voteResponse' ? MessageType.VOTE_RESPONSE : MessageType.PRE_VOTE_RESPONSE;
      return { type, term, reject, commit, hintTerm };
    }
    case 'append':
      return {
        type: MessageType.APPEND,
        term,
        index: message.prevIndex,
        logTerm: message.prevTerm,
        commit: message.commit,
        commitTerm: message.commitTerm,
        entries: message.entries.map(entryToWire),
      };
    case 'appendResponse': {
      const { index, reject, hintIndex, hintTerm, commit, commitTerm } = message;
      return { type: MessageType.APPEND_RESPONSE, term, index, reject, hintIndex, hintTerm, commit, commitTerm };
    }
    case 'heartbeat': {
      const { commit, commitTerm, round } = message;
      return { type: MessageType.HEARTBEAT, term, commit, commitTerm, round };
    }
    case 'heartbeatResponse':
      return { type: MessageType.HEARTBEAT_RESPONSE, term, round: message.round };
    case 'propose':
      return {
        type: MessageType.PROPOSE,
        term,
        session: message.session,
        sequence: message.sequence,
        proposals: message.data,
      };
    case 'proposeResponse': {
      const { session, sequence } = message;
      return { type: MessageType.PROPOSE_RESPONSE, term, session, sequence };
    }
    case 'readIndex':
      return { type: MessageType.READ_INDEX, term, context: message.context };
    case 'readIndexResponse':
      return { type: MessageType.READ_INDEX_RESPONSE, term, context: message.context, index: message.index };
  }
}

function entryToWire(entry: Entry) {
  return { term: entry.term, type: ENTRY_TYPES.indexOf(entry.type), data: entry.data };
}

/** A message that no member of this version sends. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Leaves room to count on. */
const TERM_MAX = 2 ** 52;

export function isTerm(term: number): boolean {
  return term <= TERM_MAX;
}

/** @throws WireError for a type that this version does not know, and for numbers that no member comes to */
export function fromWire(message: raft.Message, from: NodeId, to: NodeId): Message {
  checkNumbers(message);
  const head = { from, to, term: message.term };
  const last = { lastIndex: message.index, lastTerm: message.logTerm, force: message.force };
  const knowledge = { commit: message.commit, commitTerm: message.hintTerm };
  switch (message.type) {
    case MessageType.VOTE:
      return { ...head, type: 'vote', ...last, ...knowledge };
    case MessageType.PRE_VOTE:
      return { ...head, type: 'preVote', ...last, ...knowledge };
    case MessageType.TIMEOUT_NOW:
      return { ...head, type: 'timeoutNow' };
    case MessageType.VOTE_RESPONSE:
      return { ...head, type: 'voteResponse', reject: message.reject, ...knowledge };
    case MessageType.PRE_VOTE_RESPONSE:
      return { ...head, type: 'preVoteResponse', reject: message.reject, ...knowledge };
    case MessageType.APPEND:
      return {
        ...head,
        type: 'append',
        prevIndex: message.index,
        prevTerm: message.logTerm,
        commit: message.commit,
        commitTerm: message.commitTerm,
        entries: message.entries.map((entry, at) => entryFromWire(entry, message.index + 1 + at)),
      };
    case MessageType.APPEND_RESPONSE: {
      const { index, reject, hintIndex, hintTerm, commit, commitTerm } = message;
      return { ...head, type: 'appendResponse', index, reject, hintIndex, hintTerm, commit, commitTerm };
    }
    case MessageType.HEARTBEAT: {
      const { commit, commitTerm, round } = message;
      return { ...head, type: 'heartbeat', commit, commitTerm, round };
    }
    case MessageType.HEARTBEAT_RESPONSE:
      return { ...head, type: 'heartbeatResponse', round: message.round };
    case MessageType.PROPOSE:
      // What is in the log every member has to understand, for ever.
      if (!message.proposals.every(mayBeForwarded)) throw new WireError('a proposal that is no command');
      return {
        ...head,
        type: 'propose',
        session: message.session,
        sequence: message.sequence,
        data: message.proposals.map((each) => Buffer.from(each)),
      };
    case MessageType.PROPOSE_RESPONSE:
      return { ...head, type: 'proposeResponse', session: message.session, sequence: message.sequence };
    case MessageType.READ_INDEX:
      return { ...head, type: 'readIndex', context: message.context };
    case MessageType.READ_INDEX_RESPONSE:
      return { ...head, type: 'readIndexResponse', context: message.context, index: message.index };
    default:
      throw new WireError(`unknown raft message type ${message.type}: the peer runs a newer version`);
  }
}

/** Numbers are 64 bits on the wire and 53 here; entries go up to the term of the message that brings them. */
function checkNumbers(message: raft.Message): void {
  for (const field of ['term', 'logTerm', 'hintTerm'] as const) {
    if (!isTerm(message[field])) throw new WireError(`a raft message with ${field} ${message[field]}`);
  }
  for (const field of ['index', 'commit', 'hintIndex', 'round', 'session', 'sequence'] as const) {
    if (!Number.isSafeInteger(message[field])) throw new WireError(`a raft message with ${field} ${message[field]}`);
  }
  // Before the first entry there is none, of no term.
  if ((message.index === 0 && message.logTerm > 0) || (message.commit === 0 && message.hintTerm > 0 && knows(message)))
    throw new WireError('a raft message that tells the term of entry 0');
  let before = message.logTerm;
  for (const { term } of message.entries) {
    if (term < before || term > message.term) throw new WireError(`an entry of term ${term} after one of ${before}`);
    before = term;
  }
}

/** Whether a message says how far its sender knows what is committed, and of which term that is. */
function knows({ type }: raft.Message): boolean {
  const { VOTE, PRE_VOTE, VOTE_RESPONSE, PRE_VOTE_RESPONSE } = MessageType;
  return type === VOTE || type === PRE_VOTE || type === VOTE_RESPONSE || type === PRE_VOTE_RESPONSE;
}

/** Data is copied: an entry stays in the log long after the network buffer that brought it. */
function entryFromWire(entry: raft.Entry, index: number): Entry {
  const type = ENTRY_TYPES[entry.type];
  if (!type) throw new WireError(`unknown raft entry type ${entry.type}: the peer runs a newer version`);
  return { index, term: entry.term, type, data: Buffer.from(entry.data) };
}
