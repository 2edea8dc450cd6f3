import { connect as connectTcp, type Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { HTTP2_DEFAULTS, Http2Connection } from '../http2/connection.js';
import { ErrorCode } from '../http2/frames.js';
import type { HeaderList } from '../http2/hpack-decoder.js';
import { HpackEncoder } from '../http2/hpack-encoder.js';
import type { Http2Stream, StreamSink } from '../http2/stream.js';
import { parseAddress } from '../net.js';
import { headerOf } from './exchange.js';
import { frameMessage, MessageReader } from './message-reader.js';
import { type CallStatus, statusError, statusOf } from './status.js';

const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

export interface CallerStream {
  write(message: Buffer): void;
  end(): void;
  cancel(): void;
}

export interface CallerEvents {
  message(bytes: Buffer): void;
  ended(result: CallStatus): void;
}

/**
 * The calling side of GrpcDoor, for many small calls over one plain connection: bytes in, bytes out. It is what the
 * benchmarks drive servers with, so that the load costs little beside what is measured.
 */
export class GrpcCaller {
  readonly #connection: Http2Connection;
  readonly #authority: string;
  readonly #encoder = new HpackEncoder();

  private constructor(socket: Socket, authority: string, events: { closed(): void }, monotonic: () => number) {
    this.#authority = authority;
    const opened = (): never => {
      throw new Error('a server opens no streams');
    };
    const options = { ...HTTP2_DEFAULTS, role: 'client' as const };
    this.#connection = new Http2Connection(socket, options, { opened, closed: events.closed }, monotonic);
  }

  /** @throws Error if nobody listens there */
  static async connect(
    address: string,
    clock: { monotonic(): number },
    closed: () => void = () => undefined,
  ): Promise<GrpcCaller> {
    const { host, port } = parseAddress(address);
    const socket = await new Promise<Socket>((resolve, reject) => {
      const pending: Socket = connectTcp({ host, port, noDelay: true }, () => resolve(pending));
      pending.once('error', reject);
    });
    return new GrpcCaller(socket, address, { closed }, () => clock.monotonic());
  }

  #open(path: string, sink: StreamSink): Http2Stream {
    const headers = [':method', 'POST', ':scheme', 'http', ':path', path, ':authority', this.#authority];
    headers.push('content-type', 'application/grpc', 'te', 'trailers');
    const block = this.#encoder.encode(headers, this.#connection.peerTableBytes);
    return this.#connection.open(block, false, sink);
  }

  /** @throws a gRPC status, through the promise */
  unary(path: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined;
      const ended = (result: CallStatus) => {
        if (result.code === status.OK && answer) resolve(answer);
        else reject(statusError(result.code || status.INTERNAL, result.details || 'no answer'));
      };
      const sink = new ResponseSink({
        message: (bytes) => {
          answer = bytes;
        },
        ended,
      });
      try {
        sink.stream = this.#open(path, sink);
        sink.stream.sendData(frameMessage(request), true);
      } catch (error) {
        reject(statusError(status.UNAVAILABLE, (error as Error).message));
      }
    });
  }

  stream(path: string, events: CallerEvents): CallerStream {
    const sink = new ResponseSink(events);
    const stream = this.#open(path, sink);
    sink.stream = stream;
    return {
      write: (message) => void stream.sendData(frameMessage(message), false),
      end: () => void stream.sendData(Buffer.alloc(0), true),
      cancel: () => stream.reset(ErrorCode.cancel),
    };
  }

  close(): void {
    this.#connection.destroy();
  }
}

class ResponseSink implements StreamSink {
  stream!: Http2Stream;
  readonly #events: CallerEvents;
  readonly #reader = new MessageReader(MESSAGE_BYTES_MAX, '');

  constructor(events: CallerEvents) {
    this.#events = events;
  }

  onHeaders(list: HeaderList, end: boolean): void {
    if (!end) return;
    const code = Number(headerOf(list, 'grpc-status') ?? status.UNKNOWN);
    const details = decodeURIComponent(headerOf(list, 'grpc-message') ?? '');
    this.#events.ended({ code, details });
  }

  onData(bytes: Buffer, end: boolean): void {
    this.stream.credit(bytes.length);
    try {
      this.#reader.push(bytes, (message) => this.#events.message(message));
      if (end) this.#events.ended({ code: status.INTERNAL, details: 'the stream ended without a status' });
    } catch (error) {
      this.stream.reset(ErrorCode.cancel);
      this.#events.ended(statusOf(error));
    }
  }

  onWritable(): void {}

  onAborted(code: number): void {
    this.#events.ended({ code: status.UNAVAILABLE, details: `the stream was reset: ${code}` });
  }
}
