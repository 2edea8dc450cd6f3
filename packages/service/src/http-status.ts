import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { listenError } from './net.js';
import type { TlsIdentity } from './tls.js';

/** A named check; resolves when healthy, throws the reason otherwise. */
export type HealthCheck = () => void | Promise<void>;

export interface StatusServerOptions {
  host: string;
  port: number;
  tls?: TlsIdentity | undefined;
}

/** `/metrics`, `/livez`, `/readyz` and `/healthz` of a process that has no HTTP door of its own. */
export class StatusServer {
  readonly #options: StatusServerOptions;
  readonly #registry: Registry;
  readonly #checks: Map<string, HealthCheck>;
  #server: Server | undefined;

  constructor(options: StatusServerOptions, dependencies: { registry: Registry; readiness: Map<string, HealthCheck> }) {
    this.#options = options;
    this.#registry = dependencies.registry;
    this.#checks = dependencies.readiness;
  }

  /** Resolves to the port it listens on. */
  async listen(): Promise<number> {
    const { tls, host, port } = this.#options;
    const answer = (request: { url?: string | undefined }, response: ResponseWriter) =>
      void this.#answer(request.url?.split('?')[0] ?? '/', response);
    const server = tls ? createSecureServer({ cert: tls.cert, key: tls.key }, answer) : createServer(answer);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, `${host}:${port}`)));
      server.listen(port, host, resolve);
    });
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }

  async #answer(path: string, response: ResponseWriter): Promise<void> {
    if (path === '/metrics') {
      response.writeHead(200, { 'content-type': this.#registry.contentType });
      response.end(await this.#registry.metrics());
    } else if (path === '/livez') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('ok');
    } else if (path === '/readyz' || path === '/healthz') {
      const { healthy, text } = await runChecks(this.#checks);
      response.writeHead(healthy ? 200 : 500, { 'content-type': 'text/plain' });
      response.end(text);
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('404 page not found\n');
    }
  }
}

interface ResponseWriter {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/** Runs checks in order; the text is `ok`, or one line a check as kube-apiserver writes it. */
export async function runChecks(checks: ReadonlyMap<string, HealthCheck>): Promise<{ healthy: boolean; text: string }> {
  const lines: string[] = [];
  let healthy = true;
  for (const [name, check] of checks) {
    try {
      await check();
      lines.push(`[+]${name} ok`);
    } catch (error) {
      healthy = false;
      lines.push(`[-]${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { healthy, text: healthy ? 'ok' : `${lines.join('\n')}\n` };
}
