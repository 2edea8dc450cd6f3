/** Requests and answers that go through the server: what of them is passed on, and how. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream';
import { ApiError } from '@keelson/api';
import { bodyStreamOf } from '@keelson/service/sockets';
import type { Upgrade } from '@keelson/service/web-socket';
import { type Request, type Response, sendOn } from '../doors/rest/exchange.js';

/** What is between two neighbours, or for this server alone. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'http2-settings', 'host', 'authorization'],
]);
const PRIVATE = /^(impersonate-|x-remote-)/;
/** What another server lets pages of other origins do is no word of this one's. */
const CROSS_ORIGIN = /^access-control-/;

/** The headers of a request as they go on to `host`. */
export function passedHeaders(request: Request, host: string): OutgoingHttpHeaders {
  const listed = new Set((request.headers.connection ?? '').toLowerCase().split(/ *, */));
  const headers = Object.fromEntries(
    Object.entries(request.headers as IncomingHttpHeaders).filter(
      ([name]) => !HOP_BY_HOP.has(name) && !PRIVATE.test(name) && !listed.has(name),
    ),
  );
  const { pathname } = new URL(request.url ?? '/', 'https://apiserver');
  const from = [headers['x-forwarded-for'] ?? [], request.socket.remoteAddress ?? []].flat();
  return {
    ...headers,
    'x-forwarded-uri': pathname,
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': from.join(', '),
    host,
  };
}

/** Those that ask for another protocol. */
export function upgradeHeaders({ headers: { upgrade = '' } }: Request): OutgoingHttpHeaders {
  return { connection: 'Upgrade', upgrade };
}

/** Where an answer comes from, for the redirections in it. */
export interface PassedTo {
  readonly host: string;
  /** The part of the request's path that the other does not know of. */
  readonly base: string;
}

/** Sends the request's body on. */
export function sendBody(request: Request, passed: ClientRequest): void {
  if (hasBody(request)) pipeline(bodyStreamOf(request), passed, () => {});
  else passed.end();
}

export function hasBody({ method }: Request): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

/** Sends an answer back, as fast as it is taken. */
export async function sendBack(answer: IncomingMessage, response: Response, to: PassedTo): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers, to));
  response.flushHeaders();
  await sendOn(answer, response);
}

/** Joins both connections once the other has agreed to upgrade, or sends its refusal back. Throws where nobody answers. */
export async function joinUpgrade(passed: ClientRequest, { socket, head }: Upgrade): Promise<void> {
  passed.on('upgrade', (answer, behind, first) => {
    socket.write(headText(answer));
    if (first.length > 0) socket.write(first);
    if (head.length > 0) behind.write(head);
    pipeline(socket, behind, () => behind.destroy());
    pipeline(behind, socket, () => socket.destroy());
  });
  passed.end();
  const answer = await answerOf(passed, true);
  if (answer === undefined) return;
  socket.write(headText(answer));
  pipeline(answer, socket, () => socket.destroy());
}

/** The answer; undefined: the connection was upgraded instead. Rejects with what went wrong where nobody answers. */
export function answerOf(passed: ClientRequest): Promise<IncomingMessage>;
export function answerOf(passed: ClientRequest, upgrades: true): Promise<IncomingMessage | undefined>;
export function answerOf(passed: ClientRequest, upgrades = false): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    passed.on('response', resolve);
    if (upgrades) passed.on('upgrade', () => resolve(undefined));
    passed.on('error', reject);
    passed.on('close', () => reject(new Error('the connection was closed before an answer')));
  });
}

export function unreachable(why: string): ApiError {
  return new ApiError({
    code: 503,
    reason: 'ServiceUnavailable',
    message: `error trying to reach service: ${why}`,
  });
}

function answerHeaders(headers: IncomingHttpHeaders, to: PassedTo): IncomingHttpHeaders {
  const passed = Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !CROSS_ORIGIN.test(name)),
  );
  const { location } = headers;
  return location === undefined ? passed : { ...passed, location: locationBehind(location, to) };
}

/** Where a redirection leads, seen from before the server. */
function locationBehind(location: string, { base, host }: PassedTo): string {
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
