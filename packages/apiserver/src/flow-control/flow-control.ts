import type { FlowSchema, PriorityLevelConfiguration, RequestOptions } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { AuthorizationAttributes, Waiting } from '../auth/authorizer.js';
import type { WatchStream } from '../registry/watch.js';
import { reallocate } from './borrowing.js';
import { classify, type FlowMatcher, inOrder, matcherOf } from './classification.js';
import { QueuedRequest } from './dispatch/queued-request.js';
import { seatsOf } from './dispatch/work.js';
import type { FlowMetrics } from './flow-metrics.js';
import type { AdmittedBy, Limiter, Ticket } from './limiter.js';
import { mandatoryLevels, mandatorySchemas } from './mandatory.js';
import { Overloaded } from './overloaded.js';
import { PriorityLevel } from './priority-level.js';
import { isMutating } from './verbs.js';
import type { WatchTracker } from './watch-tracker.js';
import type { WorkEstimator } from './work-estimator.js';

export interface FlowControlOptions {
  /** Seats of the whole server. */
  seats: number;
  /** A request that waits longer for its turn is refused. */
  waitMs?: number;
}

export interface FlowControlDependencies {
  clock: Clock;
  estimator: WorkEstimator;
  watches: WatchTracker;
  metrics: FlowMetrics;
}

/** A client that takes longer for what its watch begins with keeps nobody else from being served. */
const BEGINNING_MS = 1_000;
/** How often seats are given anew. */
const BORROWING_MS = 10_000;

/** Priority and fairness: each request is of a flow, each flow of a priority level, and each level has seats. */
export class FlowControl implements Limiter {
  readonly #options: Required<FlowControlOptions>;
  readonly #deps: FlowControlDependencies;
  readonly #levels = new Map<string, PriorityLevel>();
  readonly #mandatory = { schemas: mandatorySchemas(), levels: mandatoryLevels() };
  /** Changed by those who are admitted. */
  readonly inFlight = { readOnly: 0, mutating: 0 };
  #matchers: readonly FlowMatcher[] = [];

  constructor(options: FlowControlOptions, dependencies: FlowControlDependencies) {
    this.#options = { waitMs: 15_000, ...options };
    this.#deps = dependencies;
    dependencies.metrics.follow(this.#levels);
    // Until more is known there is what must be.
    this.configure([], []);
  }

  /** Gives seats by demand until the signal aborts. */
  run(signal: AbortSignal): void {
    const timer = this.#deps.clock.every(BORROWING_MS, () => this.reallocate());
    signal.addEventListener('abort', () => timer.cancel(), { once: true });
  }

  reallocate(): void {
    this.#deps.metrics.fairFraction = reallocate([...this.#levels.values()], this.#deps.clock.monotonic());
  }

  /** Takes over what is configured. A schema of a level that is not there counts for nothing. */
  configure(schemas: readonly FlowSchema[], levels: readonly PriorityLevelConfiguration[]): void {
    const now = this.#deps.clock.monotonic();
    const wanted = withMandatory(levels, this.#mandatory.levels);
    const names = new Set(wanted.map(({ metadata }) => metadata.name ?? ''));
    for (const it of wanted) this.#levelOf(it.metadata.name ?? '', now).configure(it);
    for (const [name, level] of this.#levels) {
      if (names.has(name)) continue;
      level.isQuiescing = true;
      if (level.queues.isIdle) this.#levels.delete(name);
    }
    const usable = schemas.filter(({ spec }) => names.has(spec?.priorityLevelConfiguration?.name ?? ''));
    this.#matchers = inOrder(withMandatory(usable, this.#mandatory.schemas)).map(matcherOf);
    const all = [...this.#levels.values()];
    const shares = all.reduce((sum, level) => sum + level.shares, 0);
    for (const level of all) level.assign(this.#options.seats, shares);
    this.reallocate();
  }

  #levelOf(name: string, now: number): PriorityLevel {
    let level = this.#levels.get(name);
    if (level === undefined) {
      level = new PriorityLevel(name, now);
      this.#levels.set(name, level);
    }
    return level;
  }

  admit(
    asked: AuthorizationAttributes,
    options: RequestOptions | undefined,
    waiting: Waiting,
  ): Ticket | Promise<Ticket> {
    const { clock, estimator, metrics } = this.#deps;
    const schema = classify(this.#matchers, asked);
    const level = this.#levels.get(schema.level)!;
    const by = { schemaUid: schema.uid, levelUid: level.uid };
    const counts = level.countsOf(schema.name);
    const work = estimator.estimate(asked, options, level.requestSeatsMax);
    metrics.estimated(level.name, schema.name, seatsOf(work));
    if (work.watches !== undefined) metrics.watchers(level.name, schema.name, work.watches);
    const flow = level.hasQueues ? schema.flowOf(asked) : '';
    const request = level.queues.start(
      { work, counts, flow, asked },
      level.handOf(schema.name, flow),
      clock.monotonic(),
    );
    if (!(request instanceof QueuedRequest)) throw this.#overloaded(level, schema.name, by, 0);
    if (request.queue !== undefined) metrics.enqueued(level.name, schema.name, Math.max(1, request.queue.waiting.size));
    if (request.phase === 'waiting') return this.#turn(level, request, by, waiting);
    if (!level.isExempt) metrics.waited(level.name, schema.name, true, 0);
    return new Admitted(level, request, by, this.#deps, this);
  }

  /** When the request's turn comes; it is taken out when it waits too long, or nobody waits for it. */
  #turn(level: PriorityLevel, request: QueuedRequest, by: AdmittedBy, waiting: Waiting): Promise<Ticket> {
    const { signal } = waiting;
    const { clock, metrics } = this.#deps;
    const { schema } = request.counts;
    const kind = isMutating(request.asked.verb) ? 'mutating' : 'readOnly';
    metrics.changed('waiting', kind, 1, this.seats);
    return new Promise((resolve, reject) => {
      const leave = (why: 'time-out' | 'cancelled') => {
        settle();
        level.queues.withdraw(request, why, clock.monotonic());
        const waited = clock.monotonic() - request.arrivalMs;
        reject(why === 'cancelled' ? signal?.reason : this.#overloaded(level, schema, by, waited));
        this.dropIfDone(level);
      };
      const gone = () => leave('cancelled');
      const timer = clock.after(this.#options.waitMs, () => leave('time-out'));
      const settle = () => {
        metrics.changed('waiting', kind, -1, this.seats);
        timer.cancel();
        signal?.removeEventListener('abort', gone);
        request.onStart = undefined;
      };
      request.onStart = () => {
        settle();
        metrics.waited(level.name, schema, true, request.startMs - request.arrivalMs);
        resolve(new Admitted(level, request, by, this.#deps, this));
      };
      signal?.addEventListener('abort', gone, { once: true });
      if (signal?.aborted) gone();
    });
  }

  #overloaded(level: PriorityLevel, schema: string, by: AdmittedBy, waitedMs: number): Overloaded {
    const { clock, metrics } = this.#deps;
    metrics.waited(level.name, schema, false, waitedMs);
    level.retryAfter.note(clock.monotonic());
    return new Overloaded(level.retryAfter.seconds, by);
  }

  /** A level that nobody wants goes when its last request is through; its seats are for the others. */
  dropIfDone(level: PriorityLevel): void {
    if (!level.isQuiescing || !level.queues.isIdle || this.#levels.get(level.name) !== level) return;
    this.#levels.delete(level.name);
    const all = [...this.#levels.values()];
    const shares = all.reduce((sum, it) => sum + it.shares, 0);
    for (const it of all) it.assign(this.#options.seats, shares);
    this.reallocate();
  }

  /** Of the whole server. */
  get seats(): number {
    return this.#options.seats;
  }

  /** In the order of their names. */
  get levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** What is there, and of what must be there what is not. */
function withMandatory<T extends { metadata: { name?: string | undefined } }>(
  there: readonly T[],
  mandatory: readonly T[],
): T[] {
  const names = new Set(there.map(({ metadata }) => metadata.name));
  return [...there, ...mandatory.filter(({ metadata }) => !names.has(metadata.name))];
}

class Admitted implements Ticket {
  readonly by: AdmittedBy;
  readonly #level: PriorityLevel;
  readonly #request: QueuedRequest;
  readonly #deps: FlowControlDependencies;
  readonly #owner: FlowControl;

  constructor(
    level: PriorityLevel,
    request: QueuedRequest,
    by: AdmittedBy,
    dependencies: FlowControlDependencies,
    owner: FlowControl,
  ) {
    this.by = by;
    this.#level = level;
    this.#request = request;
    this.#deps = dependencies;
    this.#owner = owner;
    this.#count(1);
  }

  #count(change: number): void {
    const { verb } = this.#request.asked;
    if (verb === 'watch') return;
    const kind = isMutating(verb) ? 'mutating' : 'readOnly';
    this.#owner.inFlight[kind] += change;
    this.#deps.metrics.changed('executing', kind, change, this.#owner.seats);
  }

  watching(stream: WatchStream): void {
    stream.onClose(this.#deps.watches.add(this.#request.asked));
    const timer = this.#deps.clock.after(BEGINNING_MS, () => this.release());
    stream.onBegun(() => {
      timer.cancel();
      this.release();
    });
  }

  release(): void {
    const { clock, metrics } = this.#deps;
    if (this.#request.phase !== 'executing') return;
    this.#count(-1);
    const { queues, name } = this.#level;
    const now = clock.monotonic();
    metrics.executed(
      name,
      this.#request.counts.schema,
      this.#request.asked.verb === 'watch',
      now - this.#request.startMs,
    );
    const lingerMs = queues.finish(this.#request, now);
    if (lingerMs > 0) clock.after(lingerMs, () => queues.release(this.#request, clock.monotonic()));
    this.#owner.dropIfDone(this.#level);
  }
}
