import type { IncomingHttpHeaders } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ApiError, decodeJson, type Status } from '@keelson/api';
import type { HttpResponse } from '../http/http-exchange.js';

/** As gRPC's limit between our processes. */
const BYTES_MAX = 256 * 1024 * 1024;
const MESSAGE_CHARS_MAX = 2048;

/** An answer's bytes, decompressed. */
export function bytesOf({ headers, body }: HttpResponse): AsyncIterable<Buffer> {
  if (headers['content-encoding'] !== 'gzip') return body;
  return pipeline(Readable.from(body), createGunzip(), () => {}); // its errors are the reader's
}

/** The JSON value that was answered. Throws the ApiError that it is, if it is one. */
export async function answerOf(response: HttpResponse): Promise<unknown> {
  const text = await textOf(bytesOf(response));
  if (response.status >= 300) throw errorOf(response, text);
  try {
    return decodeJson(text);
  } catch (error) {
    const what = `the answer is not JSON but ${response.headers['content-type'] ?? 'of no type'}`;
    throw new ApiError({ code: 500, reason: 'InternalError', message: `${what}: ${excerpt(text)}`, cause: error });
  }
}

/** Of a failure: the server's own Status, or what its HTTP status means where something between answered. */
function errorOf({ status, headers }: HttpResponse, text: string): ApiError {
  try {
    const value = decodeJson(text) as Status | undefined;
    if (value?.kind === 'Status' && typeof value.code === 'number') return ApiError.from(value);
  } catch {
    // Not JSON: a proxy, or a server's panic.
  }
  const retryAfterSeconds = retryAfterOf(headers);
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  const message = excerpt(text) || `the server answers with HTTP status ${status}`;
  return new ApiError({ code: status, reason: REASONS[status] ?? 'Unknown', message, details });
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function excerpt(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MESSAGE_CHARS_MAX ? `${trimmed.slice(0, MESSAGE_CHARS_MAX)}…` : trimmed;
}

/** Seconds after which the server wants to be asked again, if it says so. */
export function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after'];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The quoted texts of `299 - "…"` warnings; several may share a header. */
export function warningsOf(headers: IncomingHttpHeaders): string[] {
  return [headers['warning'] ?? []]
    .flat()
    .flatMap((header) => [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)])
    .map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`the answer is longer than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export async function* linesOf(body: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      const line = (rest.length === 0 ? last : Buffer.concat([...rest, last])).toString();
      if (line.trim() !== '') yield line;
      rest = [];
      bytes = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    rest.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > BYTES_MAX) throw new Error(`an event is longer than ${BYTES_MAX} bytes`);
  }
  const last = Buffer.concat(rest).toString();
  if (last.trim() !== '') yield last;
}
