import { type Metadata, status } from '@grpc/grpc-js';
import { ErrorCode } from '../../http2/frames.js';
import { type HeaderList, headerOf } from '../../http2/hpack-decoder.js';
import type { Http2Stream, StreamSink } from '../../http2/stream.js';
import { HeaderMetadata, metadataHeaders } from '../header-metadata.js';
import { frameMessage, MessageReader } from '../message-reader.js';
import { type CallStatus, percentDecode, statusOf } from '../status.js';
import type { Channel, Line } from './channel.js';

const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;

export interface OutgoingEvents {
  message(bytes: Buffer): void;
  /** More is read at once; if not, `release` is called when it is. */
  hungry(): boolean;
  /** More may be written. */
  writable(): void;
  /** Called once, at last. */
  ended(result: CallStatus): void;
}

export interface OutgoingHead {
  readonly path: string;
  readonly metadata?: Metadata | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The calling half of a call, over whatever connection its channel has. */
export class Outgoing implements StreamSink {
  readonly #events: OutgoingEvents;
  readonly #reader = new MessageReader(MESSAGE_BYTES_MAX, 'gzip');
  #stream: Http2Stream | undefined;
  /** Written before there was a connection. */
  #early: { readonly framed: Buffer; readonly last: boolean }[] = [];
  #held = 0;
  #ended = false;

  constructor(channel: Channel, head: OutgoingHead, events: OutgoingEvents) {
    this.#events = events;
    channel.withLine(
      (line) => this.#begin(line, channel, head),
      (reason) => this.end({ code: status.UNAVAILABLE, details: `No connection established. Last error: ${reason}` }),
    );
  }

  get ended(): boolean {
    return this.#ended;
  }

  #begin(line: Line, channel: Channel, head: OutgoingHead): void {
    if (this.#ended) return;
    this.#stream = line.http2.open(headerBlock(line, channel, head), false, this);
    const early = this.#early;
    this.#early = [];
    let taken = true;
    for (const { framed, last } of early) taken = this.#stream.sendData(framed, last);
    if (taken) this.#events.writable();
  }

  /** False if it waits: `writable` follows. */
  write(message: Buffer, last: boolean): boolean {
    return this.#send(frameMessage(message), last);
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#send(NO_BYTES, true);
  }

  #send(framed: Buffer, last: boolean): boolean {
    if (this.#ended) return true;
    if (this.#stream) return this.#stream.sendData(framed, last);
    this.#early.push({ framed, last });
    return false;
  }

  /** Gives up, or is told to. */
  interrupt(result: CallStatus): void {
    if (this.#ended) return;
    this.#stream?.reset(ErrorCode.cancel);
    this.end(result);
  }

  end(result: CallStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended(result);
  }

  /** What has come is read: the peer may send as much again. */
  release(): void {
    const bytes = this.#held;
    this.#held = 0;
    if (bytes > 0) this.#stream?.credit(bytes);
  }

  onHeaders(list: HeaderList, end: boolean): void {
    if (this.#ended) return;
    const httpStatus = headerOf(list, ':status');
    if (httpStatus !== undefined && httpStatus !== '200') {
      this.interrupt({ code: status.UNKNOWN, details: `Received HTTP status code ${httpStatus}` });
      return;
    }
    if (!end) return;
    if (this.#stream && !this.#stream.localClosed) this.#stream.reset(ErrorCode.none);
    const code = Number(headerOf(list, 'grpc-status') ?? status.UNKNOWN);
    const details = percentDecode(headerOf(list, 'grpc-message') ?? '');
    this.end({ code, details, metadata: new HeaderMetadata(list) });
  }

  onData(bytes: Buffer, end: boolean): void {
    if (this.#ended) return;
    this.#held += bytes.length;
    try {
      this.#reader.push(bytes, (message) => this.#events.message(message));
    } catch (error) {
      this.interrupt(statusOf(error));
      return;
    }
    if (this.#events.hungry()) this.release();
    if (end) this.end({ code: status.INTERNAL, details: 'the server ended the stream without a status' });
  }

  onWritable(): void {
    if (!this.#ended) this.#events.writable();
  }

  onAborted(code: number): void {
    if (code === ErrorCode.refusedStream) {
      this.end({
        code: status.UNAVAILABLE,
        details: 'No connection established. Last error: the server takes no more',
      });
    } else this.end({ code: status.UNAVAILABLE, details: `Connection dropped (${code})` });
  }
}

const NO_BYTES = Buffer.alloc(0);

function headerBlock({ http2, headers }: Line, channel: Channel, { path, metadata, timeoutMs }: OutgoingHead): Buffer {
  const scheme = channel.secure ? 'https' : 'http';
  const usual = [':method', 'POST', ':scheme', scheme, ':path', path, ':authority', channel.address];
  usual.push('content-type', 'application/grpc', 'te', 'trailers', 'grpc-accept-encoding', 'identity,gzip');
  const block = headers.encode(usual, http2.peerTableBytes);
  const own = metadataHeaders(metadata);
  if (timeoutMs !== undefined) own.push('grpc-timeout', `${Math.max(1, Math.min(99_999_999, Math.ceil(timeoutMs)))}m`);
  return own.length === 0 ? block : Buffer.concat([block, headers.encodeOnce(own, http2.peerTableBytes)]);
}
