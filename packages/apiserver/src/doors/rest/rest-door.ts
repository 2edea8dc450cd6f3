import type { IncomingMessage } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  apiErrors,
  type RequestOptions,
  type RequestVerb,
  type ResourcePath,
  type ResourceRequest,
} from '@keelson/api';
import { type Logger, type Random, type ShownCertificate, shownCertificate, type TlsIdentity } from '@keelson/service';
import { http2Server, listen } from '@keelson/service/sockets';
import type { Authenticator } from '../../auth/authenticator.js';
import { type Impersonation, impersonationIn } from '../../auth/impersonation.js';
import type { HeaderValues } from '../../auth/request-header.js';
import type { User } from '../../auth/user.js';
import { type Encoder, jsonEncoder } from '../../encoding/encoder.js';
import { negotiate } from '../../encoding/negotiate.js';
import type { ProxyDoor } from '../../proxy/proxy-door.js';
import type { ProxyRoute } from '../../proxy/proxy-route.js';
import type { RequestContext, Warn } from '../../registry/context.js';
import { type ApiHandler, methodNotAllowed, toApiError } from '../../registry/handler.js';
import { readAll } from './body.js';
import type { Documents } from './documents.js';
import type { Request, Response } from './exchange.js';
import { deleteOptionsIn, includeObjectOf, isWatch, optionsOf } from './query.js';
import { sendAnswer, sendError, sendFailedWatch, sendText, sendWatch } from './reply.js';
import { routeOf } from './route.js';
import type { StreamDoor } from './stream-door.js';
import { takeWebSocketToken } from './web-socket-token.js';

export interface RestDoorOptions {
  host: string;
  port: number;
  tls: TlsIdentity;
}

export interface RestDoorDependencies {
  handler: ApiHandler;
  documents: Documents;
  authenticator: Authenticator;
  streams: StreamDoor;
  proxy: ProxyDoor;
  logger: Logger;
  random: Random;
  now: () => Date;
}

/** Health may be asked for before there is anything that could allow it. */
const ALWAYS_ALLOWED = /^\/(healthz|livez|readyz)$/;

const NEEDS_NAME = new Set(['PUT', 'PATCH']);

const VERBS: Readonly<Record<string, (named: boolean, watch: boolean) => RequestVerb>> = {
  GET: (named, watch) => (named ? 'get' : watch ? 'watch' : 'list'),
  HEAD: (named) => (named ? 'get' : 'list'),
  POST: () => 'create',
  PUT: () => 'update',
  PATCH: () => 'patch',
  DELETE: (named) => (named ? 'delete' : 'deletecollection'),
};

/** Kubernetes' REST API over HTTP/1.1 and HTTP/2, with TLS. Translates; decides nothing. */
export class RestDoor {
  readonly #options: RestDoorOptions;
  readonly #deps: RestDoorDependencies;
  readonly #stopping = new AbortController();
  readonly #sockets = new Set<Socket>();
  readonly #certificates = new WeakMap<object, ShownCertificate | undefined>();
  #server: Http2SecureServer | undefined;

  constructor(options: RestDoorOptions, dependencies: RestDoorDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  /** Resolves to the port. */
  async listen(): Promise<number> {
    const { host, port, tls } = this.#options;
    const server = http2Server(
      {
        ...tls,
        allowHTTP1: true,
        requestCert: true,
        rejectUnauthorized: false,
        settings: { maxConcurrentStreams: 1000 },
      },
      (request, response) => this.#serve(request, response),
    );
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: TLSSocket, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
    server.on('sessionError', (error) => this.#deps.logger.debug({ err: error }, 'HTTP/2 session failed'));
    server.on('tlsClientError', (error) => this.#deps.logger.debug({ err: error }, 'TLS handshake failed'));
    this.#server = server;
    return await listen(server, { host, port });
  }

  /** Ends watches, lets other requests finish for `graceMs`, then closes every connection. */
  async close(sleep: (milliseconds: number) => Promise<void>, graceMs = 2_000): Promise<void> {
    this.#stopping.abort(new Error('the API server is stopping'));
    const closed = new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
    await Promise.race([closed, sleep(graceMs)]);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request: Request, response: Response): Promise<void> {
    let encoder: Encoder = jsonEncoder;
    const warnings = new Set<string>();
    response.on('error', () => {}); // the client left
    response.setHeader('audit-id', this.#deps.random.uuid());
    try {
      const caller = await this.#authenticate(request);
      const acting = impersonationOf(request);
      const url = urlOf(request);
      const route = routeOf(url.pathname);
      const accept = headerOf(request, 'accept');
      if (route.type === 'other') {
        const verb = (request.method ?? 'GET').toLowerCase();
        const user = await this.#deps.handler.actingAs(caller, acting, { verb, url: url.pathname });
        if (!ALWAYS_ALLOWED.test(url.pathname)) await this.#deps.handler.authorizePath(verb, url.pathname, user);
        const served =
          (request.method === 'GET' || request.method === 'HEAD') &&
          (await this.#deps.documents.serve(route.segments, accept, url.searchParams, response));
        if (!served) sendText(response, 404, '404 page not found\n');
        return;
      }
      if (route.type === 'proxy') {
        const context = await this.#proxying(route, request, caller, goneSignal(response));
        await this.#deps.proxy.serve(route, request, response, context);
        return;
      }
      const wanted = await this.#request(request, route.path, url.searchParams, route.watch === true);
      const user = await this.#deps.handler.actingAs(caller, acting, wanted);
      const context = this.#context(user, request, response, warnings);
      if (this.#deps.streams.handles(wanted.path)) {
        await this.#deps.streams.serve(wanted, url.searchParams, context, response);
        return;
      }
      const shape = wanted.verb === 'watch' ? 'watch' : wanted.verb === 'list' ? 'list' : 'object';
      const includeObject = includeObjectOf(url.searchParams);
      const goType = this.#deps.handler.goType(wanted.path);
      const hasTable = this.#deps.handler.hasTable(wanted.path);
      encoder = negotiate({ accept, includeObject, now: this.#deps.now, shape, goType, hasTable });
      await this.#answer(wanted, context, response, encoder, warnings);
    } catch (error) {
      this.#report(error, request);
      sendError(response, error, encoder, warnings);
    }
  }

  async #answer(
    request: ResourceRequest,
    context: RequestContext,
    response: Response,
    encoder: Encoder,
    warnings: ReadonlySet<string>,
  ): Promise<void> {
    try {
      const answer = await this.#deps.handler.handle(request, context);
      if (answer.type === 'watch') {
        context.signal.addEventListener('abort', () => answer.stream.close(), { once: true });
        await sendWatch(response, answer.kind, answer.stream, encoder, warnings);
      } else await sendAnswer(response, answer, encoder, warnings);
    } catch (error) {
      const known = toApiError(error);
      // Clients look for a version that is too old in the stream, where it also comes later.
      if (request.verb !== 'watch' || known.code !== 410) throw error;
      sendFailedWatch(response, known, encoder);
    }
  }

  async #request(
    request: Request,
    path: ResourcePath,
    query: URLSearchParams,
    watch: boolean,
  ): Promise<ResourceRequest> {
    const verbOf = VERBS[request.method ?? 'GET'];
    if (verbOf === undefined)
      throw apiErrors.methodNotSupported(
        { group: path.group, plural: path.resource },
        String(request.method).toLowerCase(),
      );
    const named = path.name !== '';
    const needsName = NEEDS_NAME.has(request.method ?? '');
    const isMismatch = path.subresource === '' && (needsName ? !named : request.method === 'POST' && named);
    if (isMismatch || request.method === 'HEAD') throw methodNotAllowed();
    const { verb, options } = watched(verbOf(named, isWatch(query)), path, watch, optionsOf(query));
    const hasBody = verb !== 'get' && verb !== 'list' && verb !== 'watch';
    if (!hasBody) return { verb, path, options };
    const bytes = await readAll(request);
    const mediaType = headerOf(request, 'content-type');
    if (bytes.length === 0 && verb.startsWith('delete')) {
      const inQuery = deleteOptionsIn(query);
      const body = inQuery && { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(inQuery)) };
      return { verb, path, options, body };
    }
    return { verb, path, options, body: { mediaType, bytes } };
  }

  async #authenticate(request: Request): Promise<User> {
    const user = await this.#deps.authenticator.authenticate({
      certificate: this.#shownOn(request.socket as TLSSocket),
      authorization: request.headers.authorization ?? takeWebSocketToken(request.headers),
      headers: headersOf(request),
      path: urlOf(request).pathname,
    });
    if (user === undefined) throw apiErrors.unauthorized();
    return user;
  }

  /** A connection's certificate stays what it is. */
  #shownOn(socket: TLSSocket): ShownCertificate | undefined {
    if (!this.#certificates.has(socket)) this.#certificates.set(socket, shownCertificate(socket));
    return this.#certificates.get(socket);
  }

  #context(user: User, request: Request, response: Response, warnings: Set<string>): RequestContext {
    return this.#contextOf(user, request, goneSignal(response), (text) => void warnings.add(text));
  }

  #contextOf(user: User, request: Request, gone: AbortSignal, warn: Warn): RequestContext {
    const signal = AbortSignal.any([gone, this.#stopping.signal]);
    return { user, userAgent: headerOf(request, 'user-agent'), signal, logger: this.#deps.logger, warn };
  }

  /** Throws the refusal if the caller may not reach through the server there. */
  async #proxying({ path }: ProxyRoute, request: Request, caller: User, gone: AbortSignal): Promise<RequestContext> {
    const method = request.method ?? 'GET';
    const verb = VERBS[method]?.(true, false);
    if (verb === undefined)
      throw apiErrors.methodNotSupported({ group: '', plural: path.resource }, method.toLowerCase());
    const asked = { verb, path };
    const user = await this.#deps.handler.actingAs(caller, impersonationOf(request), asked);
    const context = this.#contextOf(user, request, gone, () => {});
    await this.#deps.handler.authorize(asked, context);
    return context;
  }

  #report(error: unknown, request: Request): void {
    const known = toApiError(error);
    if (known.code < 500) return;
    const level = known.code === 500 ? 'error' : 'warn';
    this.#deps.logger[level](
      { err: error, method: request.method, path: request.url?.split('?')[0] },
      'request failed',
    );
  }

  async #upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    try {
      const caller = await this.#authenticate(request);
      const url = urlOf(request);
      const route = routeOf(url.pathname);
      if (route.type === 'proxy') {
        const context = await this.#proxying(route, request, caller, goneSignal(socket));
        await this.#deps.proxy.upgrade(route, { request, socket, head }, context);
        return;
      }
      if (route.type !== 'resource' || !this.#deps.streams.handles(route.path))
        throw apiErrors.badRequest('unable to upgrade: not a stream');
      const verb = request.method === 'POST' ? 'create' : 'get';
      const user = await this.#deps.handler.actingAs(caller, impersonationOf(request), { verb, path: route.path });
      const context = this.#contextOf(user, request, goneSignal(socket), () => {});
      await this.#deps.streams.upgrade(route.path, url.searchParams, context, { request, socket, head });
    } catch (error) {
      const known = toApiError(error);
      const body = JSON.stringify(known.status());
      socket.end(
        `HTTP/1.1 ${known.code} ${known.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
    }
  }
}

/** Aborts when the client's side is closed. */
function goneSignal(client: Pick<Response, 'once'> | Socket): AbortSignal {
  const gone = new AbortController();
  client.once('close', () => gone.abort(new Error('the client left')));
  return gone.signal;
}

function headerOf(request: Request, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** What is asked for; a path may begin with several slashes, which is no name of another host. */
function urlOf({ url = '/' }: Request): URL {
  try {
    return new URL(url.startsWith('/') ? `https://apiserver${url}` : url, 'https://apiserver');
  } catch {
    throw apiErrors.badRequest(`the request's target ${JSON.stringify(url)} is not a URL`);
  }
}

/** Whom the caller wants to act as. */
function impersonationOf(request: Request): Impersonation | undefined {
  const { names, all } = headersOf(request);
  return impersonationIn(names, all);
}

/** Each value by itself: Node joins what comes twice. */
function headersOf(request: Request): HeaderValues {
  const raw = 'rawHeaders' in request ? request.rawHeaders : [];
  const all = (name: string) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1]!.toLowerCase() === name);
  return { names: Object.keys(request.headers), all };
}

/** A watch of one name is one of the list with that name; the older paths ask for watches by themselves. */
function watched(
  verb: RequestVerb,
  { name }: ResourcePath,
  olderPath: boolean,
  options: RequestOptions,
): { verb: RequestVerb; options: RequestOptions } {
  if (!olderPath) return { verb, options };
  if (name === '') return { verb: 'watch', options };
  const fieldSelector = [options.fieldSelector, `metadata.name=${name}`].filter(Boolean).join(',');
  return { verb: 'watch', options: { ...options, fieldSelector } };
}
