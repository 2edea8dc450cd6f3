import { connect as connectHttp2 } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { Metadata } from '@grpc/grpc-js';
import { keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import type { ServerUnderTest } from '../server-under-test.js';
import type { GrpcRequest } from './grpc-requests.js';
import type { RestRequest } from './rest-requests.js';
import type { WireRequest } from './wire-requests.js';

/** How a request ended. No status: the connection was closed, or nothing was said in time. */
export interface Outcome {
  readonly status?: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** A stream has no end of its own. */
const QUIET_MS = 60;
/** For an answer to begin. */
const BEGIN_MS = 3_000;
/** The same to what may be no request at all. */
const WIRE_MS = 250;
const NOTHING: Outcome = { headers: {}, body: Buffer.alloc(0) };

/** Clients of both doors as a superuser. */
export class Clients {
  readonly #world: ServerUnderTest;
  readonly #agent: Agent;
  readonly #grpc: ReturnType<typeof connect>;

  constructor(world: ServerUnderTest) {
    this.#world = world;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 4, ...this.identity });
    const tls = this.identity;
    this.#grpc = connect(`127.0.0.1:${world.ports.grpc}`, { clock: systemClock(), tls });
  }

  get identity() {
    const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => this.#world.read(name));
    return { ca: ca!, cert: cert!, key: key! };
  }

  close(): void {
    this.#agent.destroy();
    this.#grpc.close();
  }

  /** Over HTTP/1.1, on connections that are used again. */
  rest({ method, path, headers, body }: RestRequest): Promise<Outcome> {
    const bytes = body?.bytes ?? Buffer.alloc(0);
    const sent = {
      ...headers,
      ...(body === undefined ? {} : { 'content-type': body.mediaType, 'content-length': String(bytes.length) }),
      ...(body?.encoding === undefined ? {} : { 'content-encoding': body.encoding }),
    };
    return new Promise((resolve, reject) => {
      const target = { host: '127.0.0.1', port: this.#world.ports.rest, method, path, agent: this.#agent };
      const request = httpsRequest({ ...target, headers: latin1(sent) }, (response) => {
        const chunks: Buffer[] = [];
        const done = () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
        const stop = () => {
          done();
          request.destroy();
        };
        let quiet = setTimeout(stop, BEGIN_MS);
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          clearTimeout(quiet);
          quiet = setTimeout(stop, QUIET_MS);
        });
        response.on('end', () => {
          clearTimeout(quiet);
          done();
        });
        response.on('error', () => {});
      });
      // A server may answer before it has read a body, and leave.
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (isClosed(error)) resolve(NOTHING);
        else reject(error);
      });
      request.end(bytes);
    });
  }

  /** Over HTTP/2. */
  async http2({ method, path, headers, body }: RestRequest): Promise<Outcome> {
    const session = connectHttp2(`https://127.0.0.1:${this.#world.ports.rest}`, this.identity);
    session.on('error', () => {});
    try {
      return await new Promise<Outcome>((resolve) => {
        const type = body === undefined ? {} : { 'content-type': body.mediaType };
        const stream = session.request(
          { ':method': method, ':path': path, ...latin1(headers), ...type },
          { endStream: body === undefined },
        );
        const chunks: Buffer[] = [];
        let head: Record<string, unknown> = {};
        const done = () =>
          resolve({ status: head[':status'] as number | undefined, headers: head, body: Buffer.concat(chunks) });
        const late = setTimeout(done, BEGIN_MS);
        const end = () => {
          clearTimeout(late);
          done();
        };
        stream.on('response', (received) => {
          head = received;
          if (String(received['content-type']).includes('stream=watch') || path.includes('watch'))
            setTimeout(end, QUIET_MS);
        });
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', end);
        stream.on('error', end);
        stream.on('close', end);
        if (body !== undefined) stream.end(body.bytes);
      });
    } finally {
      session.destroy();
    }
  }

  /** Bytes as they are; what comes back first is read as HTTP/1.1 where that was spoken. */
  wire({ protocol, parts }: WireRequest, port: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port, ALPNProtocols: [protocol], ...this.identity });
      const chunks: Buffer[] = [];
      const end = () => {
        clearTimeout(quiet);
        socket.destroy();
        resolve(protocol === 'http/1.1' ? firstAnswer(Buffer.concat(chunks)) : NOTHING);
      };
      let quiet = setTimeout(end, BEGIN_MS);
      const rest = (milliseconds: number) => {
        clearTimeout(quiet);
        quiet = setTimeout(end, milliseconds);
      };
      socket.on('secureConnect', async () => {
        rest(WIRE_MS);
        for (const part of parts) {
          socket.write(part);
          await new Promise(setImmediate);
        }
      });
      socket.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        rest(QUIET_MS);
      });
      socket.on('error', end);
      socket.on('close', end);
    });
  }

  /** Resolves with the code of gRPC's status, 0 where there is an answer. */
  async grpc({ call, message, metadata }: GrpcRequest): Promise<Outcome> {
    const resources = this.#grpc.service(keelson.ResourcesService);
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    try {
      if (call === 'watch') {
        const stop = new AbortController();
        const stream = resources.watch(message as never, { metadata: sent, signal: stop.signal });
        setTimeout(() => stop.abort(), QUIET_MS);
        for await (const _events of stream as AsyncIterable<unknown>);
      } else await resources[call](message as never, { metadata: sent });
      return { ...NOTHING, status: 0 };
    } catch (error) {
      const { code, details, metadata: trailers } = error as { code?: number; details?: string; metadata?: Metadata };
      const [told] = trailers?.get('keelson-status-bin') ?? [];
      return { status: code ?? 2, headers: { details }, body: Buffer.from(told ?? '') };
    }
  }
}

function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return ['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ERR_SSL_WRONG_VERSION_NUMBER'].includes(code ?? '');
}

/** Headers are bytes. */
function latin1(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );
}

function firstAnswer(bytes: Buffer): Outcome {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  if (end < 0 || status === undefined) return NOTHING;
  const lines = text.slice(0, end).split('\r\n').slice(1);
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.replace(/^[^:]*: */, '')]),
  );
  const length = Number(headers['content-length'] ?? Number.NaN);
  return {
    status: Number(status),
    headers,
    body: bytes.subarray(end + 4, end + 4 + (Number.isNaN(length) ? 0 : length)),
  };
}
