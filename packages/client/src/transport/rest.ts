import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import {
  ApiError,
  decodeJson,
  HTTP_METHODS,
  type ResourceRequest,
  type Status,
  type WatchEventType,
} from '@keelson/api';
import type { Clock, TlsIdentity } from '@keelson/service';
import { openHttp2 } from '@keelson/service/sockets';
import { restUrl } from './rest-url.js';
import type { CallOptions, RawWatchEvent, Transport } from './transport.js';

export interface RestTransportOptions {
  /** https://host:port */
  server: string;
  tls?: Partial<TlsIdentity> | undefined;
  token?: string | undefined;
  timeoutMs?: number;
}

/** Talks to any Kubernetes API server: HTTP/2, JSON, a client certificate or a bearer token. */
export class RestTransport implements Transport {
  readonly #options: RestTransportOptions;
  readonly #clock: Clock;
  #session: ClientHttp2Session | undefined;

  constructor(options: RestTransportOptions, dependencies: { clock: Clock }) {
    this.#options = options;
    this.#clock = dependencies.clock;
  }

  async call(request: ResourceRequest, options: CallOptions): Promise<{ object: unknown; warnings: string[] }> {
    const stream = this.#open(request, options);
    const timer = this.#clock.after(this.#options.timeoutMs ?? 34_000, () =>
      stream.destroy(new Error(`no answer from ${this.#options.server} in time`)),
    );
    try {
      const headers = await responseOf(stream);
      const object: unknown = parse(await textOf(stream), headers.status);
      if (headers.status >= 400) throw ApiError.from(object as Status);
      return { object, warnings: headers.warnings };
    } catch (error) {
      throw unreachable(error, this.#options.server);
    } finally {
      timer.cancel();
    }
  }

  async *watch(request: ResourceRequest, options: CallOptions): AsyncIterable<RawWatchEvent> {
    const stream = this.#open(request, options);
    try {
      const { status } = await responseOf(stream);
      if (status >= 400) throw ApiError.from(parse(await textOf(stream), status) as Status);
      for await (const line of linesOf(stream)) {
        const event = decodeJson(line) as { type: WatchEventType; object: unknown };
        yield event;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      throw unreachable(error, this.#options.server);
    } finally {
      stream.close(constants.NGHTTP2_CANCEL);
    }
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(request: ResourceRequest, { signal, table }: CallOptions): ClientHttp2Stream {
    const stream = this.#connect().request(
      {
        ':method': HTTP_METHODS[request.verb],
        ':path': table === undefined ? restUrl(request) : withQuery(restUrl(request), 'includeObject', table),
        accept: table === undefined ? 'application/json' : 'application/json;as=Table;v=v1;g=meta.k8s.io',
        ...(request.body === undefined ? {} : { 'content-type': request.body.mediaType }),
        ...(this.#options.token === undefined ? {} : { authorization: `Bearer ${this.#options.token}` }),
      },
      // Node ends a DELETE at once unless told that it has a body.
      { endStream: request.body === undefined },
    );
    stream.on('error', () => {}); // reported to whoever reads the stream
    const abort = () => stream.close(constants.NGHTTP2_CANCEL);
    signal?.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal?.removeEventListener('abort', abort));
    if (signal?.aborted) abort();
    if (request.body !== undefined) stream.end(request.body.bytes);
    return stream;
  }

  #connect(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = openHttp2(this.#options.server, { ...this.#options.tls });
    session.on('goaway', () => session.close());
    this.#session = session;
    return session;
  }
}

function withQuery(url: string, key: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${key}=${encodeURIComponent(value)}`;
}

function responseOf(stream: ClientHttp2Stream): Promise<{ status: number; warnings: string[] }> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) => {
      const warnings = [headers['warning'] ?? []].flat().flatMap(warningTexts);
      resolve({ status: Number(headers[':status']), warnings });
    });
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('the connection closed before an answer')));
  });
}

/** The quoted texts of `299 - "…"` warnings; several may share a header. */
function warningTexts(header: string): string[] {
  return [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => (match[1] ?? '').replace(/\\(.)/g, '$1'));
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function* linesOf(stream: AsyncIterable<unknown>): AsyncIterable<string> {
  let rest: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end));
      yield Buffer.concat(rest).toString();
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
}

function parse(text: string, status: number): unknown {
  try {
    return decodeJson(text);
  } catch {
    if (status < 400) return text;
    throw new ApiError({ code: status, reason: 'Unknown', message: text.trim() || `HTTP status ${status}` });
  }
}

function unreachable(error: unknown, server: string): ApiError {
  if (error instanceof ApiError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new ApiError({
    code: 503,
    reason: 'ServiceUnavailable',
    message: `cannot reach the API server at ${server}: ${text}`,
    cause: error,
  });
}
