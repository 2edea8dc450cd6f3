import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { ApiError } from '@keelson/api';
import { bodyStreamOf, requestHttp } from '@keelson/service/sockets';
import type { Upgrade } from '@keelson/service/web-socket';
import type { OpenConnection } from '../admission/connections.js';
import { type Request, type Response, sendOn } from '../doors/rest/exchange.js';
import type { RequestContext } from '../registry/context.js';
import type { ProxyRoute } from './proxy-route.js';
import { type ProxyTarget, type ProxyTargetDependencies, proxyTarget } from './proxy-target.js';

/** Passes requests and upgraded connections on, and answers back. Whether the caller may is decided before. */
export class ProxyDoor {
  readonly #deps: ProxyTargetDependencies & { readonly open: OpenConnection };

  constructor(dependencies: ProxyTargetDependencies & { readonly open: OpenConnection }) {
    this.#deps = dependencies;
  }

  /** Resolves when the answer is sent. Throws what is answered instead. */
  async serve(route: ProxyRoute, request: Request, response: Response, context: RequestContext): Promise<void> {
    const { signal } = context;
    await this.#admitted(route, context);
    const target = await proxyTarget(route.path, this.#deps);
    const { pathname, search } = new URL(request.url ?? '/', 'https://apiserver');
    // Relative links of a page begin after the last slash.
    if (route.rest === '' && (request.method === 'GET' || request.method === 'HEAD')) {
      response.writeHead(301, { location: `${pathname}/${search}` });
      response.end();
      return;
    }
    const passed = open(target, route.rest + search, request, {});
    const abort = () => passed.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
      if (hasBody) pipeline(bodyStreamOf(request), passed, () => {});
      else passed.end();
      const answer = await answerOf(passed);
      const base = pathname.slice(0, pathname.length - route.rest.length);
      response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers, base, target));
      await sendOn(answer, response);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #admitted({ path, rest }: ProxyRoute, context: RequestContext): Promise<void> {
    return this.#deps.open({ ...path, subresource: 'proxy' }, rest === '' ? {} : { path: rest }, context);
  }

  /** Joins an upgraded connection to one behind. Throws what is answered instead. */
  async upgrade(route: ProxyRoute, { request, socket, head }: Upgrade, context: RequestContext): Promise<void> {
    const { signal } = context;
    await this.#admitted(route, context);
    const target = await proxyTarget(route.path, this.#deps);
    const { search } = new URL(request.url ?? '/', 'https://apiserver');
    const { upgrade = '' } = request.headers;
    const passed = open(target, (route.rest || '/') + search, request, { connection: 'Upgrade', upgrade });
    const abort = () => passed.destroy();
    signal.addEventListener('abort', abort, { once: true });
    passed.on('upgrade', (answer, behind, first) => {
      socket.write(headText(answer));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) behind.write(head);
      pipeline(socket, behind, () => behind.destroy());
      pipeline(behind, socket, () => socket.destroy());
    });
    passed.end();
    try {
      const answer = await answerOf(passed, true);
      if (answer === undefined) return;
      socket.write(headText(answer));
      pipeline(answer, socket, () => socket.destroy());
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
}

/** What is between two neighbours, or for this server alone. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'http2-settings', 'host', 'authorization'],
]);
const PRIVATE = /^(impersonate-|x-remote-)/;

function open(target: ProxyTarget, path: string, request: Request, more: Record<string, string>): ClientRequest {
  const listed = new Set((request.headers.connection ?? '').toLowerCase().split(/ *, */));
  const headers = Object.fromEntries(
    Object.entries(request.headers as IncomingHttpHeaders).filter(
      ([name]) => !HOP_BY_HOP.has(name) && !PRIVATE.test(name) && !listed.has(name),
    ),
  );
  const { pathname } = new URL(request.url ?? '/', 'https://apiserver');
  const from = [headers['x-forwarded-for'] ?? [], request.socket.remoteAddress ?? []].flat();
  const forwarded = {
    'x-forwarded-uri': pathname,
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': from.join(', '),
  };
  return requestHttp(`http://${target.host}${path}`, {
    method: request.method ?? 'GET',
    headers: { ...headers, ...forwarded, host: target.host, ...more },
    createConnection: () => target.connect(),
  });
}

/** The answer; undefined: the connection was upgraded instead. Rejects with the refusal where nobody answers. */
function answerOf(passed: ClientRequest): Promise<IncomingMessage>;
function answerOf(passed: ClientRequest, upgrades: true): Promise<IncomingMessage | undefined>;
function answerOf(passed: ClientRequest, upgrades = false): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    passed.on('response', resolve);
    if (upgrades) passed.on('upgrade', () => resolve(undefined));
    passed.on('error', (error) => reject(unreachable(error)));
    passed.on('close', () => reject(unreachable(new Error('the connection was closed before an answer'))));
  });
}

function unreachable(error: Error): ApiError {
  const why = (error as { details?: string }).details ?? error.message;
  return new ApiError({
    code: 503,
    reason: 'ServiceUnavailable',
    message: `error trying to reach service: ${why}`,
  });
}

function answerHeaders(headers: IncomingHttpHeaders, base: string, { host }: ProxyTarget): IncomingHttpHeaders {
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  const { location } = headers;
  return location === undefined ? passed : { ...passed, location: locationBehind(location, base, host) };
}

/** Where a redirection leads, seen from before the server. */
function locationBehind(location: string, base: string, host: string): string {
  const own = /^https?:\/\/([^/?#]*)(.*)$/.exec(location);
  if (own !== null && own[1] !== host) return location;
  const path = own === null ? location : own[2] || '/';
  return !path.startsWith('/') || path.startsWith(`${base}/`) ? path : `${base}${path}`;
}

/** The beginning of an answer, for a connection that node:http left. */
function headText({ statusCode = 502, statusMessage = '', headers, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  if (statusCode !== 101 && headers.connection === undefined) lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}
