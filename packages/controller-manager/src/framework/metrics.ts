import type { QueueObserver, QueueState } from '@keelson/client';
import { Counter, Gauge, Histogram, type Registry } from '@keelson/service';

/** Those of client-go's work queues: 10 ns to 10 s and more. */
const BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100, 500, 1000];

/** Upstream's work-queue metrics, and what came of the work. */
export class ControllerMetrics {
  /** For what a controller counts of its own. */
  readonly registry: Registry;
  readonly #syncs: Counter<'name' | 'result'>;
  readonly #duration: Histogram<'name'>;
  readonly #adds: Counter<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #latency: Histogram<'name'>;
  readonly #queues = new Map<string, () => QueueState>();

  constructor(registry: Registry) {
    const labelled = { labelNames: ['name'] as const, registers: [registry] };
    this.registry = registry;
    this.#syncs = new Counter({
      name: 'controller_syncs_total',
      help: 'Keys worked on, by controller and result',
      labelNames: ['name', 'result'],
      registers: [registry],
    });
    this.#duration = new Histogram({
      ...labelled,
      name: 'workqueue_work_duration_seconds',
      help: 'Seconds that the work on a key took',
      buckets: BUCKETS,
    });
    this.#adds = new Counter({ ...labelled, name: 'workqueue_adds_total', help: 'Keys that were added' });
    this.#retries = new Counter({ ...labelled, name: 'workqueue_retries_total', help: 'Keys that are tried again' });
    this.#latency = new Histogram({
      ...labelled,
      name: 'workqueue_queue_duration_seconds',
      help: 'Seconds that a key waited until it was worked on',
      buckets: BUCKETS,
    });
    this.#gauge(labelled, 'workqueue_depth', 'Keys that wait', ({ waiting }) => waiting);
    this.#gauge(
      labelled,
      'workqueue_unfinished_work_seconds',
      'Seconds of work on keys that is not done yet',
      ({ working }) => working.reduce((sum, { forMs }) => sum + forMs, 0) / 1000,
    );
    this.#gauge(
      labelled,
      'workqueue_longest_running_processor_seconds',
      'Seconds that the longest work on a key takes so far',
      ({ working }) => Math.max(0, ...working.map(({ forMs }) => forMs)) / 1000,
    );
  }

  synced(name: string, result: 'success' | 'error', seconds: number): void {
    this.#syncs.inc({ name, result });
    this.#duration.observe({ name }, seconds);
  }

  /** What a queue of this name has to be told. */
  observer(name: string): QueueObserver {
    return {
      added: () => this.#adds.inc({ name }),
      retried: () => this.#retries.inc({ name }),
      waited: (seconds) => this.#latency.observe({ name }, seconds),
    };
  }

  observeQueue(name: string, state: () => QueueState): void {
    this.#queues.set(name, state);
  }

  #gauge(
    labelled: { readonly labelNames: readonly ['name']; readonly registers: Registry[] },
    name: string,
    help: string,
    value: (state: QueueState) => number,
  ): void {
    const queues = this.#queues;
    new Gauge({
      ...labelled,
      name,
      help,
      collect() {
        for (const [queue, state] of queues) this.set({ name: queue }, value(state()));
      },
    });
  }
}
