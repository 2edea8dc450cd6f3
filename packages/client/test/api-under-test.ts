import { once } from 'node:events';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Authority } from './certificates.js';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly httpVersion: string;
  /** The CN of the certificate that came with it. */
  readonly certificate: string | undefined;
}

export type Answer = (response: Http2ServerResponse, seen: Seen) => void;

export interface ApiUnderTestOptions {
  readonly authority: Authority;
  readonly protocol?: 'h2' | 'https' | 'http';
  readonly streamsMax?: number;
  readonly host?: { readonly dns?: string; readonly ip?: string };
}

/** An HTTP server of Node's own that answers as a test says, and notes what it was asked. */
export class ApiUnderTest {
  readonly seen: Seen[] = [];
  readonly sessions = new Set<ServerHttp2Session>();
  answer: Answer = (response) => json(response, 200, {});
  port = 0;
  readonly #options: ApiUnderTestOptions;
  #server: Http2SecureServer | HttpServer | undefined;

  private constructor(options: ApiUnderTestOptions) {
    this.#options = options;
  }

  static async start(options: ApiUnderTestOptions): Promise<ApiUnderTest> {
    const it = new ApiUnderTest(options);
    await it.#start();
    return it;
  }

  async #start(): Promise<void> {
    const { authority, protocol = 'h2', streamsMax, host } = this.#options;
    const tls = {
      ...(await authority.pair('server', host)),
      ...{ ca: authority.ca, requestCert: true, rejectUnauthorized: false },
    };
    const handle = (request: Http2ServerRequest, response: Http2ServerResponse) => void this.#handle(request, response);
    if (protocol === 'h2') {
      const server = createSecureServer({
        ...tls,
        maxSessionMemory: 1024,
        settings: streamsMax === undefined ? {} : { maxConcurrentStreams: streamsMax },
      });
      server.on('request', handle);
      server.on('session', (session) => {
        this.sessions.add(session);
        session.on('error', () => {});
        session.once('close', () => this.sessions.delete(session));
      });
      this.#server = server;
    } else {
      const server = protocol === 'http' ? createHttp() : createHttps(tls);
      server.on('request', handle as never);
      this.#server = server as HttpServer;
    }
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.protocol === 'http' ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  async #handle(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    let body = '';
    request.on('error', () => {});
    response.on('error', () => {});
    for await (const chunk of request) body += String(chunk);
    const { method, url: path, headers, httpVersion } = request;
    const certificate = (request.socket as TLSSocket).getPeerCertificate?.().subject?.CN as string | undefined;
    const seen = { method, path, headers, body, httpVersion, certificate };
    this.seen.push(seen);
    this.answer(response, seen);
  }

  stop(): void {
    for (const it of this.sessions) it.destroy();
    (this.#server as HttpServer | undefined)?.closeAllConnections?.();
    this.#server?.close();
  }
}

export function json(response: Http2ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}
