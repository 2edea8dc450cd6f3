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
} as const;
export type CommandKind = (typeof CommandKind)[keyof typeof CommandKind];

export interface Command {
  readonly kind: CommandKind;
  /** Who asked, and its number for it: whoever waits for the outcome knows it by these. */
  readonly origin: bigint;
  readonly sequence: number;
  /** The request as it came over the wire. */
  readonly body: Buffer;
}

const HEAD_BYTES = 15;
/** Sequences are below this. */
export const SEQUENCE_MAX = 2 ** 48;

export function encodeCommand(command: Command): Buffer {
  const data = Buffer.allocUnsafe(HEAD_BYTES + command.body.length);
  data.writeUInt8(command.kind, 0);
  data.writeBigUInt64BE(command.origin, 1);
  data.writeUIntBE(command.sequence, 9, 6);
  data.set(command.body, HEAD_BYTES);
  return data;
}

export function decodeCommand(data: Uint8Array): Command {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return {
    kind: bytes.readUInt8(0) as CommandKind,
    origin: bytes.readBigUInt64BE(1),
    sequence: bytes.readUIntBE(9, 6),
    body: bytes.subarray(HEAD_BYTES),
  };
}
