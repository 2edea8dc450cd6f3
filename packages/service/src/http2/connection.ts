import type { Duplex } from 'node:stream';
import { FrameOutput } from './frame-output.js';
import { type Frame, FrameReader, requireLength, unpad } from './frame-reader.js';
import {
  ConnectionError,
  ErrorCode,
  Flag,
  FRAME_BYTES_DEFAULT,
  FrameType,
  FULL_TABLE_BYTES,
  PREFACE,
  Setting,
  WINDOW_DEFAULT,
  WINDOW_MAX,
} from './frames.js';
import { type HeaderBlock, HeaderBlocks } from './header-blocks.js';
import { type HeaderList, HpackDecoder } from './hpack-decoder.js';
import type { Http2Options } from './options.js';
import { ResetLimit } from './reset-limit.js';
import { decodeSettings, encodeSettings } from './settings.js';
import { Http2Stream, type StreamHost, type StreamSink, type Written } from './stream.js';

export interface Http2Events {
  /** A client opened a stream: who takes it; undefined: nobody takes such headers. */
  opened(stream: Http2Stream, headers: HeaderList, end: boolean): StreamSink | undefined;
  /** A stream has ended: where the peer takes only so many, there is room for another. */
  freed?(): void;
  closed(): void;
}

const NONE = Buffer.alloc(0);

/**
 * HTTP/2 (RFC 9113) over one socket, for either side: frames, header compression and flow control, with what runs in
 * one turn of the event loop going out in one write. Made for many short exchanges: a stream is one small object.
 */
export class Http2Connection implements StreamHost {
  readonly #socket: Duplex;
  readonly #options: Http2Options;
  readonly #events: Http2Events;
  readonly #monotonic: () => number;
  readonly #output: FrameOutput;
  readonly #decoder: HpackDecoder;
  readonly #streams = new Map<number, Http2Stream>();
  readonly #waiting = new Set<Http2Stream>();
  readonly #reader: FrameReader;
  readonly #blocks: HeaderBlocks;
  readonly #resets: ResetLimit;
  #lastPeerStream = 0;
  #nextStream = 1;
  #goingAway = false;
  #closed = false;
  #sendWindow = WINDOW_DEFAULT;
  #receiveWindow: number;
  #credit = 0;
  #peerFrameBytes = FRAME_BYTES_DEFAULT;
  /** Before the peer has said how many it takes. */
  #peerStreamsMax = 100;
  #settled = false;
  bytesReceived = 0;
  peerWindow = WINDOW_DEFAULT;
  /** What the peer's header table holds at most; below the default, nothing is put there. */
  peerTableBytes = FULL_TABLE_BYTES;

  constructor(socket: Duplex, options: Http2Options, events: Http2Events, monotonic: () => number) {
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    this.#monotonic = monotonic;
    this.#output = new FrameOutput(socket);
    this.#decoder = new HpackDecoder({ tableBytesMax: FULL_TABLE_BYTES, listBytesMax: options.headerListBytesMax });
    this.#reader = new FrameReader({ prefaceExpected: options.role === 'server' });
    this.#blocks = new HeaderBlocks({ bytesMax: options.headerListBytesMax });
    this.#resets = new ResetLimit(options, monotonic());
    this.#receiveWindow = options.connectionWindowBytes;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.#flushWaiting());
    socket.on('error', () => undefined);
    socket.on('close', () => this.#lost());
    socket.on('end', () => socket.end());
    this.#greet();
  }

  get receiveWindow(): number {
    return this.#options.streamWindowBytes;
  }

  /** Takes new streams. */
  get usable(): boolean {
    return !this.#closed && !this.#goingAway;
  }

  /** The peer takes no more streams for now. */
  get full(): boolean {
    return this.#streams.size >= this.#peerStreamsMax;
  }

  /** Asks the peer for a sign of life: its answer counts as bytes received. */
  ping(): void {
    if (!this.#closed) this.#output.frame(FrameType.ping, 0, 0, Buffer.alloc(8));
  }

  #greet(): void {
    const { role, streamsMax, streamWindowBytes, headerListBytesMax, connectionWindowBytes } = this.#options;
    if (role === 'client') this.#output.raw(PREFACE);
    const settings = encodeSettings([
      [Setting.initialWindowSize, streamWindowBytes],
      [Setting.maxHeaderListSize, headerListBytesMax],
      role === 'server' ? [Setting.maxConcurrentStreams, streamsMax] : [Setting.enablePush, 0],
    ]);
    this.#output.frame(FrameType.settings, 0, 0, settings);
    this.#output.windowUpdate(0, connectionWindowBytes - WINDOW_DEFAULT);
  }

  /** Opens a stream to the peer. @throws Error if the connection takes no more */
  open(block: Buffer, end: boolean, sink: StreamSink): Http2Stream {
    if (!this.usable) throw new Error('the connection is closed');
    const stream = new Http2Stream(this.#nextStream, this);
    this.#nextStream += 2;
    stream.sink = sink;
    this.#streams.set(stream.id, stream);
    stream.sendHeaders(block, end);
    return stream;
  }

  /** Takes bytes from the peer. Public for those that have read the first of them to learn what they are. */
  receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.bytesReceived += chunk.length;
    try {
      this.#reader.push(chunk, (frame) => {
        this.#frame(frame);
        return !this.#closed;
      });
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code, error.message);
      else if (error instanceof RangeError) this.#fail(ErrorCode.compression, error.message);
      else throw error;
    }
  }

  #frame(frame: Frame): void {
    const block = this.#blocks.take(frame);
    if (block) this.#takeHeaders(block);
    const { type, flags, streamId, payload } = frame;
    switch (type) {
      case FrameType.data:
        this.#takeData(flags, streamId, payload);
        return;
      case FrameType.rstStream:
        this.#takeReset(streamId, payload);
        return;
      case FrameType.settings:
        this.#takeSettings(flags, streamId, payload);
        return;
      case FrameType.ping:
        this.#takePing(flags, streamId, payload);
        return;
      case FrameType.goAway:
        this.#takeGoAway(payload);
        return;
      case FrameType.windowUpdate:
        this.#takeWindowUpdate(streamId, payload);
        return;
      case FrameType.pushPromise:
        throw new ConnectionError(ErrorCode.protocol, 'nothing may be pushed');
      default:
      // PRIORITY is of no use here, and unknown frames are passed over (RFC 9113 §4.1).
    }
  }

  #takeData(flags: number, streamId: number, payload: Buffer): void {
    // Padding counts against the windows.
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0) throw new ConnectionError(ErrorCode.flowControl, 'more data than the window allows');
    this.#creditConnection(payload.length);
    const stream = this.#streams.get(streamId);
    if (!stream || stream.remoteClosed) {
      this.#requireKnown(streamId);
      return;
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) {
      this.#resetFor(stream, ErrorCode.flowControl);
      return;
    }
    const bytes = flags & Flag.padded ? unpad(payload, 0) : payload;
    if (bytes.length < payload.length) stream.credit(payload.length - bytes.length);
    const end = (flags & Flag.endStream) !== 0;
    if (end) stream.closeRemote();
    stream.sink.onData(bytes, end);
  }

  /** Streams hold back their own windows; the connection's is only a bound on what is in flight. */
  #creditConnection(bytes: number): void {
    this.#credit += bytes;
    if (2 * this.#credit < this.#options.connectionWindowBytes) return;
    this.#receiveWindow += this.#credit;
    this.#output.windowUpdate(0, this.#credit);
    this.#credit = 0;
  }

  #requireKnown(streamId: number): void {
    const ours = this.#options.role === 'client';
    const opened = ours ? streamId < this.#nextStream : streamId <= this.#lastPeerStream;
    if (streamId === 0 || !opened) throw new ConnectionError(ErrorCode.protocol, `stream ${streamId} is idle`);
  }

  #takeHeaders({ streamId, end, bytes }: HeaderBlock): void {
    // Every block must be read, wanted or not: the table depends on it.
    const list = this.#decoder.decode(bytes);
    const known = this.#streams.get(streamId);
    if (known && !known.remoteClosed) {
      if (end) known.closeRemote();
      known.sink.onHeaders(list, end);
    } else if (this.#options.role === 'server' && streamId > this.#lastPeerStream) this.#accept(streamId, list, end);
    else this.#requireKnown(streamId);
  }

  #accept(streamId: number, list: HeaderList, end: boolean): void {
    if (streamId % 2 === 0) throw new ConnectionError(ErrorCode.protocol, `a client may not open stream ${streamId}`);
    this.#lastPeerStream = streamId;
    const stream = new Http2Stream(streamId, this);
    if (this.#goingAway || this.#streams.size >= this.#options.streamsMax) {
      this.resetFrame(stream, ErrorCode.refusedStream);
      if (!this.#goingAway) this.#countForNothing();
      return;
    }
    this.#requireRead();
    this.#streams.set(streamId, stream);
    stream.openedAt = this.#monotonic();
    stream.remoteClosed = end;
    const sink = this.#events.opened(stream, list, end);
    if (sink !== undefined) {
      stream.sink = sink;
      return;
    }
    stream.reset(ErrorCode.protocol);
    this.#countForNothing();
  }

  #takeReset(streamId: number, payload: Buffer): void {
    requireLength(payload, 4);
    this.#requireKnown(streamId);
    const code = payload.readUInt32BE(0);
    const stream = this.#streams.get(streamId);
    if (code !== ErrorCode.none && this.#isForNothing(stream)) this.#countForNothing();
    stream?.abort(code);
  }

  /** Whoever asks in earnest waits a moment, or for an answer; and does not reset what was answered. */
  #isForNothing(stream: Http2Stream | undefined): boolean {
    if (!stream) return true;
    return !stream.answered && this.#monotonic() - stream.openedAt < this.#options.resetsYoungMs;
  }

  /** The peer did on a stream what it may not: that it costs a reset is its doing. */
  #resetFor(stream: Http2Stream, code: number): void {
    stream.reset(code);
    stream.sink.onAborted(code);
    this.#countForNothing();
  }

  #countForNothing(): void {
    if (this.#options.role === 'server' && !this.#resets.take(this.#monotonic())) {
      throw new ConnectionError(ErrorCode.enhanceYourCalm, 'too many streams for nothing');
    }
  }

  #takeSettings(flags: number, streamId: number, payload: Buffer): void {
    if (streamId !== 0) throw new ConnectionError(ErrorCode.protocol, 'settings of a stream');
    if (flags & Flag.ack) return;
    if (!this.#settled) this.#peerStreamsMax = Infinity;
    this.#settled = true;
    for (const [name, value] of decodeSettings(payload)) this.#setting(name, value);
    if (!this.full) this.#events.freed?.();
    this.#control(FrameType.settings, Flag.ack, NONE);
    this.#flushWaiting();
  }

  #setting(name: number, value: number): void {
    if (name === Setting.maxConcurrentStreams) this.#peerStreamsMax = value;
    else if (name === Setting.headerTableSize) this.peerTableBytes = Math.min(this.peerTableBytes, value);
    else if (name === Setting.maxFrameSize) {
      if (value < FRAME_BYTES_DEFAULT || value > 2 ** 24 - 1) {
        throw new ConnectionError(ErrorCode.protocol, `a frame size of ${value}`);
      }
      this.#peerFrameBytes = value;
    } else if (name === Setting.initialWindowSize) {
      if (value > WINDOW_MAX) throw new ConnectionError(ErrorCode.flowControl, `a window of ${value}`);
      for (const stream of this.#streams.values()) stream.sendWindow += value - this.peerWindow;
      this.peerWindow = value;
    }
  }

  #takePing(flags: number, streamId: number, payload: Buffer): void {
    requireLength(payload, 8);
    if (streamId !== 0) throw new ConnectionError(ErrorCode.protocol, 'a ping of a stream');
    if ((flags & Flag.ack) === 0) this.#control(FrameType.ping, Flag.ack, payload);
  }

  #takeGoAway(payload: Buffer): void {
    if (payload.length < 8) throw new ConnectionError(ErrorCode.frameSize, 'GOAWAY cut short');
    const last = payload.readUInt32BE(0) & 0x7fffffff;
    this.#goingAway = true;
    if (this.#options.role === 'server') return;
    for (const stream of [...this.#streams.values()]) if (stream.id > last) stream.abort(ErrorCode.refusedStream);
  }

  #takeWindowUpdate(streamId: number, payload: Buffer): void {
    requireLength(payload, 4);
    const bytes = payload.readUInt32BE(0) & 0x7fffffff;
    if (bytes === 0) throw new ConnectionError(ErrorCode.protocol, 'a window update of nothing');
    if (streamId === 0) {
      this.#sendWindow += bytes;
      if (this.#sendWindow > WINDOW_MAX) throw new ConnectionError(ErrorCode.flowControl, 'a window too large');
      this.#flushWaiting();
      return;
    }
    const stream = this.#streams.get(streamId);
    if (!stream) {
      this.#requireKnown(streamId);
      return;
    }
    stream.sendWindow += bytes;
    if (stream.sendWindow > WINDOW_MAX) this.#resetFor(stream, ErrorCode.flowControl);
    else if (this.#waiting.delete(stream)) stream.flush();
  }

  /** An answer that the peer can ask for at will. */
  #control(type: number, flags: number, payload: Buffer): void {
    this.#requireRead();
    this.#output.frame(type, flags, 0, payload);
  }

  /** Headers and such have no window: a peer that does not read its answers is sent away. */
  #requireRead(): void {
    if (this.#unsent <= 2 * this.#options.socketBytesMax) return;
    throw new ConnectionError(ErrorCode.enhanceYourCalm, 'answers are not read');
  }

  /** Bytes that the socket has not taken yet, or was not given yet. */
  get #unsent(): number {
    return this.#socket.writableLength + this.#output.bytes;
  }

  headersFrame(stream: Http2Stream, block: Buffer, end: boolean): void {
    this.#output.headers(stream.id, { block, end, frameBytes: this.#peerFrameBytes });
  }

  dataFrames(stream: Http2Stream, payload: Buffer, end: boolean): number {
    let sent = 0;
    do {
      const allowed = Math.min(payload.length - sent, stream.sendWindow, this.#sendWindow, this.#peerFrameBytes);
      const congested = this.#unsent > this.#options.socketBytesMax;
      if (payload.length > 0 && (allowed <= 0 || congested)) break;
      const last = sent + allowed === payload.length;
      const part = last && sent === 0 ? payload : payload.subarray(sent, sent + allowed);
      this.#output.frame(FrameType.data, last && end ? Flag.endStream : 0, stream.id, part);
      stream.sendWindow -= allowed;
      this.#sendWindow -= allowed;
      sent += allowed;
    } while (sent < payload.length);
    return sent;
  }

  resetFrame(stream: Http2Stream, code: number): void {
    this.#output.reset(stream.id, code);
  }

  windowFrame(stream: Http2Stream, bytes: number): void {
    this.#output.windowUpdate(stream.id, bytes);
  }

  whenWritten(done: Written): void {
    this.#output.whenWritten(done);
  }

  waits(stream: Http2Stream): void {
    this.#waiting.add(stream);
  }

  forget(stream: Http2Stream): void {
    this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    this.#events.freed?.();
    if (this.#goingAway && this.#streams.size === 0) this.#end();
  }

  #flushWaiting(): void {
    for (const stream of [...this.#waiting]) {
      if (this.#sendWindow <= 0 || this.#unsent > this.#options.socketBytesMax) return;
      // If it must wait again, it is behind the others then.
      if (this.#waiting.delete(stream)) stream.flush();
    }
  }

  /** Takes no new streams; the connection ends once those that are open have. */
  goAway(): void {
    if (this.#closed || this.#goingAway) return;
    this.#goingAway = true;
    this.#output.goAway(this.#lastPeerStream, ErrorCode.none);
    if (this.#streams.size === 0) this.#end();
  }

  #fail(code: number, reason: string): void {
    this.#output.goAway(this.#lastPeerStream, code, reason);
    this.#end();
    this.#lost();
  }

  #end(): void {
    this.#output.flush();
    this.#socket.end();
  }

  destroy(): void {
    this.#output.flush();
    this.#socket.destroy();
    this.#lost();
  }

  #lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.abort(ErrorCode.cancel);
    this.#events.closed();
  }
}
