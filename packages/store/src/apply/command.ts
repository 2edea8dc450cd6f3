/** What an entry of the log asks the state machine to do. The numbers are on disk: never reuse one. */
export const CommandKind = {
  put: 1,
  deleteRange: 2,
  txn: 3,
  compact: 4,
  leaseGrant: 5,
  leaseRevoke: 6,
  leaseCheckpoint: 7,
  alarm: 8,
  /** JSON: a member's name and client addresses. */
  memberAttributes: 9,
  /** JSON, within a change of the Raft configuration. */
  memberAdd: 10,
  memberRemove: 11,
  memberPromote: 12,
  /** JSON: a member's peer addresses. */
  memberUpdate: 13,
  /** JSON: a member's id, and that of the learner in its place; within a change of the Raft configuration. */
  memberReplace: 14,
  authEnable: 20,
  authDisable: 21,
  /** Its password comes hashed. */
  userAdd: 22,
  userDelete: 23,
  userChangePassword: 24,
  userGrantRole: 25,
  userRevokeRole: 26,
  roleAdd: 27,
  roleDelete: 28,
  roleGrantPermission: 29,
  roleRevokePermission: 30,
  /** JSON: whose password was right, and the random part of the token. */
  authenticate: 31,
  /** JSON: whether the cluster is being downgraded, and to what. */
  downgradeInfo: 32,
  /** JSON: what prefixes may hold. */
  quotaRules: 33,
} as const;
export type CommandKind = (typeof CommandKind)[keyof typeof CommandKind];

/** The user on whose behalf something is done, at the revision of the auth store at which the door took them for that. */
export interface Author {
  readonly user: string;
  readonly revision: number;
}

/** `system`: a member asks by itself; nobody: the caller named no user. */
export type Authorship = Author | 'system' | 'nobody';

export interface Command {
  readonly kind: CommandKind;
  /** Who asked, and its number for it: whoever waits for the outcome knows it by these. */
  readonly origin: bigint;
  readonly sequence: number;
  readonly author: Authorship;
  /** The request as it came over the wire. */
  readonly body: Buffer;
}

/** The kind's byte says too whether an author follows the head, or that a member asks by itself. */
const KIND_MASK = 0x3f;
const HAS_AUTHOR = 0x80;
const BY_SYSTEM = 0x40;

const HEAD_BYTES = 15;
/** Sequences are below this. */
export const SEQUENCE_MAX = 2 ** 48;

export function encodeCommand(command: Command): Buffer {
  const { kind, author } = command;
  const signed = typeof author === 'object' ? encodeAuthor(author) : NO_BYTES;
  const data = Buffer.allocUnsafe(HEAD_BYTES + signed.length + command.body.length);
  data.writeUInt8(kind | (signed.length > 0 ? HAS_AUTHOR : author === 'system' ? BY_SYSTEM : 0), 0);
  data.writeBigUInt64BE(command.origin, 1);
  data.writeUIntBE(command.sequence, 9, 6);
  data.set(signed, HEAD_BYTES);
  data.set(command.body, HEAD_BYTES + signed.length);
  return data;
}

export function decodeCommand(data: Uint8Array): Command {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const flags = bytes.readUInt8(0);
  const signed = (flags & HAS_AUTHOR) !== 0;
  const bodyAt = HEAD_BYTES + (signed ? AUTHOR_HEAD + bytes.readUInt32BE(HEAD_BYTES + 6) : 0);
  return {
    kind: (flags & KIND_MASK) as CommandKind,
    origin: bytes.readBigUInt64BE(1),
    sequence: bytes.readUIntBE(9, 6),
    author: signed ? decodeAuthor(bytes, bodyAt) : (flags & BY_SYSTEM) !== 0 ? 'system' : 'nobody',
    body: bytes.subarray(bodyAt),
  };
}

const MEMBER_CHANGES: ReadonlySet<number> = new Set([
  CommandKind.memberAdd,
  CommandKind.memberRemove,
  CommandKind.memberPromote,
  CommandKind.memberUpdate,
  CommandKind.memberReplace,
]);
const PROPOSED: ReadonlySet<number> = new Set(Object.values(CommandKind).filter((kind) => !MEMBER_CHANGES.has(kind)));

/** Whether a member may ask the leader for this: it is a command, and no change of members, which is asked otherwise. */
export function mayBeForwarded(data: Uint8Array): boolean {
  return data.length >= HEAD_BYTES && PROPOSED.has(data[0]! & KIND_MASK);
}

const NO_BYTES = Buffer.alloc(0);
/** The revision, and the length of the name that follows. */
const AUTHOR_HEAD = 10;

function encodeAuthor({ user, revision }: Author): Buffer {
  const name = Buffer.from(user);
  const bytes = Buffer.allocUnsafe(AUTHOR_HEAD + name.length);
  bytes.writeUIntBE(revision, 0, 6);
  bytes.writeUInt32BE(name.length, 6);
  bytes.set(name, AUTHOR_HEAD);
  return bytes;
}

function decodeAuthor(bytes: Buffer, end: number): Author {
  return {
    revision: bytes.readUIntBE(HEAD_BYTES, 6),
    user: bytes.toString('utf8', HEAD_BYTES + AUTHOR_HEAD, end),
  };
}
