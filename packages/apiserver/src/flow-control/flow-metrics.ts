import { type Clock, Counter, Gauge, Histogram, type Registry } from '@keelson/service';
import type { FlowCounts } from './dispatch/flow-counts.js';
import { TimingRatio } from './dispatch/timing-ratio.js';
import type { PriorityLevel } from './priority-level.js';
import { type LabelledRatio, timingRatioMetric } from './timing-ratio-metric.js';

const PREFIX = 'apiserver_flowcontrol_';
const OF_LEVEL = ['priority_level'];
const OF_FLOW = ['priority_level', 'flow_schema'];
const SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const LENGTHS = [0, 10, 25, 50, 100, 250, 500, 1000];
const SEATS = [1, 2, 4, 8, 16, 32, 64, 100];
const WATCHERS = [0, 1, 10, 100, 1000, 10_000];

const OF_KINDS = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const KINDS = { readOnly: 'readOnly', mutating: 'mutating' } as const;

type RequestKind = keyof typeof KINDS;
type Phase = 'waiting' | 'executing';

type Levels = ReadonlyMap<string, PriorityLevel>;

/** What priority and fairness shows, under upstream's names. What is a state or a count is read when it is asked for. */
export class FlowMetrics {
  readonly #estimated: Histogram;
  readonly #queueLength: Histogram;
  readonly #waited: Histogram;
  readonly #executed: Histogram;
  readonly #watchers: Histogram;
  readonly #registry: Registry;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #kinds: Readonly<Record<Phase, Readonly<Record<RequestKind, { count: number; ratio: TimingRatio }>>>>;
  /** Of its target each level gets so much, where its bounds let it. */
  fairFraction = 0;

  constructor(registry: Registry, clock: Pick<Clock, 'monotonic'>) {
    this.#registry = registry;
    this.#clock = clock;
    const kind = () => ({ count: 0, ratio: new TimingRatio(OF_KINDS, clock.monotonic()) });
    const kinds = () => ({ readOnly: kind(), mutating: kind() });
    this.#kinds = { waiting: kinds(), executing: kinds() };
    const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
      new Histogram({ name: `${PREFIX}${name}`, help, labelNames, buckets, registers: [registry] });
    this.#estimated = histogram('work_estimated_seats', 'Seats that requests were expected to take', OF_FLOW, SEATS);
    this.#queueLength = histogram(
      'request_queue_length_after_enqueue',
      'Length of its queue as each request saw it when it was in it',
      OF_FLOW,
      LENGTHS,
    );
    this.#waited = histogram(
      'request_wait_duration_seconds',
      'How long requests waited in their queues',
      [...OF_FLOW, 'execute'],
      SECONDS,
    );
    this.#executed = histogram(
      'request_execution_seconds',
      'How long requests were served; of watches their beginning',
      [...OF_FLOW, 'type'],
      SECONDS,
    );
    this.#watchers = histogram('watch_count_samples', 'Watches that see what a request changes', OF_FLOW, WATCHERS);
  }

  estimated(level: string, schema: string, seats: number): void {
    this.#estimated.observe({ priority_level: level, flow_schema: schema }, seats);
  }

  enqueued(level: string, schema: string, length: number): void {
    this.#queueLength.observe({ priority_level: level, flow_schema: schema }, length);
  }

  waited(level: string, schema: string, executed: boolean, milliseconds: number): void {
    const labels = { priority_level: level, flow_schema: schema, execute: String(executed) };
    this.#waited.observe(labels, milliseconds / 1000);
  }

  executed(level: string, schema: string, isWatch: boolean, milliseconds: number): void {
    const labels = { priority_level: level, flow_schema: schema, type: isWatch ? 'watch' : 'regular' };
    this.#executed.observe(labels, milliseconds / 1000);
  }

  watchers(level: string, schema: string, count: number): void {
    this.#watchers.observe({ priority_level: level, flow_schema: schema }, count);
  }

  /** So many more requests of a kind wait, or are served, of so many that could. */
  changed(phase: Phase, kind: RequestKind, by: number, limit: number): void {
    const of = this.#kinds[phase][kind];
    of.count += by;
    of.ratio.set(of.count, limit, this.#clock.monotonic());
  }

  #ratios(levels: Levels): void {
    const show = (name: string, help: string, ratios: () => Iterable<LabelledRatio>) =>
      timingRatioMetric(this.#registry, { name: `${PREFIX}${name}`, help, ratios }, this.#clock);
    show('priority_level_seat_utilization', 'Nanoseconds by the part of its seats that a level used', () =>
      [...levels.values()].map((it) => [{ phase: 'executing', priority_level: it.name }, it.utilization.seats]),
    );
    show(
      'priority_level_request_utilization',
      'Nanoseconds by the part of its room that requests of a level took',
      () =>
        [...levels.values()].flatMap((it) =>
          (['waiting', 'executing'] as const).map(
            (phase): LabelledRatio => [{ phase, priority_level: it.name }, it.utilization[phase]],
          ),
        ),
    );
    show('read_vs_write_current_requests', 'Nanoseconds by the part of all room that a kind of requests took', () =>
      (['waiting', 'executing'] as const).flatMap((phase) =>
        Object.values(KINDS).map(
          (kind): LabelledRatio => [{ phase, request_kind: kind }, this.#kinds[phase][kind].ratio],
        ),
      ),
    );
  }

  /** Shows these levels from now on. */
  follow(levels: Levels): void {
    this.#ofLevels(levels);
    this.#ratios(levels);
    this.#ofFlows(levels);
    const frac = () => this.fairFraction;
    new Gauge({
      name: `${PREFIX}seat_fair_frac`,
      help: 'Of its target each priority level gets so much, where its bounds let it',
      registers: [this.#registry],
      collect() {
        this.set(frac());
      },
    });
  }

  #ofLevels(levels: Levels): void {
    const gauge = (name: string, help: string, value: (level: PriorityLevel) => number) =>
      new Gauge({
        ...{ name: `${PREFIX}${name}`, help, labelNames: OF_LEVEL, registers: [this.#registry] },
        collect() {
          this.reset();
          for (const level of levels.values()) this.set({ priority_level: level.name }, value(level));
        },
      });
    gauge('nominal_limit_seats', 'Seats of a level by its shares', ({ seats }) => seats.nominal);
    gauge('lower_limit_seats', 'Seats that a level keeps when it lends', ({ seats }) => seats.min);
    gauge('upper_limit_seats', 'Seats that a level may have when it borrows', ({ seats }) => seats.max);
    gauge('current_limit_seats', 'Seats that a level has for now', ({ current }) => current);
    gauge(
      'demand_seats_high_watermark',
      'Most seats that a level could have used lately',
      (it) => it.demand.highWatermark,
    );
    gauge('demand_seats_average', 'Seats that a level could have used lately', ({ demand }) => demand.average);
    gauge(
      'demand_seats_stdev',
      'Deviation of the seats that a level could have used',
      ({ demand }) => demand.deviation,
    );
    gauge('demand_seats_smoothed', 'Seats that a level could use, slowly forgotten', ({ demand }) => demand.smoothed);
    gauge('target_seats', 'Seats that a level would be given if there were enough', ({ demand }) => demand.target);
    gauge('current_r', 'Progress of the level in seat-seconds of a queue', ({ queues }) => queues.progress / 1000);
    gauge('dispatch_r', 'The progress at the last dispatch', ({ queues }) => queues.lastDispatch.progress / 1000);
    gauge(
      'latest_s',
      'Virtual start of what was dispatched last',
      ({ queues }) => queues.lastDispatch.virtualStart / 1000,
    );
  }

  #ofFlows(levels: Levels): void {
    type Value = (counts: FlowCounts) => number;
    const common = (name: string, help: string, labelNames = OF_FLOW) => ({
      name: `${PREFIX}${name}`,
      help,
      labelNames,
      registers: [this.#registry],
    });
    const gauge = (name: string, help: string, value: Value) =>
      new Gauge({
        ...common(name, help),
        collect() {
          this.reset();
          for (const [labels, counts] of flows(levels)) this.set(labels, value(counts));
        },
      });
    const counter = (name: string, help: string, value: Value) =>
      new Counter({
        ...common(name, help),
        collect() {
          this.reset();
          for (const [labels, counts] of flows(levels)) if (value(counts) > 0) this.inc(labels, value(counts));
        },
      });
    gauge('current_inqueue_requests', 'Requests that wait in queues', ({ waiting }) => waiting);
    gauge('current_inqueue_seats', 'Seats that requests in queues wait for', ({ waitingSeats }) => waitingSeats);
    gauge('current_executing_requests', 'Requests that are served', ({ executing }) => executing);
    gauge('current_executing_seats', 'Seats that are taken', ({ executingSeats }) => executingSeats);
    counter('dispatched_requests_total', 'Requests that were served', ({ dispatched }) => dispatched);
    counter(
      'request_dispatch_no_accommodation_total',
      'Times that the next request had to wait for seats',
      ({ notAccommodated }) => notAccommodated,
    );
    new Counter({
      ...common('rejected_requests_total', 'Requests that were refused', [...OF_FLOW, 'reason']),
      collect() {
        this.reset();
        for (const [labels, { rejected }] of flows(levels))
          for (const [reason, count] of Object.entries(rejected)) if (count > 0) this.inc({ ...labels, reason }, count);
      },
    });
  }
}

function* flows(levels: Levels): Iterable<[{ priority_level: string; flow_schema: string }, FlowCounts]> {
  for (const level of levels.values())
    for (const counts of level.counts) yield [{ priority_level: level.name, flow_schema: counts.schema }, counts];
}
