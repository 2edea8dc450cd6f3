import { type ClientDuplexStream, type Metadata, status } from '@grpc/grpc-js';
import { etcd, type Init } from '@keelson/protocol';
import type { Clock, Logger, Timer } from '@keelson/service';
import type { Caller } from './caller.js';
import type { Endpoints } from './endpoints.js';
import { StoreClientError } from './errors.js';
import { ResponseQueue } from './queue.js';

export type WatchInit = Omit<Init<etcd.WatchCreateRequest>, 'watchId' | 'fragment'>;

export interface WatchResponse {
  /** The store's revision when the response was made; everything below it that matches has been delivered. */
  readonly revision: number;
  readonly events: readonly etcd.Event[];
  /** It carries no events and only says how far the watch has got. */
  readonly progress: boolean;
  /** The watch cannot go on: what it would deliver next is compacted away. The last response. */
  readonly compactRevision?: number;
}

/** A watch that survives the loss of the member that serves it: every event once, in order. */
export interface Watch extends AsyncIterable<WatchResponse> {
  /** The revision at which the watch began; rejects if it could not. */
  readonly started: Promise<number>;
  /** Asks the store to say how far the watch has got. */
  requestProgress(): void;
  cancel(): void;
}

export interface WatchOptions {
  /** Responses that wait for the consumer before the store is told to stop sending. */
  readonly queueMax: number;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

export interface WatchDependencies {
  readonly endpoints: Endpoints;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly logger: Logger | undefined;
  readonly onEnd: () => void;
}

type Call = ClientDuplexStream<Init<etcd.WatchRequest>, etcd.WatchResponse>;

export class ResumingWatch implements Watch {
  readonly started: Promise<number>;
  readonly #request: WatchInit;
  readonly #options: WatchOptions;
  readonly #deps: WatchDependencies;
  readonly #queue: ResponseQueue<WatchResponse>;
  #resolveStarted: (revision: number) => void = () => undefined;
  #rejectStarted: (error: unknown) => void = () => undefined;
  #call: Call | undefined;
  #retry: Timer | undefined;
  #failures = 0;
  /** Where to go on after a break; 0 until the watch has begun. */
  #next: number;
  #ended = false;
  #signedAgain = false;
  /** Asked for while there was no call to ask on. */
  #progressWanted = false;
  /** The latest attempt. */
  #opening: symbol | undefined;

  constructor(request: WatchInit, options: WatchOptions, dependencies: WatchDependencies) {
    this.#request = request;
    this.#options = options;
    this.#deps = dependencies;
    this.#next = request.startRevision ?? 0;
    this.#queue = new ResponseQueue(options.queueMax, () => this.#call?.resume());
    this.started = new Promise((resolve, reject) => {
      this.#resolveStarted = resolve;
      this.#rejectStarted = reject;
    });
    // Whoever does not ask for it need not handle its failure: the iteration fails too.
    this.started.catch(() => undefined);
    void this.#open();
  }

  async #open(): Promise<void> {
    const { endpoints, caller } = this.#deps;
    const endpoint = endpoints.current;
    const connection = endpoints.connection(endpoint);
    const opening = Symbol('opening');
    this.#opening = opening;
    let metadata: Metadata;
    try {
      metadata = await caller.metadata(connection);
    } catch (error) {
      if (this.#opening === opening) this.#failed(endpoint, error);
      return;
    }
    if (this.#ended || this.#opening !== opening) return;
    const call = connection.service(etcd.WatchService).watch({ metadata });
    this.#call = call;
    call.on('data', (response: etcd.WatchResponse) => this.#take(call, response));
    call.on('error', (error: unknown) => this.#broken(call, endpoint, error));
    call.on('end', () => this.#broken(call, endpoint, new Error('the store ended the watch stream')));
    call.write({ createRequest: { ...this.#request, startRevision: this.#next } });
    if (this.#progressWanted) call.write({ progressRequest: {} });
    this.#progressWanted = false;
  }

  #take(call: Call, response: etcd.WatchResponse): void {
    if (this.#call !== call || this.#ended) return;
    const revision = response.header?.revision ?? 0;
    if (response.created && !response.canceled) this.#begin(revision);
    else if (response.canceled) this.#canceled(revision, response);
    else this.#deliver(revision, response.events);
    if (this.#queue.full) call.pause();
  }

  #begin(revision: number): void {
    this.#failures = 0;
    this.#signedAgain = false;
    this.#resolveStarted(revision);
    // A watch from now on must not miss what happens while it is broken later.
    if (this.#next === 0) this.#next = revision + 1;
  }

  #canceled(revision: number, response: etcd.WatchResponse): void {
    if (response.compactRevision > 0) {
      const { compactRevision } = response;
      this.#queue.push({ revision, events: [], progress: false, compactRevision });
      this.#finish();
    } else {
      const reason = response.cancelReason || 'the store canceled the watch';
      const error = refusalOf(reason);
      const call = this.#call;
      if (!this.#signAgain(error)) this.#finish(error);
      else {
        this.#call = undefined;
        call?.cancel();
        void this.#open();
      }
    }
  }

  #deliver(revision: number, events: readonly etcd.Event[]): void {
    const last = events.at(-1)?.kv?.modRevision;
    this.#next = Math.max(this.#next, (last ?? revision) + 1);
    this.#queue.push({ revision, events, progress: events.length === 0 });
  }

  #broken(call: Call, endpoint: string, reason: unknown): void {
    if (this.#call !== call || this.#ended) return;
    this.#call = undefined;
    this.#failed(endpoint, reason);
  }

  #failed(endpoint: string, reason: unknown): void {
    if (this.#ended) return;
    const error = StoreClientError.from(reason);
    if (FINAL.has(error.code) && !this.#signAgain(error)) {
      this.#finish(error);
      return;
    }
    this.#deps.endpoints.failed(endpoint);
    this.#failures += 1;
    const { retryDelayMs, retryDelayMaxMs } = this.#options;
    const delay = this.#failures <= this.#deps.endpoints.count ? 0 : retryDelayMs * 2 ** Math.min(this.#failures, 10);
    this.#deps.logger?.debug({ err: error, next: this.#next }, 'watch broken off: resuming');
    this.#retry = this.#deps.clock.after(Math.min(delay, retryDelayMaxMs), () => void this.#open());
  }

  /** Once in a row: a new token may open what the old one did not. */
  #signAgain(error: StoreClientError): boolean {
    if (this.#signedAgain) return false;
    this.#signedAgain = this.#deps.caller.tokenRefused(error);
    return this.#signedAgain;
  }

  requestProgress(): void {
    if (this.#call) this.#call.write({ progressRequest: {} });
    else this.#progressWanted = true;
  }

  cancel(): void {
    this.#finish();
  }

  #finish(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#retry?.cancel();
    this.#deps.onEnd();
    this.#rejectStarted(error ?? new StoreClientError(status.CANCELLED, 'the watch was canceled'));
    this.#queue.end(error);
    const call = this.#call;
    this.#call = undefined;
    call?.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<WatchResponse, undefined> {
    return {
      next: () => this.#queue.next(),
      return: () => {
        this.cancel();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

/** The watch was not created: why is told in words, some of which hold a status in the form that Go prints. */
function refusalOf(reason: string): StoreClientError {
  const [, name, text] = /^rpc error: code = (\w+) desc = (.*)$/.exec(reason) ?? [];
  if (text !== undefined) return new StoreClientError(GO_CODES[name ?? ''] ?? status.UNKNOWN, text);
  return new StoreClientError(reason.startsWith('mvcc:') ? status.INVALID_ARGUMENT : status.ABORTED, reason);
}

const GO_CODES: Record<string, status> = {
  InvalidArgument: status.INVALID_ARGUMENT,
  PermissionDenied: status.PERMISSION_DENIED,
  Unauthenticated: status.UNAUTHENTICATED,
};

/** Trying again would meet the same refusal. */
const FINAL: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.UNIMPLEMENTED,
  status.FAILED_PRECONDITION,
]);
