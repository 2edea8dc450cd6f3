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
  /** How long it rests before the second attempt; before each later one, half as long again. */
  readonly firstPauseMs?: number;
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
    const sent = body === undefined ? undefined : JSON.stringify(body);
    return this.#patiently(signal, async (isLast) => {
      const { status, text } = await this.#once(sent, signal);
      const reply = { status, body: this.#parsed(status, text) };
      return isLast || !isTransient(status) ? reply : undefined;
    });
  }

  /** GETs what is there as it is. Rejects where anything but success is answered. */
  async text(signal?: AbortSignal): Promise<string> {
    const { status, text } = await this.#once(undefined, signal);
    if (status < 200 || status >= 300) throw new Error(`${this.url}: answered with ${status}`);
    return text;
  }

  /** POSTs JSON whatever is answered. Rejects when nothing, or anything but success, is; that is tried again as well. */
  async tell(json: string, signal?: AbortSignal): Promise<void> {
    await this.#patiently(signal, async () => {
      const { status } = await this.#once(json, signal);
      if (status >= 200 && status < 300) return true;
      throw new Error(`${this.url}: answered with ${status}`);
    });
  }

  /** As often as there are attempts, until there is a result; the last attempt's error is thrown. */
  async #patiently<T>(signal: AbortSignal | undefined, run: (isLast: boolean) => Promise<T | undefined>): Promise<T> {
    const { attempts = 1, firstPauseMs = FIRST_PAUSE_MS } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= attempts;
      try {
        const result = await run(isLast);
        if (result !== undefined) return result;
      } catch (error) {
        if (isLast || signal?.aborted) throw error;
      }
      const pause = firstPauseMs * PAUSE_FACTOR ** (attempt - 1);
      await this.#clock.sleep(pause * (1 + JITTER * this.#random.float()), signal);
    }
  }

  #parsed(status: number, text: string): unknown {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new Error(`${this.url}: the answer (${status}) is not JSON`);
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  #once(body: string | undefined, signal: AbortSignal | undefined): Promise<{ status: number; text: string }> {
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
          settle();
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      });
      if (signal?.aborted) abort();
      else request.end(body);
    });
  }
}

function isTransient(status: number): boolean {
  return status === 429 || status >= 500;
}
