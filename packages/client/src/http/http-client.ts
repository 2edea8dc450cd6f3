import type { Socket } from 'node:net';
import type { Clock } from '@keelson/service';
import { type ClientCertificate, isSameCertificate } from './client-certificate.js';
import { type Destination, dial } from './dial.js';
import { type HttpRequest, type HttpResponse, NotSentError } from './http-exchange.js';
import { Http1Lane } from './http1-lane.js';
import { Http2Link } from './http2-link.js';

export interface HttpClientDependencies {
  readonly clock: Clock;
  /** What the client shows of itself on connections; asked for each request, so that a new one is soon used. */
  readonly certificate?: (() => Promise<ClientCertificate | undefined>) | undefined;
}

/**
 * Requests to one server, over connections that are kept: HTTP/2 where it speaks it, and as many connections as it
 * takes for its limit of streams, else HTTP/1.1. With another certificate come other connections: those with the old one
 * end as their requests do.
 */
export class HttpClient {
  readonly #destination: Destination;
  readonly #deps: HttpClientDependencies;
  #lane: Lane | undefined;
  /** With an older certificate, and requests that have not ended. */
  readonly #retired = new Set<Lane>();

  constructor(destination: Destination, dependencies: HttpClientDependencies) {
    this.#destination = destination;
    this.#deps = dependencies;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const certificate = await this.#deps.certificate?.();
    if (this.#lane === undefined || !isSameCertificate(this.#lane.certificate, certificate)) {
      this.#retire();
      this.#lane = new Lane(this.#destination, certificate, this.#deps.clock);
    }
    return await this.#lane.request(request);
  }

  close(): void {
    for (const it of this.#retired) it.destroy();
    this.#retired.clear();
    this.#lane?.destroy();
    this.#lane = undefined;
  }

  #retire(): void {
    for (const it of this.#retired) if (it.isIdle) this.#retired.delete(it);
    if (this.#lane === undefined) return;
    this.#lane.retire();
    this.#retired.add(this.#lane);
  }
}

/** For one request; with many at once, others may be quicker to take the streams of a new connection. */
const DIALS_MAX = 20;

/** All connections that show one certificate. */
class Lane {
  readonly certificate: ClientCertificate | undefined;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #links = new Set<Http2Link>();
  readonly #http1: Http1Lane;
  #speaksHttp1 = false;
  /** Connected, and not used yet. */
  #spare: Socket | undefined;
  #dialing: Promise<void> | undefined;
  #isOver = false;

  constructor(destination: Destination, certificate: ClientCertificate | undefined, clock: Clock) {
    this.#destination = destination;
    this.certificate = certificate;
    this.#clock = clock;
    this.#http1 = new Http1Lane(destination.server, { connect: () => this.#socket() });
  }

  get isIdle(): boolean {
    return this.#links.size === 0 && this.#http1.isIdle;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    for (let dials = 0; !this.#speaksHttp1; dials++) {
      for (const link of this.#links) if (link.hasRoom) return await link.request(request);
      if (dials >= DIALS_MAX) throw new Error('the server takes no requests on its connections');
      this.#dialing ??= this.#dial().finally(() => {
        this.#dialing = undefined;
      });
      await abortable(this.#dialing, request.signal);
    }
    return await this.#http1.request(request);
  }

  retire(): void {
    this.#isOver = true;
    for (const it of this.#links) it.retire();
    this.#http1.retire();
    this.#spare?.destroy();
  }

  destroy(): void {
    this.#isOver = true;
    for (const it of this.#links) it.destroy();
    this.#http1.destroy();
    this.#spare?.destroy();
  }

  async #dial(): Promise<void> {
    const { socket, protocol } = await dial(this.#destination, this.certificate, this.#clock);
    if (this.#isOver) {
      socket.destroy();
      throw new NotSentError('the client was closed, or has another certificate now');
    }
    if (protocol === 'http/1.1') {
      this.#speaksHttp1 = true;
      this.#spare = socket;
      return;
    }
    const link: Http2Link = new Http2Link(
      { server: this.#destination.server, socket, onClose: () => this.#links.delete(link) },
      { clock: this.#clock },
    );
    this.#links.add(link);
  }

  async #socket(): Promise<Socket> {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined && !spare.destroyed && spare.readable) return spare;
    return (await dial(this.#destination, this.certificate, this.#clock)).socket;
  }
}

/** Whoever waits with others may leave before them. */
function abortable(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return waited;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    waited.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
