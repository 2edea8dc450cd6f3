import type { IncomingMessage, Server } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Registry } from 'prom-client';
import { type ShownCertificate, shownCertificate } from './client-certificates.js';
import { httpServer, listen } from './sockets/servers.js';
import type { TlsIdentity } from './tls.js';

/** A named check; resolves when healthy, throws the reason otherwise. */
export type HealthCheck = () => void | Promise<void>;

/** Why somebody may not see a path, as a status and a text; undefined: they may. */
export type StatusGuard = (asked: {
  readonly verb: string;
  readonly path: string;
  readonly certificate: ShownCertificate | undefined;
  readonly authorization: string | undefined;
}) => Promise<{ readonly status: number; readonly text: string } | undefined>;

/** A page that a process shows beyond those that all have. */
export type StatusPage = (
  url: URL,
) => Promise<{ readonly status: number; readonly type: string; readonly text: string }>;

export interface StatusServerOptions {
  host: string;
  port: number;
  tls?: TlsIdentity | undefined;
}

export interface StatusServerDependencies {
  registry: Registry;
  readiness: Map<string, HealthCheck>;
  /** By path. */
  pages?: ReadonlyMap<string, StatusPage> | undefined;
  /** Asked for everything but the health of the process; absent: all may see all. */
  guard?: StatusGuard | undefined;
}

/** `/metrics`, `/livez`, `/readyz` and `/healthz` of a process that has no HTTP door of its own. */
export class StatusServer {
  readonly #options: StatusServerOptions;
  readonly #deps: StatusServerDependencies;
  #server: Server | undefined;

  constructor(options: StatusServerOptions, dependencies: StatusServerDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Resolves to the port it listens on. */
  async listen(): Promise<number> {
    const { tls, host, port } = this.#options;
    // Whose certificate it is is for the guard to see.
    const secure = tls && { ...tls, requestCert: true, rejectUnauthorized: false };
    this.#server = httpServer({ tls: secure }, (request, response) => this.#answer(request, response));
    return await listen(this.#server, { host, port });
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }

  async #answer(request: IncomingMessage, response: ResponseWriter): Promise<void> {
    const path = request.url?.split('?')[0] ?? '/';
    if (path === '/livez') {
      plain(response, 200, 'ok');
    } else if (path === '/readyz' || path === '/healthz') {
      const { healthy, text } = await runChecks(this.#deps.readiness);
      plain(response, healthy ? 200 : 500, text);
    } else {
      const refusal = await this.#refusal(request, path);
      const page = this.#deps.pages?.get(path);
      if (refusal !== undefined) plain(response, refusal.status, refusal.text);
      else if (page !== undefined) await show(page, request, response);
      else if (path === '/metrics') {
        response.writeHead(200, { 'content-type': this.#deps.registry.contentType });
        response.end(await this.#deps.registry.metrics());
      } else plain(response, 404, '404 page not found\n');
    }
  }

  async #refusal({ method = 'GET', headers, socket }: IncomingMessage, path: string): ReturnType<StatusGuard> {
    const certificate = this.#options.tls && shownCertificate(socket as TLSSocket);
    const { authorization } = headers;
    return await this.#deps.guard?.({ verb: method.toLowerCase(), path, certificate, authorization });
  }
}

async function show(page: StatusPage, { method = 'GET', url = '/' }: IncomingMessage, response: ResponseWriter) {
  if (method !== 'GET') return plain(response, 405, '405: Method Not Allowed');
  const { status, type, text } = await page(new URL(url, 'http://localhost'));
  response.writeHead(status, { 'content-type': type });
  response.end(text);
}

function plain(response: ResponseWriter, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
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
