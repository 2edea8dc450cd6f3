import { DamagedError } from '../errors.js';
import {
  countZeroSectors,
  decodeHead,
  PAYLOAD_MAX,
  RECORD_HEADER,
  RecordKind,
  readHeader,
  recordCrc,
  type SegmentHead,
} from './record.js';

export interface SegmentContent {
  readonly head: SegmentHead;
  /** Where the last good record ends. */
  readonly end: number;
  readonly crc: number;
  /** A write that a crash cut short was found after `end`. */
  readonly torn: boolean;
}

/**
 * Reads a segment's records in order. In the last segment a torn write ends the log; damage anywhere else, and damage
 * that no torn write leaves behind, is refused.
 * @throws StoreError
 */
export function readSegment(
  file: string,
  data: Buffer,
  isLast: boolean,
  take: (kind: number, payload: Buffer) => void,
): SegmentContent {
  const head = readHead(file, data);
  let { end, crc } = head;
  for (;;) {
    const found = readRecord(data, end, crc);
    if (found === 'end') break;
    if (found === 'damaged') {
      if (isLast && isTorn(data, end)) return { head: head.head, end, crc, torn: true };
      throw damaged(file, end);
    }
    take(found.kind, found.payload);
    end = found.end;
    crc = found.crc;
  }
  const torn = !isZero(data, end, data.length);
  if (torn && !isLast) throw damaged(file, end);
  return { head: head.head, end, crc, torn };
}

function damaged(file: string, offset: number): DamagedError {
  return new DamagedError(
    `the write-ahead log is damaged: ${file} at offset ${offset} (checksum mismatch). This member cannot trust its log. ` +
      'If the other members are healthy, start it with --repair-from-peers, or move its data directory away and ' +
      'start it as a new member; otherwise restore a backup',
  );
}

/** To whom a segment belongs, and where its records begin. @throws DamagedError */
export function readHead(file: string, data: Buffer): { head: SegmentHead; end: number; crc: number } {
  if (data.length < RECORD_HEADER || data.readUInt8(4) !== RecordKind.head) throw damaged(file, 0);
  const length = data.readUInt32LE(0);
  if (length !== 20 || data.length < RECORD_HEADER + length) throw damaged(file, 0);
  const head = decodeHead(data.subarray(RECORD_HEADER, RECORD_HEADER + length));
  const found = readRecord(data, 0, head.crc);
  if (found === 'end' || found === 'damaged') throw damaged(file, 0);
  return { head, end: found.end, crc: found.crc };
}

interface Found {
  readonly kind: number;
  readonly payload: Buffer;
  readonly end: number;
  readonly crc: number;
}

function readRecord(data: Buffer, at: number, previous: number): Found | 'end' | 'damaged' {
  if (at + RECORD_HEADER > data.length) return isZero(data, at, data.length) ? 'end' : 'damaged';
  const header = data.subarray(at, at + RECORD_HEADER);
  if (isZero(header, 0, RECORD_HEADER)) return 'end';
  const head = readHeader(header);
  if (!head) return 'damaged';
  const end = at + RECORD_HEADER + head.length;
  if (head.length > PAYLOAD_MAX || end > data.length) return 'damaged';
  const payload = data.subarray(at + RECORD_HEADER, end);
  const crc = recordCrc(previous, header, payload);
  if (crc !== head.crc) return 'damaged';
  return { kind: head.kind, payload, end, crc };
}

/** A crash leaves whole sectors of a write unwritten, hence zero: the record at `at` has more such than it should. */
function isTorn(data: Buffer, at: number): boolean {
  const head = readHeader(data.subarray(at, at + RECORD_HEADER));
  const end = Math.min(at + RECORD_HEADER + (head?.length ?? 0), data.length);
  return countZeroSectors(data.subarray(at, end), at) > (head?.zeroSectors ?? 0);
}

const ZEROS = Buffer.alloc(64 * 1024);

function isZero(data: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at += ZEROS.length) {
    const length = Math.min(ZEROS.length, to - at);
    if (data.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}
