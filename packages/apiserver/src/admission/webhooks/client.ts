import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { rootCertificates } from 'node:tls';
import { encodeJson, type WebhookClientConfig } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { connectTls, httpsAgent, requestHttp } from '@keelson/service/sockets';
import { parse } from 'yaml';
import { connectionErrorText, type ReviewType, reviewIn, statusText } from './client-errors.js';
import type { CredentialsFor, HookCredentials } from './credentials.js';

/** Opens a connection to some pod behind a service's port. Rejects in the words of whoever looks for it. */
export type ServiceDialer = (namespace: string, name: string, port: number) => Promise<() => Duplex>;

/** Places whose connections are kept. */
const AGENTS_MAX = 100;
const REDIRECTIONS_MAX = 10;
const BYTES_MAX = 16 * 1024 * 1024;

const ADMISSION: ReviewType = { kind: 'AdmissionReview', group: 'admission.k8s.io' };

export interface AskOptions {
  /** Of admission unless told. */
  readonly type?: ReviewType;
  /** What is shown to it; nothing unless told. */
  readonly credentials?: CredentialsFor | undefined;
}

/** A webhook's answer that is no review. */
export class HookStatusError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** How a connection ends that the other side has given up. */
const ENDED = new Set(['ECONNRESET', 'EPIPE']);

/** A kept connection was at its end before the request had an answer. */
class StaleConnection extends Error {}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly location: string | undefined;
  readonly text: string;
}

/** Shows reviews to webhooks, each with its own trust. */
export class HookClient {
  readonly #clock: Clock;
  readonly #dial: ServiceDialer;
  /** By where and whom it trusts; the least recently used first. */
  readonly #agents = new Map<string, Agent>();

  constructor(dependencies: { clock: Clock; dial: ServiceDialer }) {
    this.#clock = dependencies.clock;
    this.#dial = dependencies.dial;
  }

  /** The review in the answer. Rejects with what upstream says where there is none. */
  async ask(
    config: WebhookClientConfig,
    review: object,
    timeoutSeconds: number,
    signal: AbortSignal,
    { type = ADMISSION, credentials }: AskOptions = {},
  ): Promise<Record<string, unknown>> {
    const url = urlOf(config);
    const shown = credentials?.(`${url.hostname}:${url.port || '443'}`);
    url.searchParams.set('timeout', `${timeoutSeconds}s`);
    const end = this.#clock.monotonic() + timeoutSeconds * 1_000;
    let body: string | undefined = encodeJson(review);
    let target = url;
    for (let redirections = 0; ; redirections++) {
      const reply: Reply = await this.#once(config, target, body, end, signal, shown);
      const { status, location, type: mediaType, text } = reply;
      if (status >= 300 && status < 400 && location !== undefined && status !== 304) {
        if (redirections >= REDIRECTIONS_MAX) throw failed(target, `stopped after ${REDIRECTIONS_MAX} redirects`);
        target = new URL(location, target);
        if (status < 307) body = undefined;
        continue;
      }
      if (status < 200 || status > 206) throw new HookStatusError(status, statusText(status, mediaType, text));
      if (text === '') throw new Error(`0-length response with status code: ${status} and content type: ${mediaType}`);
      return reviewIn(text, type, (it) => (/^\s*[{[]/.test(it) ? JSON.parse(it) : parse(it)));
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #once(
    config: WebhookClientConfig,
    url: URL,
    body: string | undefined,
    end: number,
    signal: AbortSignal,
    shown: HookCredentials | undefined,
  ): Promise<Reply> {
    const { service } = config;
    const connect =
      service === undefined
        ? undefined
        : await this.#dial(service.namespace ?? '', service.name ?? '', service.port ?? 443).catch((error: Error) => {
            throw failed(url, error.message);
          });
    const method = body === undefined ? 'GET' : 'POST';
    const headers = {
      accept: 'application/json, */*',
      'user-agent': 'kube-apiserver-admission',
      ...(shown?.authorization === undefined ? {} : { authorization: shown.authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    const ca = authorities(config);
    const agent = this.#agentFor(url, config, shown);
    const how =
      connect === undefined
        ? { agent }
        : {
            agent,
            createConnection: () => connectTls({ socket: connect(), servername: url.hostname, ca, ...pairOf(shown) }),
          };
    // Whoever keeps connections for long learns of their end by using them: there are so many, and then a new one.
    for (;;) {
      try {
        return await this.#exchange(url, { method, headers, ...how }, body, end, signal);
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
  }

  #exchange(
    url: URL,
    options: Parameters<typeof requestHttp>[1],
    body: string | undefined,
    end: number,
    signal: AbortSignal,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = requestHttp(url, options);
      const settle = () => {
        timer.cancel();
        signal.removeEventListener('abort', abort);
      };
      const fail = (text: string) => {
        settle();
        request.destroy();
        reject(failed(url, text));
      };
      const abort = () => fail('context canceled');
      const timer = this.#clock.after(Math.max(0, end - this.#clock.monotonic()), () =>
        fail('context deadline exceeded'),
      );
      signal.addEventListener('abort', abort, { once: true });
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (!request.reusedSocket || !ENDED.has(error.code ?? '')) return fail(connectionErrorText(error, url));
        settle();
        reject(new StaleConnection());
      });
      request.on('response', (response) => {
        read(response).then(
          (reply) => {
            settle();
            resolve(reply);
          },
          (error: Error) => fail(connectionErrorText(error, url)),
        );
      });
      if (signal.aborted) abort();
      else request.end(body);
    });
  }

  #agentFor({ host, hostname }: URL, config: WebhookClientConfig, shown: HookCredentials | undefined): Agent {
    const key = `${host} ${config.caBundle ?? ''} ${shown?.cert?.toString('base64') ?? ''}`;
    const servername = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined;
    const agent = this.#agents.get(key) ?? httpsAgent({ ca: authorities(config), servername, ...pairOf(shown) });
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    if (this.#agents.size > AGENTS_MAX) {
      const [oldest, unused] = this.#agents.entries().next().value!;
      this.#agents.delete(oldest);
      unused.destroy();
    }
    return agent;
  }
}

function pairOf({ cert, key }: Partial<HookCredentials> = {}): { cert?: Buffer; key?: Buffer } {
  return cert === undefined || key === undefined ? {} : { cert, key };
}

/** As Go tells of a request that failed. */
function failed(url: URL, text: string): Error {
  return new Error(`Post ${JSON.stringify(url.href)}: ${text}`);
}

function urlOf({ url, service }: WebhookClientConfig): URL {
  if (url !== undefined) return new URL(url);
  const { name, namespace, port = 443, path = '' } = service ?? {};
  return new URL(path, `https://${name}.${namespace}.svc:${port}`);
}

/** Whom a webhook's certificate must be from: those whom it names, or those whom the machine knows. */
function authorities({ caBundle }: WebhookClientConfig): string[] {
  return caBundle ? [Buffer.from(caBundle, 'base64').toString()] : [...rootCertificates];
}

async function read(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > BYTES_MAX) throw new Error(`the answer has more than ${BYTES_MAX} bytes`);
    chunks.push(chunk as Buffer);
  }
  const { statusCode: status = 0, headers } = response;
  const text = Buffer.concat(chunks).toString();
  return { status, type: headers['content-type'] ?? '', location: headers.location, text };
}
