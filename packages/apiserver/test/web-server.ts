import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, type ClientSessionOptions, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@keelson/service';
import { listen, type WebRequestHandler, webServer } from '@keelson/service/sockets';
import { writeCertificates } from './certificates.js';

/** The server that the door for REST stands on, by itself. */
export class WebServerUnderTest {
  readonly #handler: WebRequestHandler;
  readonly #sessions: ClientHttp2Session[] = [];
  #web: ReturnType<typeof webServer> | undefined;
  ca: Buffer = Buffer.alloc(0);
  port = 0;

  constructor(handler: WebRequestHandler) {
    this.#handler = handler;
  }

  async start(): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'web-server-'));
    try {
      await writeCertificates(directory, { server: [{ CN: ['localhost'] }] });
      const [ca, cert, key] = ['ca.crt', 'server.crt', 'server.key'].map((name) => readFileSync(join(directory, name)));
      this.ca = ca!;
      const clock = systemClock({ keepAlive: false });
      this.#web = webServer({ cert: cert!, key: key! }, this.#handler, { clock });
      this.port = await listen(this.#web.server, { host: '127.0.0.1', port: 0 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  /** A client over HTTP/2. */
  connect(options: ClientSessionOptions = {}): ClientHttp2Session {
    const session = connect(`https://127.0.0.1:${this.port}`, { ...options, ca: this.ca });
    this.#sessions.push(session);
    return session;
  }

  stop(): void {
    for (const session of this.#sessions) session.destroy();
    this.#web?.server.close();
  }
}
