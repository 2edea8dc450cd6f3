import { crc32c } from '@node-rs/crc32';
import type { Entry, HardState } from 'raft-ts';

/**
 * A record is a header and a payload. The header is the payload's length (u32), the record's kind (u8), how many of its
 * sectors are zero by nature (u16), the CRC32C of the record (u32) and one of the header itself (u32), so that neither
 * a damaged length nor a value full of zeros is taken for a torn write. The record's CRC covers all before it and the
 * payload and starts from the record before: a lost or swapped record shows. Kind 0 is no record: it is what a
 * preallocated segment holds after its end. Numbers are little-endian.
 */
export const RECORD_HEADER = 15;
const CRC_AT = 7;
const HEADER_CRC_AT = 11;
/** No payload is longer: above it a length is damage. */
export const PAYLOAD_MAX = 512 * 1024 * 1024;

export const RecordKind = {
  /** First of every segment: what the segment belongs to and the state before it. */
  head: 1,
  entry: 2,
  hardState: 3,
  /** Entries up to an index stand no longer in the log: a snapshot took their place. */
  snapshot: 4,
} as const;

export interface SnapshotMark {
  readonly index: number;
  readonly term: number;
}

export function recordCrc(previous: number, header: Buffer, payload: Buffer): number {
  return crc32c(payload, crc32c(header.subarray(0, CRC_AT), previous));
}

export interface RecordHeader {
  readonly length: number;
  readonly kind: number;
  readonly zeroSectors: number;
  readonly crc: number;
}

/** Undefined if it is damaged. */
export function readHeader(header: Buffer): RecordHeader | undefined {
  if (header.length < RECORD_HEADER) return undefined;
  if (header.readUInt32LE(HEADER_CRC_AT) !== crc32c(header.subarray(0, HEADER_CRC_AT))) return undefined;
  const [length, kind, zeroSectors] = [header.readUInt32LE(0), header.readUInt8(4), header.readUInt16LE(5)];
  return { length, kind, zeroSectors, crc: header.readUInt32LE(CRC_AT) };
}

/** What a disk writes as a whole or not at all. */
const SECTOR = 512;
const ZERO_SECTORS_MAX = 0xffff;
const ZEROS = Buffer.alloc(SECTOR);

/** How many of the sectors that bytes at a place in a file lie in hold nothing but zeros of theirs. */
export function countZeroSectors(bytes: Buffer, place: number): number {
  let count = 0;
  for (let from = 0; from < bytes.length && count < ZERO_SECTORS_MAX; ) {
    const to = Math.min(from + SECTOR - ((place + from) % SECTOR), bytes.length);
    if (bytes[from] === 0 && bytes.compare(ZEROS, 0, to - from, from, to) === 0) count += 1;
    from = to;
  }
  return count;
}

const FIRST_BYTES = 4 * 1024;

/** Gathers the records of one write, one after another in one buffer. */
export class RecordWriter {
  readonly #place: number;
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #crc: number;
  bytes = 0;

  /** `place`: where in the file it will be written. */
  constructor(crc: number, place: number) {
    this.#crc = crc;
    this.#place = place;
  }

  get crc(): number {
    return this.#crc;
  }

  get chunks(): readonly Buffer[] {
    return [this.#buffer.subarray(0, this.bytes)];
  }

  add(kind: number, payload: Buffer): void {
    const room = this.#reserve(payload.length);
    room.set(payload);
    this.#seal(kind, room);
  }

  addEntry(entry: Entry): void {
    const room = this.#reserve(ENTRY_HEADER + entry.data.length);
    writeEntry(room, entry);
    this.#seal(RecordKind.entry, room);
  }

  /** Room for the payload of the next record. */
  #reserve(payloadBytes: number): Buffer {
    const end = this.bytes + RECORD_HEADER + payloadBytes;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.bytes);
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.bytes + RECORD_HEADER, end);
  }

  #seal(kind: number, payload: Buffer): void {
    const header = this.#buffer.subarray(this.bytes, this.bytes + RECORD_HEADER);
    header.writeUInt32LE(payload.length, 0);
    header[4] = kind;
    header.writeUInt16LE(this.#zeroSectors(payload), 5);
    this.#crc = recordCrc(this.#crc, header, payload);
    header.writeUInt32LE(this.#crc, CRC_AT);
    header.writeUInt32LE(crc32c(header.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
    this.bytes += RECORD_HEADER + payload.length;
  }

  /** The sector that the header is in, or its last part, is not zero. */
  #zeroSectors(payload: Buffer): number {
    const place = this.#place + this.bytes + RECORD_HEADER;
    const inHeadersSector = place % SECTOR === 0 ? 0 : SECTOR - (place % SECTOR);
    if (payload.length <= inHeadersSector) return 0;
    return countZeroSectors(payload.subarray(inHeadersSector), place + inHeadersSector);
  }
}

const ENTRY_TYPES = ['normal', 'confChange'] as const;
const ENTRY_HEADER = 13;

function writeEntry(into: Buffer, entry: Entry): void {
  into[0] = ENTRY_TYPES.indexOf(entry.type);
  into.writeUIntLE(entry.index, 1, 6);
  into.writeUIntLE(entry.term, 7, 6);
  into.set(entry.data, ENTRY_HEADER);
}

export function decodeEntry(payload: Buffer): Entry {
  return {
    type: ENTRY_TYPES[payload.readUInt8(0)] ?? 'normal',
    index: payload.readUIntLE(1, 6),
    term: payload.readUIntLE(7, 6),
    // A copy: a view would keep the whole segment in memory.
    data: Buffer.from(payload.subarray(ENTRY_HEADER)),
  };
}

export function encodeHardState(state: HardState): Buffer {
  const vote = Buffer.from(state.vote, 'utf8');
  const payload = Buffer.allocUnsafe(12 + vote.length);
  payload.writeUIntLE(state.term, 0, 6);
  payload.writeUIntLE(state.commit, 6, 6);
  payload.set(vote, 12);
  return payload;
}

export function decodeHardState(payload: Buffer): HardState {
  return {
    term: payload.readUIntLE(0, 6),
    commit: payload.readUIntLE(6, 6),
    vote: payload.subarray(12).toString('utf8'),
  };
}

export function encodeSnapshotMark(mark: SnapshotMark): Buffer {
  const payload = Buffer.allocUnsafe(12);
  payload.writeUIntLE(mark.index, 0, 6);
  payload.writeUIntLE(mark.term, 6, 6);
  return payload;
}

export function decodeSnapshotMark(payload: Buffer): SnapshotMark {
  return { index: payload.readUIntLE(0, 6), term: payload.readUIntLE(6, 6) };
}

export interface SegmentHead {
  readonly clusterId: bigint;
  readonly memberId: bigint;
  /** The CRC that the segment's records go on from. */
  readonly crc: number;
}

export function encodeHead(head: SegmentHead): Buffer {
  const payload = Buffer.allocUnsafe(20);
  payload.writeBigUInt64LE(head.clusterId, 0);
  payload.writeBigUInt64LE(head.memberId, 8);
  payload.writeUInt32LE(head.crc, 16);
  return payload;
}

export function decodeHead(payload: Buffer): SegmentHead {
  return {
    clusterId: payload.readBigUInt64LE(0),
    memberId: payload.readBigUInt64LE(8),
    crc: payload.readUInt32LE(16),
  };
}
