import { type ApiError, decodeJson, HTTP_METHODS, type ResourceRequest, type WatchEventType } from '@keelson/api';
import type { Clock, TlsIdentity } from '@keelson/service';
import { type Credentials, staticCredentials } from '../credentials/credentials.js';
import type { Discovered } from '../discovery.js';
import { HttpClient } from '../http/http-client.js';
import { type HttpRequest, type HttpResponse, NotSentError } from '../http/http-exchange.js';
import { answerOf, bytesOf, linesOf, retryAfterOf, warningsOf } from './rest-answer.js';
import { discoverOverRest } from './rest-discovery.js';
import { timedOut, unreachable } from './rest-errors.js';
import { restUrl } from './rest-url.js';
import type { CallOptions, RawWatchEvent, Transport } from './transport.js';

export interface RestTransportOptions {
  /** https://host:port, and a path if the API is below one. */
  server: string;
  tls?: Partial<TlsIdentity> | undefined;
  token?: string | undefined;
  /** Until an answer is there, or has begun where it is a watch. */
  timeoutMs?: number | undefined;
  userAgent?: string | undefined;
  /** Answers may come compressed; true unless said otherwise. */
  compression?: boolean | undefined;
}

export interface RestTransportDependencies {
  clock: Clock;
  /** Connections that are shared with others; its own if absent. */
  http?: HttpClient | undefined;
  /** In place of `tls` and `token`. */
  credentials?: Credentials | undefined;
}

/** As kube-apiserver gives a request, and a little. */
const TIMEOUT_MS = 65_000;
/** How often a request is made again that was never sent, or that the server wants to be asked again. */
const UNSENT_MAX = 3;
const AGAIN_MAX = 10;

/** Talks to any Kubernetes API server over HTTP and JSON, in the manner of client-go. */
export class RestTransport implements Transport {
  readonly #options: RestTransportOptions;
  readonly #clock: Clock;
  readonly #http: HttpClient;
  readonly #ownsHttp: boolean;
  readonly #credentials: Credentials;
  readonly #prefix: string;

  constructor(options: RestTransportOptions, { clock, http, credentials }: RestTransportDependencies) {
    const { server, tls, token } = options;
    const url = new URL(server);
    this.#options = options;
    this.#clock = clock;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    const certificate = tls?.cert && tls.key ? { cert: tls.cert, key: tls.key } : undefined;
    this.#credentials = credentials ?? staticCredentials({ certificate, token });
    this.#ownsHttp = http === undefined;
    this.#http =
      http ??
      new HttpClient(
        { server: url, ...(tls?.ca === undefined ? {} : { authorities: () => tls.ca }) },
        { clock, certificate: () => this.#credentials.certificate() },
      );
  }

  async call(request: ResourceRequest, options: CallOptions): Promise<{ object: unknown; warnings: string[] }> {
    const { value, headers } = await this.#answer(this.#requestOf(request, options));
    return { object: value, warnings: warningsOf(headers) };
  }

  async *watch(request: ResourceRequest, options: CallOptions): AsyncIterable<RawWatchEvent> {
    const { signal } = options;
    let response: HttpResponse | undefined;
    try {
      // Events go out at once where they are not compressed.
      response = await this.#ask({ ...this.#requestOf(request, options), compressible: false });
      if (response.status >= 300) await this.#inTime(answerOf(response), response);
      for await (const line of linesOf(bytesOf(response))) {
        const event = decodeJson(line) as { type: WatchEventType; object: unknown };
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      throw unreachable(error, this.#options.server);
    } finally {
      response?.discard();
    }
  }

  discover({ signal }: Pick<CallOptions, 'signal'> = {}): Promise<Discovered> {
    return discoverOverRest(async (path, accept) => {
      const { value, headers } = await this.#answer({ method: 'GET', path, headers: { accept }, signal });
      return { value, contentType: headers['content-type'] ?? '' };
    });
  }

  close(): void {
    if (this.#ownsHttp) this.#http.close();
  }

  #requestOf(request: ResourceRequest, options: CallOptions): HttpRequest {
    const { signal, table } = options;
    const path = restUrl(request);
    const { body } = request;
    return {
      method: HTTP_METHODS[request.verb],
      path: table === undefined ? path : withQuery(path, 'includeObject', table),
      headers: {
        accept: acceptOf(request, options),
        ...(body === undefined ? {} : { 'content-type': body.mediaType }),
      },
      body: body?.bytes,
      signal,
    };
  }

  async #answer(request: HttpRequest): Promise<{ value: unknown; headers: HttpResponse['headers'] }> {
    try {
      const response = await this.#ask(request);
      return { value: await this.#inTime(answerOf(response), response), headers: response.headers };
    } catch (error) {
      throw unreachable(error, this.#options.server);
    }
  }

  /** The head of an answer, asked for again where that is safe or wanted. */
  async #ask(request: HttpRequest & { readonly compressible?: boolean }): Promise<HttpResponse> {
    let isRefused = false;
    for (let again = 0, unsent = 0; ; ) {
      try {
        const response = await this.#askOnce(request);
        if (response.status === 401 && !isRefused) {
          isRefused = true;
          if (!(await this.#credentials.refused().catch(() => false))) return response;
          response.discard();
          continue;
        }
        const seconds = wantsAgain(response.status) ? retryAfterOf(response.headers) : undefined;
        if (seconds === undefined || again++ >= AGAIN_MAX) return response;
        response.discard();
        await this.#clock.sleep(seconds * 1000, request.signal);
      } catch (error) {
        if (!(error instanceof NotSentError) || unsent++ >= UNSENT_MAX || request.signal?.aborted) throw error;
      }
    }
  }

  async #askOnce({
    compressible,
    ...request
  }: HttpRequest & { readonly compressible?: boolean }): Promise<HttpResponse> {
    const { userAgent, compression } = this.#options;
    const headers = {
      ...request.headers,
      ...(await this.#credentials.headers()),
      ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      ...(compressible === false || compression === false ? {} : { 'accept-encoding': 'gzip' }),
    };
    const giveUp = new AbortController();
    const left = () => giveUp.abort(request.signal?.reason);
    if (request.signal?.aborted) left();
    request.signal?.addEventListener('abort', left, { once: true });
    const forget = () => request.signal?.removeEventListener('abort', left);
    const timer = this.#clock.after(this.#timeoutMs, () => giveUp.abort(timedOut(this.#options.server)));
    try {
      const path = this.#prefix + request.path;
      const response = await this.#http.request({ ...request, path, headers, signal: giveUp.signal });
      const discard = () => {
        forget();
        response.discard();
      };
      return { ...response, body: ended(response.body, forget), discard };
    } catch (error) {
      forget();
      if (giveUp.signal.aborted) throw giveUp.signal.reason;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  async #inTime<T>(value: Promise<T>, response: HttpResponse): Promise<T> {
    let late: ApiError | undefined;
    const timer = this.#clock.after(this.#timeoutMs, () => {
      late = timedOut(this.#options.server);
      response.discard();
    });
    try {
      return await value;
    } catch (error) {
      throw late ?? error;
    } finally {
      timer.cancel();
    }
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? TIMEOUT_MS;
  }
}

function acceptOf({ verb }: ResourceRequest, { table, metadataOnly }: CallOptions): string {
  const as = (kind: string) => `application/json;as=${kind};v=v1;g=meta.k8s.io`;
  if (table !== undefined) return as('Table');
  if (metadataOnly !== true) return 'application/json';
  return `${as(verb === 'list' ? 'PartialObjectMetadataList' : 'PartialObjectMetadata')},application/json`;
}

/** The same bytes; `end` is called once nobody reads on. */
async function* ended(body: AsyncIterable<Buffer>, end: () => void): AsyncIterable<Buffer> {
  try {
    yield* body;
  } finally {
    end();
  }
}

/** With 504 the server has waited itself already. */
function wantsAgain(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 504);
}

function withQuery(url: string, key: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${key}=${encodeURIComponent(value)}`;
}
