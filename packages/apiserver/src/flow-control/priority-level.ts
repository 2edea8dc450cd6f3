import type { PriorityLevelConfiguration, PriorityLevelConfigurationSpec } from '@keelson/api';
import { FlowCounts } from './dispatch/flow-counts.js';
import { QueueSet } from './dispatch/queue-set.js';
import { SeatDemand } from './dispatch/seat-demand.js';
import { Hands } from './dispatch/shuffle-sharding.js';
import { TimingRatio } from './dispatch/timing-ratio.js';
import { RetryAfter } from './retry-after.js';

/** Of a level's own seats a single request takes no more. */
const REQUEST_PART_MAX = 0.15;
/** How slowly it is forgotten what a level could use. */
const SMOOTHING = 0.977;
const FORGOTTEN_MAX = 1_000;
/** Upstream's bounds. */
const OF_REQUESTS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1];
const OF_SEATS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

export interface Seats {
  /** By its shares of all. */
  readonly nominal: number;
  /** What it keeps when it lends, and has when it borrows. */
  readonly min: number;
  readonly max: number;
}

export interface LevelDemand {
  readonly average: number;
  readonly deviation: number;
  readonly highWatermark: number;
  readonly smoothed: number;
  /** What it would be given if there were enough. */
  readonly target: number;
}

/** What a PriorityLevelConfiguration says, and the requests that are served by it. */
export class PriorityLevel {
  readonly name: string;
  readonly queues: QueueSet;
  readonly retryAfter = new RetryAfter();
  readonly #demand: SeatDemand;
  readonly #counts = new Map<string, FlowCounts>();
  /** How much of its queues and its seats is used. */
  readonly utilization: Readonly<Record<'waiting' | 'executing' | 'seats', TimingRatio>>;
  uid = '';
  /** Nobody wants it any more: it goes when it is empty. */
  isQuiescing = false;
  seats: Seats = { nominal: 0, min: 0, max: 0 };
  /** Seats that it has for now. */
  current = 0;
  demand: LevelDemand = { average: 0, deviation: 0, highWatermark: 0, smoothed: 0, target: 0 };
  #spec: PriorityLevelConfigurationSpec = {};
  #hands: Hands | undefined;
  #isNew = true;

  constructor(name: string, now: number) {
    this.name = name;
    this.#demand = new SeatDemand(now);
    this.utilization = {
      waiting: new TimingRatio(OF_REQUESTS, now),
      executing: new TimingRatio(OF_REQUESTS, now),
      seats: new TimingRatio(OF_SEATS, now),
    };
    this.queues = new QueueSet(now, (seats, at) => {
      this.#demand.set(seats, at);
      this.#use(at);
    });
  }

  /** Takes the configuration over; seats are given later. */
  configure({ metadata, spec = {} }: PriorityLevelConfiguration): void {
    this.uid = metadata.uid ?? '';
    this.isQuiescing = false;
    const { queues: had, handSize: hadSize } = this.#queuing;
    this.#spec = spec;
    const { queues = 0, handSize = 0 } = this.#queuing;
    if (queues !== had || handSize !== hadSize) this.#hands = queues > 0 ? new Hands({ queues, handSize }) : undefined;
  }

  get isExempt(): boolean {
    return this.#spec.type === 'Exempt';
  }

  get shares(): number {
    return this.#spec.limited?.nominalConcurrencyShares ?? this.#spec.exempt?.nominalConcurrencyShares ?? 0;
  }

  /** Seats of a server's `total`, of whose shares there are `shareSum`. */
  assign(total: number, shareSum: number): void {
    const { limited, exempt } = this.#spec;
    const nominal = shareSum === 0 ? 0 : Math.ceil((total * this.shares) / shareSum);
    const lendable = Math.round((nominal * (limited?.lendablePercent ?? exempt?.lendablePercent ?? 0)) / 100);
    const percent = limited?.borrowingLimitPercent;
    const borrowable = percent === undefined ? total : Math.round((nominal * percent) / 100);
    this.seats = { nominal, min: nominal - lendable, max: nominal + borrowable };
    if (this.#isNew) this.current = nominal - Math.floor(lendable / 2);
    this.#isNew = false;
  }

  /** From now on it has so many. */
  give(seats: number, now: number): void {
    this.current = seats;
    const { queues = 0, queueLengthLimit = 0 } = this.#queuing;
    this.queues.configure({ queues, queueLengthLimit }, this.isExempt ? 'exempt' : seats, now);
    this.#use(now);
  }

  #use(now: number): void {
    const { waiting, executing, seatsInUse } = this.queues;
    const { queues = 0, queueLengthLimit = 0 } = this.#queuing;
    this.utilization.waiting.set(waiting, queues * queueLengthLimit, now);
    this.utilization.executing.set(executing, this.current, now);
    this.utilization.seats.set(seatsInUse, this.current, now);
  }

  /** Looks at what it could have used since the last time. */
  measure(now: number): void {
    const { highWatermark, overTime } = this.#demand.take(now);
    const { average, deviation } = overTime ?? this.demand;
    const envelope = average + deviation;
    const smoothed =
      overTime === undefined
        ? this.demand.smoothed
        : Math.max(envelope, SMOOTHING * this.demand.smoothed + (1 - SMOOTHING) * envelope);
    this.demand = { ...this.demand, average, deviation, highWatermark, smoothed };
  }

  /** What a single request may take; 0: nothing is said about it. */
  get requestSeatsMax(): number {
    const { queues = 0, handSize = 0 } = this.#queuing;
    if (queues === 0) return 0;
    const { nominal } = this.seats;
    return Math.max(1, Math.min(Math.ceil(nominal * REQUEST_PART_MAX), Math.floor(nominal / handSize)));
  }

  get hasQueues(): boolean {
    return this.#hands !== undefined;
  }

  handOf(schema: string, flow: string): readonly number[] {
    return this.#hands?.of(schema, flow) ?? [];
  }

  countsOf(schema: string): FlowCounts {
    let counts = this.#counts.get(schema);
    if (counts === undefined) {
      if (this.#counts.size >= FORGOTTEN_MAX) this.#forgetIdle();
      counts = new FlowCounts(schema);
      this.#counts.set(schema, counts);
    }
    return counts;
  }

  get counts(): Iterable<FlowCounts> {
    return this.#counts.values();
  }

  /** Schemas come and go. */
  #forgetIdle(): void {
    for (const [schema, counts] of this.#counts) if (counts.isIdle) this.#counts.delete(schema);
  }

  get #queuing() {
    return this.#spec.limited?.limitResponse?.queuing ?? {};
  }
}
