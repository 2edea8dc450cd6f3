import { Counter, Gauge, Histogram, type Registry } from '@keelson/service';

type QueueCounts = { active: number; backoff: number; unschedulable: number };

/** Upstream's metric names. */
export class SchedulerMetrics {
  readonly #attempts: Counter<'result'>;
  readonly #duration: Histogram<'result'>;
  readonly #podDuration: Histogram<'attempts'>;
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    this.#attempts = new Counter({
      name: 'scheduler_schedule_attempts_total',
      help: 'Attempts to schedule pods, by result',
      labelNames: ['result'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'scheduler_scheduling_attempt_duration_seconds',
      help: 'Seconds of an attempt: the search, without the binding',
      labelNames: ['result'],
      buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
      registers,
    });
    this.#podDuration = new Histogram({
      name: 'scheduler_pod_scheduling_sli_duration_seconds',
      help: 'Seconds from a pod’s first appearance in the queue to its binding',
      labelNames: ['attempts'],
      buckets: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48],
      registers,
    });
  }

  attempt(result: 'scheduled' | 'unschedulable' | 'error', seconds: number): void {
    this.#attempts.inc({ result });
    this.#duration.observe({ result }, seconds);
  }

  podScheduled(seconds: number, attempts: number): void {
    this.#podDuration.observe({ attempts: String(Math.min(attempts, 16)) }, seconds);
  }

  observeQueue(counts: () => QueueCounts): void {
    new Gauge({
      name: 'scheduler_pending_pods',
      help: 'Pods that wait, by the queue they wait in',
      labelNames: ['queue'],
      registers: [this.#registry],
      collect() {
        for (const [queue, count] of Object.entries(counts())) this.set({ queue }, count);
      },
    });
  }
}
