import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Logger, Random } from '@keelson/service';
import { CHANNEL_PROTOCOLS, httpServer, listen } from '@keelson/service/sockets';
import { acceptWebSocket, offeredProtocols, type WebSocket } from '@keelson/service/web-socket';
import { RuntimeError } from '../errors.js';

/** Serves one streaming call; `protocol` is what was agreed on. The socket is paused until the handler resumes it. */
export type StreamHandler = (socket: WebSocket, protocol: string) => Promise<void>;

interface Pending {
  handler: StreamHandler;
  expiresAt: number;
}

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
  readonly #sockets = new Set<WebSocket>();
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
    this.#server = httpServer({}, (_request, response) => {
      response.writeHead(400, { 'content-type': 'text/plain' });
      response.end('this endpoint takes WebSocket upgrades only\n');
    });
    this.#server.on('upgrade', (request, socket, head) => {
      void this.#upgrade(request, socket, head);
    });
  }

  async listen(): Promise<number> {
    this.#port = await listen(this.#server, this.#options);
    return this.#port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
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

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const token = /^\/(?:exec|attach|portforward)\/([0-9a-f]+)/.exec(request.url ?? '')?.[1] ?? '';
    const pending = this.#pending.get(token);
    this.#pending.delete(token);
    if (pending === undefined || pending.expiresAt <= this.#clock.monotonic()) {
      refuse(socket, '404 Not Found', '');
      return;
    }
    const offered = offeredProtocols(request);
    const protocol = CHANNEL_PROTOCOLS.find((it) => offered.includes(it));
    if (protocol === undefined) {
      refuse(socket, '400 Bad Request', `one of the sub-protocols ${CHANNEL_PROTOCOLS.join(', ')} is required\n`);
      return;
    }
    // What the client sends at once waits for the handler, which may first have to start a program.
    try {
      const client = await acceptWebSocket({ request, socket, head }, protocol);
      await this.#serve(client, (it) => pending.handler(it, protocol));
    } catch (error) {
      refuse(socket, '400 Bad Request', `${(error as Error).message}\n`);
    }
  }

  async #serve(client: WebSocket, handler: (client: WebSocket) => Promise<void>): Promise<void> {
    this.#sockets.add(client);
    client.once('close', () => this.#sockets.delete(client));
    client.on('error', (error) => this.#logger.debug({ err: error }, 'stream failed'));
    try {
      await handler(client);
    } catch (error) {
      this.#logger.debug({ err: error }, 'stream ended with an error');
      // A paused socket would not see the answer to its close.
      client.resume();
      client.close(1011, String(error instanceof Error ? error.message : error).slice(0, 120));
    }
  }
}

function refuse(socket: Duplex, status: string, body: string): void {
  const length = Buffer.byteLength(body);
  socket.end(`HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`);
}
