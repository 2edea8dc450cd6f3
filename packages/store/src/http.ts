import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { listenError, parseAddress, type Registry } from '@keelson/service';
import type { Endpoint, TlsConfig } from './config.js';
import type { Replica } from './replica/replica.js';
import { ETCD_VERSION } from './services/maintenance.js';

/** `/health`, `/version` and `/metrics` as etcd has them. */
export class HttpDoor {
  readonly #endpoint: Endpoint;
  readonly #server: Server;
  readonly #registry: Registry;
  readonly #replica: Replica;

  constructor(
    endpoint: Endpoint,
    tls: TlsConfig | undefined,
    dependencies: { readonly registry: Registry; readonly replica: Replica },
  ) {
    this.#endpoint = endpoint;
    this.#registry = dependencies.registry;
    this.#replica = dependencies.replica;
    const answer = (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response);
    this.#server = endpoint.secure && tls ? createSecureServer({ ...tls.identity }, answer) : createServer(answer);
  }

  async listen(): Promise<void> {
    const { address } = this.#endpoint;
    const { host, port } = parseAddress(address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, address)));
      this.#server.listen(port, host, resolve);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/health' || path === '/readyz' || path === '/livez') await this.#health(response);
    else if (path === '/version') json(response, 200, { etcdserver: ETCD_VERSION, etcdcluster: ETCD_VERSION });
    else if (path === '/metrics') {
      response.writeHead(200, { 'content-type': this.#registry.contentType });
      response.end(await this.#registry.metrics());
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found\n');
    }
  }

  async #health(response: ServerResponse): Promise<void> {
    try {
      await this.#replica.linearizable();
      const reason = this.#replica.machine.alarms.list().length > 0 ? 'ALARM' : '';
      json(response, reason === '' ? 200 : 503, { health: String(reason === ''), reason });
    } catch (error) {
      json(response, 503, { health: 'false', reason: String(error) });
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
