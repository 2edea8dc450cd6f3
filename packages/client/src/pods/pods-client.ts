import { status as grpcStatus } from '@grpc/grpc-js';
import type { Status } from '@keelson/api';
import { type Connection, type Init, keelson, type ServiceClient } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { apiErrorOf } from '../transport/grpc-errors.js';

type Pods = ServiceClient<typeof keelson.PodsService>;
export type ExecKind = 'exec' | 'attach';
type ExecStream = ReturnType<Pods['exec']>;

/** Streams into and out of containers, by the API server. Every failure is an ApiError. */
export class PodsClient {
  readonly #client: Pods;

  constructor(connection: Connection) {
    this.#client = connection.service(keelson.PodsService);
  }

  /** A container's log in pieces as they come; a piece need not end with a line. */
  async *logs(request: Init<keelson.LogsRequest>, options: { signal?: AbortSignal } = {}): AsyncIterable<Buffer> {
    const stream = this.#client.logs(request, { signal: options.signal });
    try {
      for await (const { data } of stream as AsyncIterable<keelson.LogsResponse>) yield data;
    } catch (error) {
      if (isOwnCancel(error, options.signal)) return;
      throw apiErrorOf(error);
    } finally {
      stream.cancel();
    }
  }

  async exec(
    kind: ExecKind,
    start: Init<keelson.ExecStart>,
    options: { signal?: AbortSignal } = {},
  ): Promise<ExecSession> {
    const stream = this.#client[kind]({ signal: options.signal });
    await writeTo(stream, { start });
    return new ExecSession(stream);
  }

  /** Carries bytes between a pod's port and a local end, until either closes. */
  async portForward(
    start: Init<keelson.PortForwardStart>,
    local: AsyncIterable<Buffer>,
    write: (data: Buffer) => Promise<void>,
    options: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const stream = this.#client.portForward({ signal: options.signal });
    const sending = (async () => {
      await writeTo(stream, { start });
      for await (const data of local) await writeTo(stream, { data });
      stream.end();
    })().catch(() => stream.cancel());
    try {
      for await (const { data } of stream as AsyncIterable<keelson.PortForwardResponse>) await write(data);
    } catch (error) {
      if (isOwnCancel(error, options.signal)) return;
      throw apiErrorOf(error);
    } finally {
      stream.cancel();
      void sending;
    }
  }
}

/** A command that runs in a container, or one attached to. */
export class ExecSession {
  readonly #stream: ExecStream;

  constructor(stream: ExecStream) {
    this.#stream = stream;
  }

  /** Resolves when more may be written. */
  write(stdin: Buffer): Promise<void> {
    return writeTo(this.#stream, { stdin });
  }

  closeStdin(): Promise<void> {
    return writeTo(this.#stream, { stdinClosed: true });
  }

  resize(width: number, height: number): void {
    this.#stream.write({ resize: { width, height } });
  }

  /** Hands every piece of output over, in order; resolves to how the command ended. */
  async run(output: (stream: 'stdout' | 'stderr', data: Buffer) => Promise<void>): Promise<Status | undefined> {
    let ended: Status | undefined;
    try {
      for await (const message of this.#stream as AsyncIterable<keelson.ExecResponse>) {
        if (message.stdout !== undefined) await output('stdout', message.stdout);
        if (message.stderr !== undefined) await output('stderr', message.stderr);
        if (message.status !== undefined) ended = JSON.parse(message.status.toString()) as Status;
      }
      return ended;
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  cancel(): void {
    this.#stream.cancel();
  }
}

function isOwnCancel(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || (error as { code?: number }).code === grpcStatus.CANCELLED;
}
