import type { Agent } from 'node:https';
import type { Node } from '@keelson/api';
import type { Clock, TlsIdentity } from '@keelson/service';
import { httpsAgent, requestHttp } from '@keelson/service/sockets';
import type { Scrape } from '../points/usage-store.js';
import { ResourceText, ScrapeError } from './resource-text.js';

export interface KubeletClientOptions {
  /** What this process shows; its CA vouches for kubelets unless another does. */
  readonly tls: TlsIdentity;
  /** Who vouches for kubelets' certificates. */
  readonly ca: Buffer;
  /** Believe whatever kubelet answers. */
  readonly insecure: boolean;
  /** Types of addresses, the most wanted first. */
  readonly addressTypes: readonly string[];
  /** Instead of the port that the node tells. */
  readonly port: number | undefined;
  readonly timeoutMs: number;
}

const PATH = '/metrics/resource';
/** Where a kubelet of this project speaks HTTP; others do so at the port of their status. */
const STATUS_PORT = 'keelson.dev/status-port';
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Asks kubelets what is used on their nodes. */
export class KubeletClient {
  readonly #options: KubeletClientOptions;
  readonly #clock: Clock;
  readonly #agent: Agent;

  constructor(options: KubeletClientOptions, dependencies: { clock: Clock }) {
    const { tls, ca, insecure } = options;
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#agent = httpsAgent({ ca, cert: tls.cert, key: tls.key, rejectUnauthorized: !insecure, keepAlive: true });
  }

  /** Rejects with why there is no answer that can be read, within the time that an answer may take. */
  async scrape(node: Node, signal: AbortSignal): Promise<Scrape> {
    const place = this.#placeOf(node);
    const text = new ResourceText(this.#clock.now());
    await new Promise<void>((resolve, reject) => {
      const { timeoutMs } = this.#options;
      // A kubelet's certificate is for its node's name; its address may be anybody's.
      const options = { agent: this.#agent, servername: node.metadata.name ?? '', headers: { accept: 'text/plain' } };
      const request = requestHttp(`https://${place}${PATH}`, options);
      const fail = (error: Error) => {
        reject(error);
        request.destroy();
      };
      const late = () => fail(new ScrapeError(`it did not answer within ${timeoutMs / 1000} seconds`));
      const timer = this.#clock.after(timeoutMs, late);
      const stop = () => fail(new ScrapeError('nobody wants to know any more'));
      signal.addEventListener('abort', stop, { once: true });
      const finish = () => {
        timer.cancel();
        signal.removeEventListener('abort', stop);
      };
      request.on('error', (error) => {
        finish();
        reject(error);
      });
      request.on('close', () => {
        finish();
        reject(new ScrapeError('it closed the connection'));
      });
      request.on('response', (answer) => {
        if (answer.statusCode !== 200) return fail(new ScrapeError(`it answered with status ${answer.statusCode}`));
        let bytes = 0;
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          bytes += chunk.length;
          try {
            if (bytes > ANSWER_BYTES_MAX) throw new ScrapeError(`its answer has more than ${ANSWER_BYTES_MAX} bytes`);
            text.add(chunk);
          } catch (error) {
            fail(error as Error);
          }
        });
        answer.on('end', () => (answer.complete ? resolve() : fail(new ScrapeError('its answer was cut off'))));
        answer.on('error', fail);
        return undefined;
      });
      request.end();
    });
    return text.end();
  }

  close(): void {
    this.#agent.destroy();
  }

  /** `HOST:PORT`. Throws where the node does not tell. */
  #placeOf({ metadata, status }: Node): string {
    const { addressTypes, port: wanted } = this.#options;
    const addresses = status?.addresses ?? [];
    const address = addressTypes.map((type) => addresses.find((it) => it.type === type)?.address).find(Boolean);
    if (address === undefined) throw new ScrapeError(`the node has no address of the types ${addressTypes.join(', ')}`);
    const told = metadata.annotations?.[STATUS_PORT] ?? status?.daemonEndpoints?.kubeletEndpoint?.Port;
    const port = wanted ?? Number(told);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new ScrapeError('the node tells no port');
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }
}
