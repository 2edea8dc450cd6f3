import { rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { listen, tcpServer } from '@keelson/service/sockets';
import type { Child } from './child.js';
import { encodeFrame, encodeJsonFrame, Frame, FrameReader, type ShimRequest } from './frames.js';
import type { LogStream, LogWriter } from './log-writer.js';
import { type ExitRecord, ShimFile, type ShimSpec } from './records.js';

/** A caller that reads more slowly than this is behind is cut off: the program must not wait for it. */
const BACKLOG_BYTES_MAX = 1024 * 1024;

interface Caller {
  socket: Socket;
  streams: Set<LogStream>;
  stdin: boolean;
}

/** The shim's face to the runtime: watch, attach, reopen. */
export class ShimServer {
  readonly #server: Server;
  readonly #callers = new Set<Caller>();
  readonly #spec: ShimSpec;
  readonly #log: LogWriter;
  #child: Child | undefined;

  constructor(spec: ShimSpec, log: LogWriter) {
    this.#spec = spec;
    this.#log = log;
    this.#server = tcpServer({}, (socket) => this.#accept(socket));
  }

  /** The socket's path is relative: an absolute one may be longer than the system allows. */
  async listen(): Promise<void> {
    rmSync(ShimFile.socket, { force: true });
    await listen(this.#server, { path: ShimFile.socket });
  }

  attachChild(child: Child): void {
    this.#child = child;
  }

  output(stream: LogStream, chunk: Buffer): void {
    const kind = stream === 'stdout' ? Frame.STDOUT : Frame.STDERR;
    for (const caller of this.#callers) {
      if (!caller.streams.has(stream)) continue;
      if (caller.socket.writableLength > BACKLOG_BYTES_MAX) caller.socket.destroy();
      else caller.socket.write(encodeFrame(kind, chunk));
    }
  }

  /** Tells every caller how the container ended; `done` runs when they know or are gone. */
  close(exit: ExitRecord, done: () => void): void {
    for (const { socket } of this.#callers) socket.end(encodeJsonFrame(Frame.EXIT, exit));
    this.#server.close(done);
  }

  #accept(socket: Socket): void {
    const caller: Caller = { socket, streams: new Set(), stdin: false };
    const reader = new FrameReader((kind, payload) => this.#onFrame(caller, kind, payload));
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.end(encodeJsonFrame(Frame.CONTROL, { error: (error as Error).message }));
      }
    });
    socket.on('close', () => this.#leave(caller));
    this.#callers.add(caller);
  }

  #leave(caller: Caller): void {
    this.#callers.delete(caller);
    if (caller.stdin && this.#spec.stdinOnce) this.#child?.closeInput();
  }

  #onFrame(caller: Caller, kind: Frame, payload: Buffer): void {
    if (kind === Frame.CONTROL) this.#onRequest(caller, JSON.parse(payload.toString()) as ShimRequest);
    else if (kind === Frame.STDIN && caller.stdin) this.#child?.write(payload);
    else if (kind === Frame.STDIN_CLOSED && caller.stdin && this.#spec.stdinOnce) this.#child?.closeInput();
    else if (kind === Frame.RESIZE) {
      const { width, height } = JSON.parse(payload.toString()) as { width: number; height: number };
      this.#child?.resize(width, height);
    }
  }

  #onRequest(caller: Caller, request: ShimRequest): void {
    if (request.op === 'attach') {
      if (request.stdout) caller.streams.add('stdout');
      if (request.stderr) caller.streams.add('stderr');
      caller.stdin = request.stdin && this.#spec.stdin;
    } else if (request.op === 'reopen') this.#log.reopen();
    caller.socket.write(encodeJsonFrame(Frame.CONTROL, {}));
  }
}
