import type { IncomingMessage } from 'node:http';
import type { Container, HTTPGetAction } from '@keelson/api';
import { requestHttp } from '@keelson/service/sockets';

/** The number behind a port that may be given by name. */
export function portNumber(port: number | string | undefined, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const value = named ?? Number(port);
  if (!(value > 0 && value < 65_536)) throw new Error(`couldn't find port "${port}" of container "${container.name}"`);
  return value;
}

export interface HttpAnswer {
  status: number;
  body: string;
}

const BODY_BYTES_MAX = 10 * 1024;
const REDIRECTS_MAX = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Where an action's GET goes. Throws if the action does not say. */
export function httpTarget(action: HTTPGetAction, container: Container, podIP: string): URL {
  const host = action.host || podIP;
  if (host === '') throw new Error(`container "${container.name}" has no address yet`);
  const scheme = action.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http';
  const authority = `${host.includes(':') ? `[${host}]` : host}:${portNumber(action.port, container)}`;
  const path = action.path ?? '/';
  return new URL(`${scheme}://${authority}${path.startsWith('/') ? path : `/${path}`}`);
}

/**
 * One GET as probes and hooks make it: certificates are not checked, a new connection each time. Redirects are followed
 * on the same host; one to another host is the answer, for a probe must not be led out of its pod.
 */
export async function httpGet(
  target: URL,
  action: HTTPGetAction,
  options: { userAgent: string; signal: AbortSignal },
): Promise<HttpAnswer> {
  const headers = requestHeaders(action, options.userAgent);
  let url = target;
  for (let made = 1; ; made++) {
    const { response, body } = await get(url, headers, options.signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!REDIRECTS.has(status) || location === undefined || location === '') return { status, body };
    const next = new URL(location, url);
    if (next.hostname !== target.hostname) return { status, body };
    if (made >= REDIRECTS_MAX) throw new Error(`stopped after ${REDIRECTS_MAX} redirects`);
    // A host name that was asked for holds where the redirect names none.
    if (next.host !== url.host) delete headers['host'];
    url = next;
  }
}

function requestHeaders(action: HTTPGetAction, userAgent: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const { name = '', value = '' } of action.httpHeaders ?? []) {
    const key = name.toLowerCase();
    headers[key] = [...(headers[key] ?? []), value];
  }
  const filled = { 'user-agent': [userAgent], accept: ['*/*'], ...headers, connection: ['close'] };
  // An empty value is how a pod asks for these two not to be sent.
  for (const key of ['user-agent', 'accept'] as const)
    if (filled[key].join('') === '') delete (filled as typeof headers)[key];
  return filled;
}

/** The answer with as much of its body as is ever looked at; what follows is not waited for. */
async function get(
  url: URL,
  headers: Record<string, string[]>,
  signal: AbortSignal,
): Promise<{ response: IncomingMessage; body: string }> {
  return await new Promise((resolve, reject) => {
    const { host, ...others } = headers;
    const call = requestHttp(url, {
      headers: { ...others, ...(host?.[0] ? { host: host[0] } : {}) },
      agent: false,
      rejectUnauthorized: false,
      signal,
    });
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const finish = () => {
        resolve({ response, body: Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX).toString() });
        call.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= BODY_BYTES_MAX) finish();
      });
      response.on('end', finish);
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}
