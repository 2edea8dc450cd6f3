// Generated from proto/keelson/raft by scripts/generate-protocol.mjs. Do not edit.
import { EMPTY, readBigInt64, readBytes, readInt64, readUint64, writeBigInt, codec, method, type Codec, type Init, type Reader, type Writer } from '../codec.js';

export const MessageType = {
  VOTE: 0,
  PRE_VOTE: 1,
  VOTE_RESPONSE: 2,
  PRE_VOTE_RESPONSE: 3,
  APPEND: 4,
  APPEND_RESPONSE: 5,
  HEARTBEAT: 6,
  HEARTBEAT_RESPONSE: 7,
  PROPOSE: 8,
  READ_INDEX: 9,
  READ_INDEX_RESPONSE: 10,
  TIMEOUT_NOW: 11,
  PROPOSE_RESPONSE: 12,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

export interface Entry {
  term: number;
  type: number;
  data: Buffer;
}

export function encodeEntry(m: Init<Entry>, w: Writer): Writer {
  if (m.term !== undefined && m.term !== 0) w.uint32(8).uint64(m.term);
  if (m.type !== undefined && m.type !== 0) w.uint32(16).uint32(m.type);
  if (m.data !== undefined && m.data.length > 0) w.uint32(26).bytes(m.data);
  return w;
}

export function decodeEntry(r: Reader, end: number): Entry {
  const m: Entry = {
    term: 0,
    type: 0,
    data: EMPTY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.term = readUint64(r);
        break;
      case 2:
        m.type = r.uint32();
        break;
      case 3:
        m.data = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Entry: Codec<Entry> = codec(encodeEntry, decodeEntry);

export interface Message {
  type: MessageType;
  term: number;
  index: number;
  logTerm: number;
  commit: number;
  reject: boolean;
  hintIndex: number;
  hintTerm: number;
  round: number;
  context: string;
  entries: Entry[];
  proposals: Buffer[];
  force: boolean;
  session: number;
  sequence: number;
  commitTerm: number;
}

export function encodeMessage(m: Init<Message>, w: Writer): Writer {
  if (m.type !== undefined && m.type !== 0) w.uint32(8).int32(m.type);
  if (m.term !== undefined && m.term !== 0) w.uint32(16).uint64(m.term);
  if (m.index !== undefined && m.index !== 0) w.uint32(24).uint64(m.index);
  if (m.logTerm !== undefined && m.logTerm !== 0) w.uint32(32).uint64(m.logTerm);
  if (m.commit !== undefined && m.commit !== 0) w.uint32(40).uint64(m.commit);
  if (m.reject !== undefined && m.reject) w.uint32(48).bool(m.reject);
  if (m.hintIndex !== undefined && m.hintIndex !== 0) w.uint32(56).uint64(m.hintIndex);
  if (m.hintTerm !== undefined && m.hintTerm !== 0) w.uint32(64).uint64(m.hintTerm);
  if (m.round !== undefined && m.round !== 0) w.uint32(72).uint64(m.round);
  if (m.context !== undefined && m.context.length > 0) w.uint32(82).string(m.context);
  if (m.entries !== undefined) for (const item of m.entries) encodeEntry(item, w.uint32(90).fork()).ldelim();
  if (m.proposals !== undefined) for (const item of m.proposals) w.uint32(98).bytes(item);
  if (m.force !== undefined && m.force) w.uint32(104).bool(m.force);
  if (m.session !== undefined && m.session !== 0) w.uint32(112).uint64(m.session);
  if (m.sequence !== undefined && m.sequence !== 0) w.uint32(120).uint64(m.sequence);
  if (m.commitTerm !== undefined && m.commitTerm !== 0) w.uint32(128).uint64(m.commitTerm);
  return w;
}

export function decodeMessage(r: Reader, end: number): Message {
  const m: Message = {
    type: MessageType.VOTE,
    term: 0,
    index: 0,
    logTerm: 0,
    commit: 0,
    reject: false,
    hintIndex: 0,
    hintTerm: 0,
    round: 0,
    context: '',
    entries: [],
    proposals: [],
    force: false,
    session: 0,
    sequence: 0,
    commitTerm: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = r.int32() as MessageType;
        break;
      case 2:
        m.term = readUint64(r);
        break;
      case 3:
        m.index = readUint64(r);
        break;
      case 4:
        m.logTerm = readUint64(r);
        break;
      case 5:
        m.commit = readUint64(r);
        break;
      case 6:
        m.reject = r.bool();
        break;
      case 7:
        m.hintIndex = readUint64(r);
        break;
      case 8:
        m.hintTerm = readUint64(r);
        break;
      case 9:
        m.round = readUint64(r);
        break;
      case 10:
        m.context = r.string();
        break;
      case 11:
        m.entries.push(decodeEntry(r, r.uint32() + r.pos));
        break;
      case 12:
        m.proposals.push(readBytes(r));
        break;
      case 13:
        m.force = r.bool();
        break;
      case 14:
        m.session = readUint64(r);
        break;
      case 15:
        m.sequence = readUint64(r);
        break;
      case 16:
        m.commitTerm = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Message: Codec<Message> = codec(encodeMessage, decodeMessage);

export interface MessageBatch {
  messages: Message[];
}

export function encodeMessageBatch(m: Init<MessageBatch>, w: Writer): Writer {
  if (m.messages !== undefined) for (const item of m.messages) encodeMessage(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeMessageBatch(r: Reader, end: number): MessageBatch {
  const m: MessageBatch = {
    messages: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.messages.push(decodeMessage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MessageBatch: Codec<MessageBatch> = codec(encodeMessageBatch, decodeMessageBatch);

export interface ConfState {
  voters: string[];
  votersOutgoing: string[];
  learners: string[];
  learnersNext: string[];
  autoLeave: boolean;
}

export function encodeConfState(m: Init<ConfState>, w: Writer): Writer {
  if (m.voters !== undefined) for (const item of m.voters) w.uint32(10).string(item);
  if (m.votersOutgoing !== undefined) for (const item of m.votersOutgoing) w.uint32(18).string(item);
  if (m.learners !== undefined) for (const item of m.learners) w.uint32(26).string(item);
  if (m.learnersNext !== undefined) for (const item of m.learnersNext) w.uint32(34).string(item);
  if (m.autoLeave !== undefined && m.autoLeave) w.uint32(40).bool(m.autoLeave);
  return w;
}

export function decodeConfState(r: Reader, end: number): ConfState {
  const m: ConfState = {
    voters: [],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.voters.push(r.string());
        break;
      case 2:
        m.votersOutgoing.push(r.string());
        break;
      case 3:
        m.learners.push(r.string());
        break;
      case 4:
        m.learnersNext.push(r.string());
        break;
      case 5:
        m.autoLeave = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ConfState: Codec<ConfState> = codec(encodeConfState, decodeConfState);

export interface SnapshotHead {
  raftTerm: number;
  index: number;
  term: number;
  confState: ConfState | undefined;
  bytes: number;
}

export function encodeSnapshotHead(m: Init<SnapshotHead>, w: Writer): Writer {
  if (m.raftTerm !== undefined && m.raftTerm !== 0) w.uint32(8).uint64(m.raftTerm);
  if (m.index !== undefined && m.index !== 0) w.uint32(16).uint64(m.index);
  if (m.term !== undefined && m.term !== 0) w.uint32(24).uint64(m.term);
  if (m.confState !== undefined) encodeConfState(m.confState, w.uint32(34).fork()).ldelim();
  if (m.bytes !== undefined && m.bytes !== 0) w.uint32(40).uint64(m.bytes);
  return w;
}

export function decodeSnapshotHead(r: Reader, end: number): SnapshotHead {
  const m: SnapshotHead = {
    raftTerm: 0,
    index: 0,
    term: 0,
    confState: undefined,
    bytes: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.raftTerm = readUint64(r);
        break;
      case 2:
        m.index = readUint64(r);
        break;
      case 3:
        m.term = readUint64(r);
        break;
      case 4:
        m.confState = decodeConfState(r, r.uint32() + r.pos);
        break;
      case 5:
        m.bytes = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SnapshotHead: Codec<SnapshotHead> = codec(encodeSnapshotHead, decodeSnapshotHead);

export interface SnapshotChunk {
  head: SnapshotHead | undefined;
  data: Buffer | undefined;
  sha256: Buffer | undefined;
}

export function encodeSnapshotChunk(m: Init<SnapshotChunk>, w: Writer): Writer {
  if (m.head !== undefined) encodeSnapshotHead(m.head, w.uint32(10).fork()).ldelim();
  if (m.data !== undefined) w.uint32(18).bytes(m.data);
  if (m.sha256 !== undefined) w.uint32(26).bytes(m.sha256);
  return w;
}

export function decodeSnapshotChunk(r: Reader, end: number): SnapshotChunk {
  const m: SnapshotChunk = {
    head: undefined,
    data: undefined,
    sha256: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.head = decodeSnapshotHead(r, r.uint32() + r.pos);
        break;
      case 2:
        m.data = readBytes(r);
        break;
      case 3:
        m.sha256 = readBytes(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SnapshotChunk: Codec<SnapshotChunk> = codec(encodeSnapshotChunk, decodeSnapshotChunk);

export interface SnapshotAck {

}

export function encodeSnapshotAck(_m: Init<SnapshotAck>, w: Writer): Writer {

  return w;
}

export function decodeSnapshotAck(r: Reader, end: number): SnapshotAck {
  const m: SnapshotAck = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SnapshotAck: Codec<SnapshotAck> = codec(encodeSnapshotAck, decodeSnapshotAck);

export interface LeaseQuery {
  ID: bigint;
  keys: boolean;
}

export function encodeLeaseQuery(m: Init<LeaseQuery>, w: Writer): Writer {
  if (m.ID !== undefined && m.ID !== 0n) w.uint32(8).int64(writeBigInt(m.ID));
  if (m.keys !== undefined && m.keys) w.uint32(16).bool(m.keys);
  return w;
}

export function decodeLeaseQuery(r: Reader, end: number): LeaseQuery {
  const m: LeaseQuery = {
    ID: 0n,
    keys: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ID = readBigInt64(r);
        break;
      case 2:
        m.keys = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseQuery: Codec<LeaseQuery> = codec(encodeLeaseQuery, decodeLeaseQuery);

export interface LeaseAnswer {
  TTL: number;
  grantedTtl: number;
  keys: Buffer[];
}

export function encodeLeaseAnswer(m: Init<LeaseAnswer>, w: Writer): Writer {
  if (m.TTL !== undefined && m.TTL !== 0) w.uint32(8).int64(m.TTL);
  if (m.grantedTtl !== undefined && m.grantedTtl !== 0) w.uint32(16).int64(m.grantedTtl);
  if (m.keys !== undefined) for (const item of m.keys) w.uint32(26).bytes(item);
  return w;
}

export function decodeLeaseAnswer(r: Reader, end: number): LeaseAnswer {
  const m: LeaseAnswer = {
    TTL: 0,
    grantedTtl: 0,
    keys: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.TTL = readInt64(r);
        break;
      case 2:
        m.grantedTtl = readInt64(r);
        break;
      case 3:
        m.keys.push(readBytes(r));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LeaseAnswer: Codec<LeaseAnswer> = codec(encodeLeaseAnswer, decodeLeaseAnswer);

export interface HashQuery {
  revision: number;
}

export function encodeHashQuery(m: Init<HashQuery>, w: Writer): Writer {
  if (m.revision !== undefined && m.revision !== 0) w.uint32(8).int64(m.revision);
  return w;
}

export function decodeHashQuery(r: Reader, end: number): HashQuery {
  const m: HashQuery = {
    revision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.revision = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashQuery: Codec<HashQuery> = codec(encodeHashQuery, decodeHashQuery);

export interface HashAnswer {
  hash: number;
  hashRevision: number;
  compactRevision: number;
  revision: number;
}

export function encodeHashAnswer(m: Init<HashAnswer>, w: Writer): Writer {
  if (m.hash !== undefined && m.hash !== 0) w.uint32(8).uint32(m.hash);
  if (m.hashRevision !== undefined && m.hashRevision !== 0) w.uint32(16).int64(m.hashRevision);
  if (m.compactRevision !== undefined && m.compactRevision !== 0) w.uint32(24).int64(m.compactRevision);
  if (m.revision !== undefined && m.revision !== 0) w.uint32(32).int64(m.revision);
  return w;
}

export function decodeHashAnswer(r: Reader, end: number): HashAnswer {
  const m: HashAnswer = {
    hash: 0,
    hashRevision: 0,
    compactRevision: 0,
    revision: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.hash = r.uint32();
        break;
      case 2:
        m.hashRevision = readInt64(r);
        break;
      case 3:
        m.compactRevision = readInt64(r);
        break;
      case 4:
        m.revision = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HashAnswer: Codec<HashAnswer> = codec(encodeHashAnswer, decodeHashAnswer);

export interface MemberChange {
  kind: string;
  id: string;
  peerUrls: string[];
  learner: boolean;
}

export function encodeMemberChange(m: Init<MemberChange>, w: Writer): Writer {
  if (m.kind !== undefined && m.kind.length > 0) w.uint32(10).string(m.kind);
  if (m.id !== undefined && m.id.length > 0) w.uint32(18).string(m.id);
  if (m.peerUrls !== undefined) for (const item of m.peerUrls) w.uint32(26).string(item);
  if (m.learner !== undefined && m.learner) w.uint32(32).bool(m.learner);
  return w;
}

export function decodeMemberChange(r: Reader, end: number): MemberChange {
  const m: MemberChange = {
    kind: '',
    id: '',
    peerUrls: [],
    learner: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.kind = r.string();
        break;
      case 2:
        m.id = r.string();
        break;
      case 3:
        m.peerUrls.push(r.string());
        break;
      case 4:
        m.learner = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberChange: Codec<MemberChange> = codec(encodeMemberChange, decodeMemberChange);

export interface MemberChanged {
  id: string;
  index: number;
}

export function encodeMemberChanged(m: Init<MemberChanged>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.index !== undefined && m.index !== 0) w.uint32(16).uint64(m.index);
  return w;
}

export function decodeMemberChanged(r: Reader, end: number): MemberChanged {
  const m: MemberChanged = {
    id: '',
    index: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.index = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemberChanged: Codec<MemberChanged> = codec(encodeMemberChanged, decodeMemberChanged);

export interface ClusterQuery {

}

export function encodeClusterQuery(_m: Init<ClusterQuery>, w: Writer): Writer {

  return w;
}

export function decodeClusterQuery(r: Reader, end: number): ClusterQuery {
  const m: ClusterQuery = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ClusterQuery: Codec<ClusterQuery> = codec(encodeClusterQuery, decodeClusterQuery);

export interface ClusterMember {
  id: string;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  learner: boolean;
}

export function encodeClusterMember(m: Init<ClusterMember>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.name !== undefined && m.name.length > 0) w.uint32(18).string(m.name);
  if (m.peerUrls !== undefined) for (const item of m.peerUrls) w.uint32(26).string(item);
  if (m.clientUrls !== undefined) for (const item of m.clientUrls) w.uint32(34).string(item);
  if (m.learner !== undefined && m.learner) w.uint32(40).bool(m.learner);
  return w;
}

export function decodeClusterMember(r: Reader, end: number): ClusterMember {
  const m: ClusterMember = {
    id: '',
    name: '',
    peerUrls: [],
    clientUrls: [],
    learner: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.name = r.string();
        break;
      case 3:
        m.peerUrls.push(r.string());
        break;
      case 4:
        m.clientUrls.push(r.string());
        break;
      case 5:
        m.learner = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ClusterMember: Codec<ClusterMember> = codec(encodeClusterMember, decodeClusterMember);

export interface ClusterInfo {
  clusterId: string;
  members: ClusterMember[];
  founders: ClusterMember[];
  removed: string[];
  hasLeader: boolean;
}

export function encodeClusterInfo(m: Init<ClusterInfo>, w: Writer): Writer {
  if (m.clusterId !== undefined && m.clusterId.length > 0) w.uint32(10).string(m.clusterId);
  if (m.members !== undefined) for (const item of m.members) encodeClusterMember(item, w.uint32(18).fork()).ldelim();
  if (m.founders !== undefined) for (const item of m.founders) encodeClusterMember(item, w.uint32(26).fork()).ldelim();
  if (m.removed !== undefined) for (const item of m.removed) w.uint32(34).string(item);
  if (m.hasLeader !== undefined && m.hasLeader) w.uint32(40).bool(m.hasLeader);
  return w;
}

export function decodeClusterInfo(r: Reader, end: number): ClusterInfo {
  const m: ClusterInfo = {
    clusterId: '',
    members: [],
    founders: [],
    removed: [],
    hasLeader: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.clusterId = r.string();
        break;
      case 2:
        m.members.push(decodeClusterMember(r, r.uint32() + r.pos));
        break;
      case 3:
        m.founders.push(decodeClusterMember(r, r.uint32() + r.pos));
        break;
      case 4:
        m.removed.push(r.string());
        break;
      case 5:
        m.hasLeader = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ClusterInfo: Codec<ClusterInfo> = codec(encodeClusterInfo, decodeClusterInfo);

export const PeerService = {
  exchange: method('/keelson.raft.Peer/Exchange', MessageBatch, MessageBatch, true, true),
  installSnapshot: method('/keelson.raft.Peer/InstallSnapshot', SnapshotChunk, SnapshotAck, true, false),
  leaseRenew: method('/keelson.raft.Peer/LeaseRenew', LeaseQuery, LeaseAnswer, false, false),
  leaseTimeToLive: method('/keelson.raft.Peer/LeaseTimeToLive', LeaseQuery, LeaseAnswer, false, false),
  changeMember: method('/keelson.raft.Peer/ChangeMember', MemberChange, MemberChanged, false, false),
  cluster: method('/keelson.raft.Peer/Cluster', ClusterQuery, ClusterInfo, false, false),
  hashKeys: method('/keelson.raft.Peer/HashKeys', HashQuery, HashAnswer, false, false),
} as const;
