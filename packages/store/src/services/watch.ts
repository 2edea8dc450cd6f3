import { type ServerDuplexStream, type ServiceError, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { Clock, EncodedMessage, Random, Timer } from '@keelson/service';
import type { Authorship } from '../apply/command.js';
import { EtcdError, errors } from '../errors.js';
import type { Pace, Steps } from '../steps.js';
import type { EventBatch } from '../watch/event-batch.js';
import type { WatchHub } from '../watch/hub.js';
import { Watcher, type WatcherSink } from '../watch/watcher.js';
import { type DoorContext, header, type Raw, rawMethod, toStatus, wantsLeader } from './door.js';
import { WatchRequests } from './watch-requests.js';

export const watchDefinition = { watch: rawMethod(etcd.WatchService.watch) };

export interface WatchOptions {
  /** Between notices of progress to watchers that want them and got no events. */
  readonly progressIntervalMs: number;
  /** A response larger than this is split for watchers that allow fragments. */
  readonly fragmentBytes: number;
  /** Bytes on the way to a client above which a stream takes no more until the client does. */
  readonly unsentBytesMax: number;
  /** Watchers on one stream. */
  readonly watchersMax: number;
  /** A stream that wants a leader ends after this time without one. */
  readonly leaderlessMs: number;
}

export interface WatchDependencies {
  readonly hub: WatchHub;
  readonly clock: Clock;
  readonly random: Random;
}

type Call = ServerDuplexStream<Raw<etcd.WatchRequest>, EncodedMessage>;

export function watchService(
  context: DoorContext,
  options: WatchOptions,
  dependencies: WatchDependencies,
): UntypedServiceImplementation {
  return {
    watch: (call: Call) => void new WatchStream(call, context, options, dependencies),
  } as unknown as UntypedServiceImplementation;
}

/** Beginning or ending a watch, and looking whether one of many is current. */
const REQUEST_UNITS = 4;
const CURRENT_UNITS = 0.01;
const NOTICE_UNITS = 1;

const NO_WATCH = -1;
const FROM_FIRST_KEY = Buffer.of(0);
const NO_BOUND = Buffer.alloc(0);

/** One client stream with its watchers. */
class WatchStream implements WatcherSink {
  readonly #call: Call;
  readonly #context: DoorContext;
  readonly #options: WatchOptions;
  readonly #hub: WatchHub;
  readonly #clock: Clock;
  readonly #watchers = new Map<number, Watcher>();
  readonly #timers: Timer[] = [];
  #nextId = 0;
  #blocked = false;
  /** Handed to the call, and not yet on its way: calls count messages only, however large. */
  #unsentBytes = 0;
  #leaderlessSince: number | undefined;
  #progressAsked = false;
  readonly #requests: WatchRequests<Authorship | EtcdError>;
  #notifying = false;
  #ended = false;

  constructor(call: Call, context: DoorContext, options: WatchOptions, dependencies: WatchDependencies) {
    this.#call = call;
    this.#context = context;
    this.#options = options;
    this.#hub = dependencies.hub;
    this.#clock = dependencies.clock;
    this.#requests = new WatchRequests({
      lane: () => context.replica.lane,
      source: call,
      authorOf: (request) => (request.createRequest ? this.#author() : 'nobody'),
      take: (request, author) => this.#take(request, author),
      failed: (error) => call.emit('error', toStatus(context.logger)(error)),
    });
    call.on('data', ({ request }: Raw<etcd.WatchRequest>) => this.#requests.push(request));
    call.on('drain', () => this.#resume());
    call.on('close', () => this.#end());
    call.on('cancelled', () => this.#end());
    call.on('error', () => this.#end());
    // Half-closing keeps the watches going: nothing on 'end'.
    const { progressIntervalMs } = options;
    const jitter = dependencies.random.integer(Math.max(1, Math.floor(progressIntervalMs / 10)));
    this.#timers.push(this.#clock.every(progressIntervalMs + jitter, () => this.#notifyProgress()));
    if (wantsLeader(call.metadata)) {
      this.#timers.push(this.#clock.every(options.leaderlessMs / 3, () => this.#checkLeader()));
      this.#checkLeader();
    }
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  #author(): Authorship | EtcdError | Promise<Authorship | EtcdError> {
    try {
      const author = this.#context.gate.authorOf(this.#call);
      return author instanceof Promise ? author.catch(asRefusal) : author;
    } catch (error) {
      return asRefusal(error);
    }
  }

  #take(request: etcd.WatchRequest, author: Authorship | EtcdError): number {
    const { size } = this.#watchers;
    if (request.createRequest) this.#create(request.createRequest, author);
    else if (request.cancelRequest) this.#cancel(request.cancelRequest.watchId);
    else if (request.progressRequest) this.#answerProgress();
    return request.progressRequest ? REQUEST_UNITS + size * CURRENT_UNITS : REQUEST_UNITS;
  }

  #create(request: etcd.WatchCreateRequest, author: Authorship | EtcdError): void {
    const reason = this.#past(request) ?? this.#forbidden(request, author) ?? this.#refusal(request);
    if (reason !== undefined) {
      this.#write({ watchId: NO_WATCH, created: true, canceled: true, cancelReason: reason });
      return;
    }
    const id = request.watchId === 0 ? this.#newId() : request.watchId;
    const watcher = new Watcher(id, this.#specOf(request), this, this.#hub.revision);
    this.#watchers.set(id, watcher);
    this.#write({ watchId: id, created: true });
    this.#hub.add(watcher);
  }

  /** A revision below zero is said to be compacted, before anything else is looked at. */
  #past({ startRevision }: etcd.WatchCreateRequest): string | undefined {
    return startRevision < 0 ? errors.compacted().details : undefined;
  }

  /** In the form that Go's clients look for. */
  #forbidden({ key, rangeEnd }: etcd.WatchCreateRequest, author: Authorship | EtcdError): string | undefined {
    try {
      if (author instanceof EtcdError) throw author;
      const start = key.length === 0 ? FROM_FIRST_KEY : key;
      this.#context.replica.machine.access.range(author, { key: start, rangeEnd });
      return undefined;
    } catch (error) {
      const { code, details } = asRefusal(error);
      return `rpc error: code = ${GO_CODES[code] ?? 'Unknown'} desc = ${details}`;
    }
  }

  #refusal(request: etcd.WatchCreateRequest): string | undefined {
    const { key, rangeEnd, watchId } = request;
    const bounded = rangeEnd.length > 0 && !isOpen(rangeEnd);
    if (bounded && Buffer.compare(key.length === 0 ? FROM_FIRST_KEY : key, rangeEnd) >= 0) {
      return 'mvcc: watcher range is empty';
    }
    if (watchId !== 0 && this.#watchers.has(watchId)) return 'mvcc: duplicate watch ID provided on the WatchStream';
    if (this.#watchers.size >= this.#options.watchersMax) return 'etcdserver: too many watches on one stream';
    return undefined;
  }

  #newId(): number {
    while (this.#watchers.has(this.#nextId)) this.#nextId += 1;
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  #specOf(request: etcd.WatchCreateRequest) {
    const { NOPUT, NODELETE } = etcd.WatchCreateRequestFilterType;
    const { rangeEnd } = request;
    return {
      start: request.key.length === 0 ? FROM_FIRST_KEY : Buffer.from(request.key),
      end: rangeEnd.length === 0 ? undefined : isOpen(rangeEnd) ? NO_BOUND : Buffer.from(rangeEnd),
      startRevision: request.startRevision,
      prevKv: request.prevKv,
      noPut: request.filters.includes(NOPUT),
      noDelete: request.filters.includes(NODELETE),
      fragment: request.fragment,
      progressNotify: request.progressNotify,
    };
  }

  #cancel(id: number): void {
    const watcher = this.#watchers.get(id);
    if (!watcher) return;
    watcher.flush();
    this.#drop(watcher);
    this.#write({ watchId: id, canceled: true });
  }

  #drop(watcher: Watcher): void {
    this.#watchers.delete(watcher.id);
    this.#hub.remove(watcher);
  }

  #answerProgress(): void {
    // A client that does not read need not be told so often as it asks.
    this.#progressAsked = this.#blocked;
    if (this.#blocked) return;
    if (this.#watchers.size === 0 || !this.#hub.isCurrent(this.#watchers.values())) return;
    this.#write({ watchId: NO_WATCH });
  }

  #notifyProgress(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    const { lane } = this.#context.replica;
    void lane.run(this.#noticeAll(lane.pace)).finally(() => {
      this.#notifying = false;
    });
  }

  *#noticeAll(pace: Pace): Steps<void> {
    for (const watcher of this.#watchers.values()) {
      if (watcher.spec.progressNotify && !watcher.active && this.#hub.isCurrent([watcher])) {
        this.#write({ watchId: watcher.id });
      }
      watcher.active = false;
      if (pace.spend(NOTICE_UNITS)) yield;
    }
  }

  #checkLeader(): void {
    if (this.#context.replica.hasLeader) {
      this.#leaderlessSince = undefined;
      return;
    }
    const now = this.#clock.monotonic();
    this.#leaderlessSince ??= now;
    if (now - this.#leaderlessSince >= this.#options.leaderlessMs) this.#fail(errors.noLeader());
  }

  #fail(error: Partial<ServiceError>): void {
    this.#end();
    this.#call.emit('error', { code: error.code, details: error.details });
  }

  send(watcher: Watcher, batch: EventBatch): void {
    if (!watcher.spec.fragment) {
      this.#write({ watchId: watcher.id }, batch.fields);
      return;
    }
    let part: EncodedMessage | undefined;
    for (const next of batch.parts(this.#options.fragmentBytes)) {
      if (part) this.#write({ watchId: watcher.id, fragment: true }, part);
      part = next;
    }
    this.#write({ watchId: watcher.id }, part);
  }

  compacted(watcher: Watcher, compactRevision: number): void {
    this.#watchers.delete(watcher.id);
    const head = { ...header(this.#context, 0), revision: 0 };
    this.#write({ header: head, watchId: watcher.id, canceled: true, compactRevision });
  }

  #write(response: Partial<Omit<etcd.WatchResponse, 'events'>>, events?: EncodedMessage): void {
    if (this.#ended) return;
    const head = { header: header(this.#context, this.#hub.revision), ...response };
    const message = concat(etcd.WatchResponse.encode(head), events);
    const bytes = sizeOf(message);
    this.#unsentBytes += bytes;
    const takesMore = this.#call.write(message, () => this.#sent(bytes));
    if (!takesMore || this.#unsentBytes > this.#options.unsentBytesMax) this.#blocked = true;
  }

  #sent(bytes: number): void {
    this.#unsentBytes -= bytes;
    this.#resume();
  }

  #resume(): void {
    if (!this.#blocked || this.#ended || this.#call.writableNeedDrain) return;
    if (this.#unsentBytes > this.#options.unsentBytesMax) return;
    this.#blocked = false;
    this.#hub.resumed(this);
    if (this.#progressAsked) this.#answerProgress();
  }

  #end(): void {
    this.#ended = true;
    this.#requests.end();
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.#hub.removeAll([...this.#watchers.values()]);
    this.#watchers.clear();
  }
}

/** Go's names of the codes with which a watch may be forbidden. */
const GO_CODES: Partial<Record<status, string>> = {
  [status.INVALID_ARGUMENT]: 'InvalidArgument',
  [status.PERMISSION_DENIED]: 'PermissionDenied',
  [status.UNAUTHENTICATED]: 'Unauthenticated',
};

function asRefusal(error: unknown): EtcdError {
  return error instanceof EtcdError ? error : errors.permissionDenied();
}

/** A range end of one zero byte means: from the key on. */
function isOpen(rangeEnd: Buffer): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}

function concat(head: Buffer, events: EncodedMessage | undefined): EncodedMessage {
  if (!events) return head;
  return Buffer.isBuffer(events) ? Buffer.concat([head, events]) : [head, ...events];
}

function sizeOf(message: EncodedMessage): number {
  return Buffer.isBuffer(message) ? message.length : message.reduce((sum, { length }) => sum + length, 0);
}
