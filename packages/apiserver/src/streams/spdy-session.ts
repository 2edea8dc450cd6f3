import { terminalSizeIn } from '@keelson/service/sockets';
import type { SpdyConnection, SpdyStream } from '@keelson/service/spdy';
import type { CommandInput, CommandOptions, CommandOutput, CommandSession } from './command-session.js';

/** Longer is no terminal's size. */
const RESIZE_BYTES_MAX = 1024;
const TYPES: Readonly<Record<CommandOutput, string>> = { stdout: 'stdout', stderr: 'stderr', status: 'error' };

/** The streams that a client opens for a command, as upstream's has them. */
export function streamTypesOf({ stdin, stdout, stderr, tty }: CommandOptions): string[] {
  const wanted = { error: true, stdin, stdout, stderr: stderr && !tty, resize: tty };
  return Object.entries(wanted).flatMap(([type, isWanted]) => (isWanted ? [type] : []));
}

/** A command over a connection of SPDY: a stream for each of its inputs and outputs. */
export class SpdySession implements CommandSession {
  readonly #connection: SpdyConnection;
  readonly #streams: ReadonlyMap<string, SpdyStream>;

  constructor(connection: SpdyConnection, streams: ReadonlyMap<string, SpdyStream>) {
    this.#connection = connection;
    this.#streams = streams;
    for (const type of Object.values(TYPES)) streams.get(type)?.resume();
  }

  async receive(take: (input: CommandInput) => Promise<void>): Promise<void> {
    const [stdin, resize] = [this.#streams.get('stdin'), this.#streams.get('resize')];
    const inputs = [stdin && forwardStdin(stdin, take), resize && forwardResizes(resize, take)];
    await Promise.all([...inputs, this.#left()]);
  }

  /** The error stream lasts as long as the client. */
  #left(): Promise<void> {
    const stream = this.#streams.get('error');
    if (stream === undefined || stream.destroyed) return Promise.resolve();
    return new Promise((resolve) => stream.once('close', resolve));
  }

  send(output: CommandOutput, bytes: Uint8Array): Promise<void> {
    return this.#streams.get(TYPES[output])?.send(bytes) ?? Promise.resolve();
  }

  close(): void {
    for (const stream of this.#streams.values()) if (!stream.destroyed) stream.end();
    this.#connection.close();
  }
}

async function forwardStdin(stream: SpdyStream, take: (input: CommandInput) => Promise<void>): Promise<void> {
  for await (const chunk of stream.input) await take({ stdin: chunk });
  await take({ stdinClosed: true });
}

/** Sizes come one after another, as JSON texts. */
async function forwardResizes(stream: SpdyStream, take: (input: CommandInput) => Promise<void>): Promise<void> {
  let text = '';
  for await (const chunk of stream.input) {
    const parts = (text + chunk.toString()).split('}');
    text = parts.pop() ?? '';
    if (text.length > RESIZE_BYTES_MAX) throw new Error('a resize that is no size');
    for (const part of parts) {
      const resize = terminalSizeIn(Buffer.from(`${part}}`));
      if (resize !== undefined) await take({ resize });
    }
  }
}
