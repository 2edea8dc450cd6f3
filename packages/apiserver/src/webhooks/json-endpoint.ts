import type { Agent } from 'node:https';
import type { Clock, Random, TlsIdentity } from '@keelson/service';
import { httpsAgent, requestHttp } from '@keelson/service/sockets';

/** Where JSON is asked for, and what is shown there. */
export interface JsonEndpointOptions {
  readonly url: string;
  /** Absent authorities: the machine's. */
  readonly tls?: Partial<TlsIdentity> | undefined;
  /** The name that the certificate must be for, where it is not the URL's host. */
  readonly serverName?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** An `Authorization` header. */
  readonly authorization?: string | undefined;
  readonly timeoutMs: number;
  /** An answer of more bytes is an error. */
  readonly bytesMax?: number;
  /** How often a request is made that the network or the server failed; once where absent. */
  readonly attempts?: number;
}

export interface JsonReply {
  readonly status: number;
  readonly body: unknown;
}

const BYTES_MAX = 4 * 1024 * 1024;
const FIRST_PAUSE_MS = 500;
const PAUSE_FACTOR = 1.5;
const JITTER = 0.2;

/** Another process that speaks JSON over HTTPS: a webhook, an issuer of tokens. Keeps its connections. */
export class JsonEndpoint {
  readonly #options: JsonEndpointOptions;
  readonly #clock: Clock;
  readonly #random: Pick<Random, 'float'>;
  readonly #agent: Agent | undefined;

  constructor(options: JsonEndpointOptions, dependencies: { clock: Clock; random: Pick<Random, 'float'> }) {
    const { url, tls, serverName, insecureSkipTlsVerify } = options;
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    if (url.startsWith('https:'))
      this.#agent = httpsAgent({
        ...tls,
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: !insecureSkipTlsVerify,
      });
  }

  get url(): string {
    return this.#options.url;
  }

  /** POSTs a body, or GETs where there is none. Rejects when there is no answer that is JSON. */
  async ask(body?: object, signal?: AbortSignal): Promise<JsonReply> {
    const attempts = this.#options.attempts ?? 1;
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt >= attempts;
      try {
        const reply = await this.#once(body, signal);
        if (last || !isTransient(reply.status)) return reply;
      } catch (error) {
        if (last || signal?.aborted) throw error;
      }
      const pause = FIRST_PAUSE_MS * PAUSE_FACTOR ** (attempt - 1);
      await this.#clock.sleep(pause * (1 + JITTER * this.#random.float()), signal);
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  #once(body: object | undefined, signal: AbortSignal | undefined): Promise<JsonReply> {
    const { url, authorization, timeoutMs, bytesMax = BYTES_MAX } = this.#options;
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(authorization === undefined ? {} : { authorization }),
    };
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const request = requestHttp(url, { method, headers, ...(this.#agent ? { agent: this.#agent } : {}) });
      const fail = (error: Error) => {
        settle();
        request.destroy();
        reject(error);
      };
      const timer = this.#clock.after(timeoutMs, () => fail(new Error(`${url}: no answer within ${timeoutMs} ms`)));
      const abort = () => fail(new Error(`${url}: not waited for any more`));
      const settle = () => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort, { once: true });
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > bytesMax) fail(new Error(`${url}: the answer has more than ${bytesMax} bytes`));
          else chunks.push(chunk);
        });
        response.on('end', () => {
          const { statusCode: status = 0 } = response;
          try {
            const reply = { status, body: JSON.parse(Buffer.concat(chunks).toString()) as unknown };
            settle();
            resolve(reply);
          } catch {
            fail(new Error(`${url}: the answer (${status}) is not JSON`));
          }
        });
      });
      if (signal?.aborted) abort();
      else request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function isTransient(status: number): boolean {
  return status === 429 || status >= 500;
}
