/** Protobuf's wire format: tags, varints, lengths. */

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
export const FIXED32 = 5;
export type WireType = number;

/** Bytes that are no protobuf message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** Shorter texts are written by a loop: a call into the runtime costs more. */
const SHORT_TEXT = 24;

export class WireWriter {
  #buffer = Buffer.allocUnsafeSlow(1024);
  #length = 0;

  tag(field: number, type: WireType): void {
    this.small(field * 8 + type);
  }

  /** A varint of a number from 0 to 2^31. */
  small(value: number): void {
    this.#room(5);
    this.#length = this.#put(this.#length, value);
  }

  /** Writes a varint where there is room for it; returns where it ends. */
  #put(start: number, value: number): number {
    let at = start;
    let rest = value;
    while (rest > 127) {
      this.#buffer[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[at++] = rest;
    return at;
  }

  /** A whole number; two's complement in 64 bits where it is negative, as int32 and int64 have it. */
  varint(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) this.small(value);
    else this.#large(BigInt.asUintN(64, BigInt(value)));
  }

  #large(value: bigint): void {
    this.#room(10);
    let rest = value;
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  bytes(value: Uint8Array): void {
    this.small(value.length);
    this.#room(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: string): void {
    const start = this.open();
    this.#room(value.length * 3);
    if (value.length <= SHORT_TEXT && this.#ascii(value)) this.#length += value.length;
    else this.#length += this.#buffer.write(value, this.#length);
    this.close(start);
  }

  /** Whether all of a short text is in ASCII, and so is written as it is. */
  #ascii(value: string): boolean {
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code > 127) return false;
      this.#buffer[this.#length + at] = code;
    }
    return true;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  /** Begins what its length goes before; what is returned is for `close`. */
  open(): number {
    this.#room(1);
    this.#length += 1;
    return this.#length;
  }

  /** Writes the length of all that came since. */
  close(start: number): void {
    const length = this.#length - start;
    let extra = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) extra += 1;
    if (extra > 0) {
      this.#room(extra);
      this.#buffer.copyWithin(start + extra, start, this.#length);
    }
    this.#put(start - 1, length);
    this.#length += extra;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#length + count));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** Goes into a message of which the length comes first; what is returned is for `leave`. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#endOfNext();
    return outer;
  }

  /** Comes out at the end of the message, read or not. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  tag(): { field: number; type: WireType } {
    const tag = this.#small();
    const field = tag >>> 3;
    if (field === 0) throw new ProtobufError('illegal tag 0');
    return { field, type: tag & 7 };
  }

  /** A varint that is mostly short, as a number. */
  #small(): number {
    const first = this.#at < this.#end ? this.#buffer[this.#at] : undefined;
    if (first !== undefined && first < 128) {
      this.#at++;
      return first;
    }
    return Number(this.varint());
  }

  /** A varint as a signed number of 32 bits. */
  int32(): number {
    const first = this.#at < this.#end ? this.#buffer[this.#at] : undefined;
    if (first === undefined || first > 127) return Number(BigInt.asIntN(32, this.varint()));
    this.#at++;
    return first;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#at < this.#end ? this.#buffer[this.#at++] : undefined;
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('integer overflow');
  }

  bytes(): Buffer {
    const start = this.#startOfNext();
    return this.#buffer.subarray(start, this.#at);
  }

  text(): string {
    const start = this.#startOfNext();
    return this.#buffer.toString('utf8', start, this.#at);
  }

  double(): number {
    this.#pass(8);
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  skip(type: WireType): void {
    if (type === VARINT) this.varint();
    else if (type === LENGTH) this.#startOfNext();
    else if (type === FIXED64) this.#pass(8);
    else if (type === FIXED32) this.#pass(4);
    else throw new ProtobufError(`illegal wireType ${type}`);
  }

  /** Passes over what its length goes before; returns where it began. */
  #startOfNext(): number {
    const end = this.#endOfNext();
    const start = this.#at;
    this.#at = end;
    return start;
  }

  #endOfNext(): number {
    const length = this.#small();
    const end = this.#at + length;
    if (end > this.#end) throw new ProtobufError('unexpected EOF');
    return end;
  }

  #pass(count: number): void {
    if (this.#at + count > this.#end) throw new ProtobufError('unexpected EOF');
    this.#at += count;
  }
}
