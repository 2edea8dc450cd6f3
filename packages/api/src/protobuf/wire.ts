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

export class WireWriter {
  #buffer = Buffer.allocUnsafe(64);
  #length = 0;

  tag(field: number, type: WireType): void {
    this.#small(field * 8 + type);
  }

  /** A varint of a number from 0 to 2^31. */
  #small(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest > 127) {
      this.#buffer[this.#length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  /** Two's complement in 64 bits for negative numbers, as int32 and int64 have it. */
  varint(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.#buffer[this.#length++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  bytes(value: Uint8Array): void {
    this.#small(value.length);
    this.#room(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + count));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

export class WireReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  tag(): { field: number; type: WireType } {
    const tag = this.#small();
    const field = tag >>> 3;
    if (field === 0) throw new ProtobufError('illegal tag 0');
    return { field, type: tag & 7 };
  }

  /** A varint that is mostly short, as a number. */
  #small(): number {
    const first = this.#buffer[this.#at];
    if (first !== undefined && first < 128) {
      this.#at++;
      return first;
    }
    return Number(this.varint());
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#buffer[this.#at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('integer overflow');
  }

  bytes(): Buffer {
    const length = this.#small();
    const end = this.#at + length;
    if (end > this.#buffer.length) throw new ProtobufError('unexpected EOF');
    const slice = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return slice;
  }

  double(): number {
    if (this.#at + 8 > this.#buffer.length) throw new ProtobufError('unexpected EOF');
    this.#at += 8;
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  skip(type: WireType): void {
    if (type === VARINT) this.varint();
    else if (type === LENGTH) this.bytes();
    else if (type === FIXED64) this.#at += 8;
    else if (type === FIXED32) this.#at += 4;
    else throw new ProtobufError(`illegal wireType ${type}`);
    if (this.#at > this.#buffer.length) throw new ProtobufError('unexpected EOF');
  }
}
