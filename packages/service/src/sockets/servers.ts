import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
} from 'node:http2';
import { createServer as createHttps, type ServerOptions as HttpsOptions } from 'node:https';
import { type AddressInfo, createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Clock } from '../clock.js';
import { listenError } from '../net.js';
import { containListeners, protect, tellHandlerError } from './protect.js';
import { endWhenSilent } from './silent-sessions.js';

export type SocketHandler<S extends Socket = Socket> = (socket: S) => void;
export type HttpRequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
export type Http2RequestHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void | Promise<void>;

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

/** HTTP/2 and, where the options allow it, HTTP/1.1. */
export function http2Server(
  options: SecureServerOptions,
  onRequest: Http2RequestHandler,
  { clock }: { clock: Clock },
): Http2SecureServer {
  const server = createSecureServer(options);
  server.on('session', (session) => endWhenSilent(session, clock));
  server.on('request', contained(onRequest));
  server.on('sessionError', () => {});
  return kept(server, 'secureConnection');
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
