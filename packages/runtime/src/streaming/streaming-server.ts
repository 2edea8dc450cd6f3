import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock, Logger, Random } from '@keelson/service';
import { type WebSocket, WebSocketServer } from 'ws';
import { RuntimeError } from '../errors.js';

/** Serves one streaming call; `protocol` is what was agreed on. The socket is paused until the handler resumes it. */
export type StreamHandler = (socket: WebSocket, protocol: string) => Promise<void>;

interface Pending {
  handler: StreamHandler;
  expiresAt: number;
}

export const STREAM_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const TOKEN_TTL_MS = 60_000;
const TOKENS_MAX = 1_000;
const TOKEN_BYTES = 16;

/**
 * The endpoint behind the URLs that Exec, Attach and PortForward answer, as containerd's: a token names the call, may be
 * used once and lasts a minute; the call itself is a WebSocket that speaks Kubernetes' channel protocol.
 */
export class StreamingServer {
  readonly #pending = new Map<string, Pending>();
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => STREAM_PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  });
  readonly #options: { host: string; port: number };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #port = 0;

  constructor(options: { host: string; port: number }, dependencies: { clock: Clock; random: Random; logger: Logger }) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#logger = dependencies.logger;
    this.#server = createServer((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end('this endpoint takes WebSocket upgrades only\n');
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.#port;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The URL under which the call waits for its client. */
  offer(kind: 'exec' | 'attach' | 'portforward', handler: StreamHandler): string {
    const now = this.#clock.monotonic();
    for (const [token, { expiresAt }] of this.#pending) if (expiresAt <= now) this.#pending.delete(token);
    if (this.#pending.size >= TOKENS_MAX) {
      throw new RuntimeError('exhausted', 'too many streaming calls wait for their client: try again later');
    }
    const token = this.#random.bytes(TOKEN_BYTES).toString('hex');
    this.#pending.set(token, { handler, expiresAt: now + TOKEN_TTL_MS });
    return `http://${this.#options.host}:${this.#port}/${kind}/${token}`;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const token = /^\/(?:exec|attach|portforward)\/([0-9a-f]+)/.exec(request.url ?? '')?.[1] ?? '';
    const pending = this.#pending.get(token);
    this.#pending.delete(token);
    if (pending === undefined || pending.expiresAt <= this.#clock.monotonic()) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      // What the client sends at once must wait for the handler, which may first have to start a program.
      client.pause();
      client.on('error', (error) => this.#logger.debug({ err: error }, 'stream failed'));
      pending.handler(client, client.protocol).catch((error: unknown) => {
        this.#logger.debug({ err: error }, 'stream ended with an error');
        client.close(1011, String(error instanceof Error ? error.message : error).slice(0, 120));
      });
    });
  }
}
