import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createServer as createHttps,
  type ServerOptions as HttpsOptions,
  type Server as HttpsServer,
} from 'node:https';
import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Clock } from '../clock.js';
import { Http2Server } from '../http2/http2-server.js';
import { HTTP2_DEFAULTS, type Http2Options } from '../http2/options.js';
import { listenError } from '../net.js';
import { containListeners, protect, tellHandlerError } from './protect.js';
import type { WebRequestHandler } from './web.js';

export type SocketHandler<S extends Socket = Socket> = (socket: S) => void;
export type HttpRequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
export function tcpServer(options: ServerOpts, onSocket: SocketHandler): Server {
  return kept(createServer(options), 'connection', onSocket);
}

export function tlsServer(options: TlsOptions, onSocket: SocketHandler<TLSSocket>): Server {
  return kept(createTls(options), 'secureConnection', onSocket as SocketHandler);
}

/** Speaks TLS if `tls` is given. */
export function httpServer(options: { tls?: HttpsOptions | undefined }, onRequest: HttpRequestHandler): HttpServer {
  const server = options.tls === undefined ? createHttp() : createHttps(options.tls);
  server.on('request', contained(onRequest));
  return kept(server, options.tls === undefined ? 'connection' : 'secureConnection');
}

export interface WebServerOptions extends HttpsOptions {
  readonly http2?: Partial<Http2Options>;
}

/** HTTP/2 and HTTP/1.1 over TLS; `goAway` lets no new requests begin on the connections of HTTP/2 that there are. */
export function webServer(
  { http2, ...options }: WebServerOptions,
  onRequest: WebRequestHandler,
  { clock }: { clock: Clock },
): { readonly server: HttpsServer; goAway(): void } {
  const handler = contained(onRequest);
  const http2Server = new Http2Server({ ...HTTP2_DEFAULTS, ...http2 }, clock, handler);
  const server = createHttps({ ...options, ALPNProtocols: ['h2', 'http/1.1'] }, handler);
  const overHttp1 = server.listeners('secureConnection') as SocketHandler<TLSSocket>[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') http2Server.serve(socket);
    else for (const serve of overHttp1) serve.call(server, socket);
  });
  return { server: kept(server, 'secureConnection'), goAway: () => http2Server.goAway() };
}

/** A handler whose failure costs its caller the answer. */
function contained<Q, R extends { destroy?: (error?: Error) => unknown; on(event: 'error', run: () => void): unknown }>(
  handler: (request: Q, response: R) => void | Promise<void>,
) {
  return (request: Q, response: R): void => {
    response.on('error', () => {});
    const fail = (error: unknown) => {
      tellHandlerError(error);
      response.destroy?.();
    };
    try {
      handler(request, response)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

/** A server whose sockets are all protected, and which outlives what a listener of its own throws. */
function kept<S extends Server>(server: S, event: 'connection' | 'secureConnection', onSocket?: SocketHandler): S {
  server.on('error', () => {});
  containListeners(server, (_error, args) => {
    for (const it of args) if (isEnding(it)) it.destroy();
  });
  for (const accepted of new Set(['connection', event])) {
    server.prependListener(accepted, (socket: Socket) => void protect(socket, (it) => it.destroy()));
  }
  if (onSocket !== undefined) server.on(event, onSocket);
  return server;
}

function isEnding(value: unknown): value is { destroy(): void } {
  return typeof (value as { destroy?: unknown } | null)?.destroy === 'function';
}

/** Resolves to the port, or rejects with what to do about it. */
export async function listen(
  server: Server,
  where: { host: string; port: number } | { path: string },
): Promise<number> {
  const address = 'path' in where ? where.path : addressText(where);
  await new Promise<void>((resolve, reject) => {
    const refused = (error: Error) => reject(listenError(error, address));
    server.once('error', refused);
    server.listen(where, () => {
      server.off('error', refused);
      resolve();
    });
  });
  return 'path' in where ? 0 : (server.address() as AddressInfo).port;
}

function addressText({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
