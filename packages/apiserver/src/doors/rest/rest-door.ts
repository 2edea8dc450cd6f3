import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { apiErrors, type ResourceRequest } from '@keelson/api';
import type { Clock, Logger, ServingTls } from '@keelson/service';
import { listen, webServer } from '@keelson/service/sockets';
import type { Upgrade } from '@keelson/service/web-socket';
import type { Aggregated } from '../../aggregation/aggregated.js';
import type { RemoteRoute } from '../../aggregation/remote-route.js';
import type { AuditRecord } from '../../audit/audit-record.js';
import { isLongRunning } from '../../audit/auditor.js';
import type { Waiting } from '../../auth/authorizer.js';
import type { User } from '../../auth/user.js';
import type { TurnGate, TurnLine } from '../../breather.js';
import { type Encoder, jsonEncoder } from '../../encoding/encoder.js';
import { negotiate, negotiateError } from '../../encoding/negotiate.js';
import { type AdmittedBy, admittedHeaders, type Ticket } from '../../flow-control/limiter.js';
import { Overloaded } from '../../flow-control/overloaded.js';
import type { ProxyDoor } from '../../proxy/proxy-door.js';
import type { ProxyRoute } from '../../proxy/proxy-route.js';
import type { WatchAnswer } from '../../registry/answer.js';
import { type Asked, attributesOf } from '../../registry/attributes.js';
import type { RequestContext, Warn } from '../../registry/context.js';
import { type ApiHandler, type Caller, isUnexpected, type PathAsked, toApiError } from '../../registry/handler.js';
import { PageNotFound } from '../../registry/page-not-found.js';
import { PlainError } from '../../registry/plain-error.js';
import { type ArrivalDependencies, Arrivals } from './arrivals.js';
import { askedBy, remotelyAsked, withBody } from './asked.js';
import { BodyWriter } from './body-writer.js';
import type { Documents } from './documents.js';
import { hasLeft, type Request, type Response } from './exchange.js';
import { headerOf, impersonationOf, type Target, takesGzip, targetOf, verbOf } from './incoming.js';
import { isWatch } from './query.js';
import { recordAnswer, recordUpgrade } from './recorded.js';
import { sendAnswer, sendError, sendFailedWatch, sendWatch } from './reply.js';
import type { Route } from './route.js';
import { Running } from './running.js';
import type { StreamDoor } from './stream-door.js';
import { isWebSocket, watchOverWebSocket } from './web-socket-watch.js';

export interface RestDoorOptions {
  host: string;
  port: number;
  tls: ServingTls;
}

export interface RestDoorDependencies extends ArrivalDependencies {
  handler: ApiHandler;
  documents: Documents;
  streams: StreamDoor;
  proxy: ProxyDoor;
  /** What other servers serve. */
  aggregated: Aggregated;
  logger: Logger;
  clock: Clock;
  turns: TurnLine;
  /** Of requests that begin, and of watches that are sent something. */
  intake: TurnGate;
  fanOut: TurnGate;
  now: () => Date;
}

/** Health may be asked for before there is anything that could allow it. */
const ALWAYS_ALLOWED = /^\/(healthz|livez|readyz)$/;

/** Of an answer that was handed on and not sent. */
const PENDING_BYTES = 64 * 1024;
/** A client that takes longer for an answer keeps nobody else from being served. */
const SENDING_MS = 250;

/** For a client to read why its connection was not upgraded. */
const REFUSED_MS = 5_000;

/** What is known of a request while it is served. */
interface Served {
  readonly bodies: BodyWriter;
  readonly gzip: boolean;
  /** Of the body, before it is compressed. */
  bytes: number;
  readonly sized: (bytes: number) => void;
  readonly turns: TurnLine;
  encoder: Encoder;
  readonly warnings: Set<string>;
  record: AuditRecord | undefined;
  counted: ((code: number, bytes: number) => void) | undefined;
  ticket: Ticket | undefined;
}

/**
 * What a client may have open at once on one connection, and what it may send ahead of one that is not read yet, as
 * kube-apiserver has them.
 */
const HTTP2 = { streamsMax: 250, streamWindowBytes: 256 * 1024, socketBytesMax: 256 * 1024 };

/** Kubernetes' REST API over HTTP/1.1 and HTTP/2, with TLS. Translates; decides nothing. */
export class RestDoor {
  readonly #options: RestDoorOptions;
  readonly #deps: RestDoorDependencies;
  readonly #running = new Running();
  readonly #bodies: BodyWriter;
  readonly #sockets = new Set<Socket>();
  readonly #arrivals: Arrivals;
  #stopListening: (closed: () => void) => void = (closed) => closed();

  constructor(options: RestDoorOptions, dependencies: RestDoorDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#bodies = new BodyWriter(dependencies.turns);
    this.#arrivals = new Arrivals(dependencies);
  }

  /** Resolves to the port. */
  async listen(): Promise<number> {
    const { host, port, tls } = this.#options;
    const { server, goAway } = webServer(
      { ...tls, requestCert: true, rejectUnauthorized: false, http2: HTTP2 },
      (request, response) => {
        const wait = this.#deps.intake.pass(request.socket);
        if (wait === undefined) void this.#serve(request, response);
        else void wait.then(() => this.#serve(request, response));
      },
      { clock: this.#deps.clock },
    );
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('upgrade', (request: IncomingMessage, socket: TLSSocket, head: Buffer) => {
      void this.#upgrade(request, socket, head);
    });
    server.on('tlsClientError', (error) => {
      this.#deps.metrics.requests.handshakeFailed();
      this.#deps.logger.debug({ err: error }, 'TLS handshake failed');
    });
    this.#stopListening = (closed) => {
      server.close(closed);
      goAway();
    };
    return await listen(server, { host, port });
  }

  /** Ends watches, lets other requests finish for `graceMs`, then closes every connection. */
  async close(sleep: (milliseconds: number) => Promise<void>, graceMs = 2_000): Promise<void> {
    this.#running.stop(new Error('the API server is stopping'));
    const closed = new Promise<void>((resolve) => this.#stopListening(resolve));
    await Promise.race([closed, sleep(graceMs)]);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(request: Request, response: Response): Promise<void> {
    const served: Served = {
      ...{ gzip: takesGzip(headerOf(request, 'accept-encoding')), bytes: 0 },
      sized: (bytes) => {
        served.bytes = bytes;
      },
      ...{ encoder: jsonEncoder, warnings: new Set(), turns: this.#deps.turns },
      ...{ record: undefined, counted: undefined, ticket: undefined, bodies: this.#bodies },
    };
    response.on('error', () => {}); // the client left
    const id = this.#arrivals.idOf(request);
    response.setHeader('audit-id', id);
    try {
      const target = this.#targetOf(request);
      served.counted = this.#arrivals.counted(request, target);
      const caller = await this.#arrivals.caller(request, target, id);
      served.record = this.#arrivals.record(request, target, id, caller);
      if (served.record !== undefined) {
        recordAnswer(response, served.record);
        await this.#arrivals.received(served.record);
      }
      await this.#serveCaller(target, caller, request, response, served);
    } catch (error) {
      const isGone = hasLeft(response);
      if (!isGone) this.#report(error, request);
      if (!isGone && isUnexpected(error)) served.record?.panicked(error);
      if (error instanceof Overloaded) showAdmission(response, error.by);
      sendError(response, error, served);
    } finally {
      served.counted?.(response.statusCode, served.bytes || Number(response.getHeader('content-length') ?? 0));
      if (served.ticket !== undefined) this.#release(served.ticket, response);
    }
  }

  /** What is still in memory is being served, while the client takes it in a reasonable time. */
  #release(ticket: Ticket, response: Response): void {
    if ((response.writableEnded && response.writableLength <= PENDING_BYTES) || hasLeft(response)) {
      ticket.release();
      return;
    }
    const timer = this.#deps.clock.after(SENDING_MS, () => ticket.release());
    response.once('close', () => {
      timer.cancel();
      ticket.release();
    });
  }

  async #admit(
    asked: Asked | PathAsked,
    user: User,
    waiting: Waiting,
    response: Response,
    served: Served,
  ): Promise<void> {
    const ticket = await this.#deps.handler.admit(asked, user, waiting);
    served.ticket = ticket;
    showAdmission(response, ticket.by);
  }

  async #serveCaller(
    { url, route }: Target,
    caller: User,
    request: Request,
    response: Response,
    served: Served,
  ): Promise<void> {
    const { handler, documents, proxy, streams, now } = this.#deps;
    const { record } = served;
    const acting = impersonationOf(request);
    const accept = headerOf(request, 'accept');
    if (route.type === 'other') {
      served.encoder = negotiateError(accept);
      const verb = (request.method ?? 'GET').toLowerCase();
      const asked = { verb, url: url.pathname };
      const user = await handler.actingAs(caller, acting, asked, teller(record));
      await this.#admit(asked, user, this.#running.waiting(response), response, served);
      if (!ALWAYS_ALLOWED.test(url.pathname))
        await handler.authorizePath(verb, url.pathname, { user, annotate: annotator(record) });
      const isServed =
        (request.method === 'GET' || request.method === 'HEAD') &&
        (await documents.serve(route.segments, accept, url.searchParams, response));
      if (!isServed) throw new PageNotFound();
      return;
    }
    if (route.type === 'remote') {
      const context = this.#context(caller, request, response, served);
      await this.#serveRemote(route, url, request, response, context, served);
      return;
    }
    if (route.type === 'proxy') {
      const context = await this.#proxying(route, request, caller, this.#running.waiting(response), record);
      await proxy.serve(route, request, response, context);
      return;
    }
    const asked = askedBy(request, route.path, url.searchParams, route.watch === true);
    const user = await handler.actingAs(caller, acting, asked, teller(record));
    const context = this.#context(user, request, response, served);
    await this.#admit(asked, user, context, response, served);
    const wanted = await withBody(asked, request, url.searchParams);
    if (streams.handles(wanted.path)) {
      await streams.serve(wanted, url.searchParams, context, response);
      return;
    }
    const shape = wanted.verb === 'watch' ? 'watch' : wanted.verb === 'list' ? 'list' : 'object';
    const includeObject = url.searchParams.get('includeObject') ?? '';
    const goType = handler.goType(wanted.path);
    const hasTable = handler.hasTable(wanted.path);
    served.encoder = negotiate({ accept, includeObject, now, shape, goType, hasTable });
    await this.#answer(wanted, context, response, served);
  }

  async #answer(request: ResourceRequest, context: RequestContext, response: Response, served: Served): Promise<void> {
    try {
      const answer = await this.#deps.handler.handle(request, context);
      if (answer.type === 'watch') {
        const { kind, stream } = answer;
        served.ticket?.watching(stream);
        const onSent = (events: number) => this.#deps.metrics.requests.watchEvents(kind, events);
        context.signal.addEventListener('abort', () => stream.close(), { once: true });
        const pace = () => this.#deps.fanOut.pass(context.user.user);
        await sendWatch(response, stream, served, { pace, onSent });
      } else await sendAnswer(response, answer, served);
    } catch (error) {
      const known = toApiError(error);
      // Clients look for a version that is too old in the stream, where it also comes later.
      if (request.verb !== 'watch' || known.code !== 410) throw error;
      sendFailedWatch(response, known, served.encoder);
    }
  }

  #context(user: User, request: Request, response: Response, { warnings, record }: Served): RequestContext {
    return this.#contextOf(user, request, this.#running.waiting(response), (text) => void warnings.add(text), record);
  }

  #contextOf(
    user: User,
    request: Request,
    waiting: { readonly signal: AbortSignal },
    warn: Warn,
    record: AuditRecord | undefined,
  ): RequestContext {
    const userAgent = headerOf(request, 'user-agent');
    return {
      ...{ user, userAgent, logger: this.#deps.logger, warn, record, annotate: annotator(record) },
      get signal() {
        return waiting.signal;
      },
    };
  }

  #targetOf(request: Request): Target {
    return targetOf(request, this.#deps.aggregated.find);
  }

  async #serveRemote(
    route: RemoteRoute,
    url: URL,
    request: Request,
    response: Response,
    context: RequestContext,
    served: Served,
  ): Promise<void> {
    const asked = remotelyAsked(route, url, request);
    const user = await this.#deps.handler.actingAs(
      context.user,
      impersonationOf(request),
      asked,
      teller(served.record),
    );
    const acting = { ...context, user };
    await this.#admit(asked, user, context, response, served);
    await this.#authorize(asked, acting);
    const isLong = 'path' in asked && isLongRunning(attributesOf(asked, user));
    const onHead = isLong ? () => served.ticket?.release() : undefined;
    await this.#deps.aggregated.serve(route.api, { url, request, context: acting, isLong }, response, onHead);
  }

  #authorize(asked: Asked | PathAsked, caller: Caller): Promise<void> {
    const { handler } = this.#deps;
    return 'path' in asked ? handler.authorize(asked, caller) : handler.authorizePath(asked.verb, asked.url, caller);
  }

  /** Throws the refusal if the caller may not reach through the server there. */
  async #proxying(
    { path }: ProxyRoute,
    request: Request,
    caller: User,
    waiting: { readonly signal: AbortSignal },
    record: AuditRecord | undefined,
  ): Promise<RequestContext> {
    const method = request.method ?? 'GET';
    const verb = verbOf(method, path, false);
    if (verb === undefined)
      throw apiErrors.methodNotSupported({ group: '', plural: path.resource }, method.toLowerCase());
    const asked = { verb, path };
    const user = await this.#deps.handler.actingAs(caller, impersonationOf(request), asked, teller(record));
    const context = this.#contextOf(user, request, waiting, () => {}, record);
    await this.#deps.handler.authorize(asked, context);
    return context;
  }

  /** A failure that nobody thought of is for a person to read; that the real server says 500 to some input is not. */
  #report(error: unknown, request: Request): void {
    const { code } = toApiError(error);
    if (code < 500) return;
    const isOwn = code !== 500 && !(error instanceof PlainError);
    const level = isUnexpected(error) ? 'error' : isOwn ? 'warn' : 'debug';
    const asked = { method: request.method, path: request.url?.split('?')[0] };
    this.#deps.logger[level]({ err: error, ...asked }, 'request failed');
  }

  async #upgrade(request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    const id = this.#arrivals.idOf(request);
    let record: AuditRecord | undefined;
    let code = 101;
    try {
      const target = this.#targetOf(request);
      const counted = this.#arrivals.counted(request, target);
      socket.once('close', () => {
        counted(code, 0);
        void record?.completed();
      });
      const caller = await this.#arrivals.caller(request, target, id);
      record = this.#arrivals.record(request, target, id, caller);
      if (record !== undefined) {
        await this.#arrivals.received(record);
        recordUpgrade(socket, (answered) => record?.started(answered));
      }
      await this.#upgradeCaller(target, caller, { request, socket, head }, record);
    } catch (error) {
      const known = toApiError(error);
      code = known.code;
      record?.answered(known.status());
      if (record?.wantsAnswers) record.answeredWith(JSON.stringify(known.status()));
      record?.started(code);
      if (isUnexpected(error)) record?.panicked(error);
      await record?.completed();
      const isPlain = known instanceof PlainError;
      const body = isPlain ? `${known.message}\n` : JSON.stringify(known.status());
      const type = isPlain ? 'text/plain; charset=utf-8' : 'application/json';
      const headers = `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\naudit-id: ${id}`;
      // What the client still sends is of no use to anybody, but without it its end would not be seen.
      socket.resume();
      socket.end(`HTTP/1.1 ${code} ${known.reason}\r\n${headers}\r\nconnection: close\r\n\r\n${body}`);
      const impatience = this.#deps.clock.after(REFUSED_MS, () => socket.destroy());
      socket.once('close', () => impatience.cancel());
    }
  }

  async #upgradeCaller(
    { url, route }: Target,
    caller: User,
    upgrade: Upgrade,
    record: AuditRecord | undefined,
  ): Promise<void> {
    const { request, socket } = upgrade;
    if (route.type === 'proxy') {
      const context = await this.#proxying(route, request, caller, this.#running.waiting(socket), record);
      await this.#deps.proxy.upgrade(route, upgrade, context);
      return;
    }
    if (route.type === 'remote') {
      const asked = remotelyAsked(route, url, request);
      const user = await this.#deps.handler.actingAs(caller, impersonationOf(request), asked, teller(record));
      const context = this.#contextOf(user, request, this.#running.waiting(socket), () => {}, record);
      await this.#authorize(asked, context);
      await this.#deps.aggregated.upgrade(route.api, url, upgrade, context);
      return;
    }
    const isStream = route.type === 'resource' && this.#deps.streams.handles(route.path);
    if (!isStream && isWebSocket(upgrade) && watchIn(route, url.searchParams)) {
      await this.#watchOverWebSocket(route, url.searchParams, caller, upgrade, record);
      return;
    }
    if (!isStream) throw apiErrors.badRequest('unable to upgrade: not a stream');
    const { path } = route;
    const verb = request.method === 'POST' ? 'create' : 'get';
    const acting = impersonationOf(request);
    const user = await this.#deps.handler.actingAs(caller, acting, { verb, path }, teller(record));
    const context = this.#contextOf(user, request, this.#running.waiting(socket), () => {}, record);
    await this.#deps.streams.upgrade(path, url.searchParams, context, upgrade);
  }

  async #watchOverWebSocket(
    { path, watch = false }: Route & { type: 'resource' },
    query: URLSearchParams,
    caller: User,
    upgrade: Upgrade,
    record: AuditRecord | undefined,
  ): Promise<void> {
    const { handler, now, fanOut, metrics } = this.#deps;
    const { request, socket } = upgrade;
    const asked = askedBy(request, path, query, watch);
    const user = await handler.actingAs(caller, impersonationOf(request), asked, teller(record));
    const context = this.#contextOf(user, request, this.#running.waiting(socket), () => {}, record);
    const ticket = await handler.admit(asked, user, context);
    const pace = () => fanOut.pass(user.user);
    const onSent = ({ kind }: WatchAnswer, events: number) => metrics.requests.watchEvents(kind, events);
    try {
      const includeObject = query.get('includeObject') ?? '';
      const dependencies = { handler, now, pace, onSent };
      await watchOverWebSocket(asked, upgrade, context, { ticket, includeObject }, dependencies);
    } finally {
      ticket.release();
    }
  }
}

function watchIn(route: Route, query: URLSearchParams): route is Route & { type: 'resource' } {
  return route.type === 'resource' && (route.watch === true || (route.path.name === '' && isWatch(query)));
}

function showAdmission(response: Response, by: AdmittedBy | undefined): void {
  if (by === undefined) return;
  for (const [name, value] of admittedHeaders(by)) response.setHeader(name, value);
}

/** Tells a record whom the caller acts as. */
function teller(record: AuditRecord | undefined) {
  return record && ((user: User, constraint: string | undefined) => record.impersonated(user, constraint));
}

function annotator(record: AuditRecord | undefined) {
  return record && ((key: string, value: string) => record.annotate(key, value));
}
