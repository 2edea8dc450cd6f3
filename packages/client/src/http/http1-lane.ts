import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { httpAgent, requestHttp } from '@keelson/service/sockets';
import type { HttpRequest, HttpResponse } from './http-exchange.js';

const IDLE_MAX = 25;

/** Connections over which HTTP/1.1 is spoken: one for each request at a time, kept for the next. */
export class Http1Lane {
  readonly #server: URL;
  readonly #connect: () => Promise<Socket>;
  readonly #agent: Agent = httpAgent({ maxFreeSockets: IDLE_MAX });

  constructor(server: URL, dependencies: { connect: () => Promise<Socket> }) {
    this.#server = server;
    this.#connect = dependencies.connect;
  }

  async request({ method, path, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    // The connection is made elsewhere, and secured there where it should be.
    const request = requestHttp(new URL(path, `http://${this.#server.host}`), {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) },
      agent: this.#agent,
      createConnection: (_options, done) => {
        this.#connect().then(
          (socket) => done(null, socket),
          (error: Error) => done(error, undefined as never),
        );
        return undefined;
      },
    });
    const abort = () => request.destroy(new Error('given up'));
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
    request.end(body);
    const response = await responseOf(request);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: response,
      discard: () => response.destroy(),
    };
  }

  get isIdle(): boolean {
    return Object.keys(this.#agent.sockets).length === 0;
  }

  /** Connections end with what is asked over them. */
  retire(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const it of sockets ?? []) it.destroy();
    this.#agent.maxFreeSockets = 0;
  }

  destroy(): void {
    this.#agent.destroy();
  }
}

function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.once('close', () => reject(new Error('the connection closed before an answer')));
  });
}
