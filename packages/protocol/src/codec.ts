import type { MethodDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';

export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;

/** What an encoder takes: every field may be left out, and then has its zero value. */
export type Init<T> = T extends Uint8Array | string | number | bigint | boolean | undefined
  ? T extends Buffer
    ? Uint8Array
    : T
  : T extends readonly (infer Item)[]
    ? readonly Init<Item>[]
    : { readonly [Key in keyof T]?: Init<T[Key]> | undefined };

/** The wire form of one message type. Decoded byte fields are views of the input: copy what outlives it. */
export interface Codec<T> {
  encode(message: Init<T>): Buffer;
  decode(bytes: Uint8Array): T;
  /**
   * The same for what may be made to take long: fields of two bytes each, a million of them. A field costs two reads or
   * one, an item of a list one. @throws TooManyFieldsError
   */
  decodeBounded(bytes: Uint8Array, readsMax: number): T;
}

/** A gRPC method with its stream directions as literal types, so that handlers and clients are typed from it. */
export type Method<Request, Response, RequestStream extends boolean, ResponseStream extends boolean> = Omit<
  MethodDefinition<Init<Request>, Response>,
  'requestStream' | 'responseStream'
> & {
  requestStream: RequestStream;
  responseStream: ResponseStream;
  request: Codec<Request>;
  response: Codec<Response>;
};

export function codec<T>(
  encode: (message: Init<T>, writer: Writer) => Writer,
  decode: (reader: Reader, end: number) => T,
): Codec<T> {
  return {
    encode: (message) => encode(message, protobuf.Writer.create()).finish() as Buffer,
    decode: (bytes) => {
      const reader = protobuf.Reader.create(bytes);
      return decode(reader, reader.len);
    },
    decodeBounded: (bytes, readsMax) => {
      // A field is a byte at least; the usual message is read by the usual reader.
      const reader = bytes.length <= readsMax ? protobuf.Reader.create(bytes) : new BoundedReader(bytes, readsMax);
      return decode(reader, reader.len);
    },
  };
}

export class TooManyFieldsError extends Error {
  constructor(readsMax: number) {
    super(`the message has too many fields and items: reading it may take ${readsMax} reads, two for most fields`);
    this.name = 'TooManyFieldsError';
  }
}

class BoundedReader extends protobuf.BufferReader {
  readonly #readsMax: number;
  #left: number;

  constructor(bytes: Uint8Array, readsMax: number) {
    super(bytes as Buffer);
    this.#readsMax = readsMax;
    this.#left = readsMax;
  }

  /** All that is short is read by it: tags, lengths, numbers. */
  override uint32(): number {
    this.#left -= 1;
    if (this.#left < 0) throw new TooManyFieldsError(this.#readsMax);
    return super.uint32();
  }
}

export function method<Request, Response, RequestStream extends boolean, ResponseStream extends boolean>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
  requestStream: RequestStream,
  responseStream: ResponseStream,
): Method<Request, Response, RequestStream, ResponseStream> {
  return {
    path,
    requestStream,
    responseStream,
    request,
    response,
    requestSerialize: request.encode,
    requestDeserialize: request.decode as (bytes: Buffer) => Init<Request>,
    responseSerialize: response.encode as (message: Response) => Buffer,
    responseDeserialize: response.decode,
  };
}

export const EMPTY: Buffer = Buffer.alloc(0);

export function readBytes(reader: Reader): Buffer {
  return reader.bytes() as Buffer;
}

const TWO_32 = 2 ** 32;

/** Reads a varint of up to 64 bits as (low, high) without allocating; the halves come back in `high` and `low`. */
let high = 0;
let low = 0;

function readVarint64(reader: Reader): void {
  const { buf } = reader;
  let lowBits = 0;
  let highBits = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (reader.pos >= reader.len) throw new RangeError('index out of range: truncated varint');
    const byte = buf[reader.pos++]!;
    const part = byte & 0x7f;
    if (shift < 28) lowBits |= part << shift;
    else if (shift === 28) {
      lowBits |= part << 28;
      highBits |= part >>> 4;
    } else highBits |= part << (shift - 32);
    if (byte < 0x80) {
      low = lowBits >>> 0;
      high = highBits >>> 0;
      return;
    }
  }
  throw new RangeError('invalid varint: longer than ten bytes');
}

export function readUint64(reader: Reader): number {
  readVarint64(reader);
  return high * TWO_32 + low;
}

export function readInt64(reader: Reader): number {
  readVarint64(reader);
  return (high | 0) * TWO_32 + low;
}

export function readBigUint64(reader: Reader): bigint {
  readVarint64(reader);
  return (BigInt(high) << 32n) | BigInt(low);
}

export function readBigInt64(reader: Reader): bigint {
  return BigInt.asIntN(64, readBigUint64(reader));
}

/** The form of a 64-bit integer that protobufjs' Writer takes. */
export function writeBigInt(value: bigint): protobuf.Long {
  const bits = BigInt.asUintN(64, value);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: false } as protobuf.Long;
}
