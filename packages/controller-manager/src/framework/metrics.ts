import { Counter, Gauge, Histogram, type Registry } from '@keelson/service';

/** Upstream's work-queue metrics, and what came of the work. */
export class ControllerMetrics {
  readonly #syncs: Counter<'name' | 'result'>;
  readonly #duration: Histogram<'name'>;
  readonly #depths = new Map<string, () => number>();

  constructor(registry: Registry) {
    const registers = [registry];
    this.#syncs = new Counter({
      name: 'controller_syncs_total',
      help: 'Keys worked on, by controller and result',
      labelNames: ['name', 'result'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'Seconds that the work on a key took',
      labelNames: ['name'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
      registers,
    });
    const depths = this.#depths;
    new Gauge({
      name: 'workqueue_depth',
      help: 'Keys that wait',
      labelNames: ['name'],
      registers,
      collect() {
        for (const [name, depth] of depths) this.set({ name }, depth());
      },
    });
  }

  synced(name: string, result: 'success' | 'error', seconds: number): void {
    this.#syncs.inc({ name, result });
    this.#duration.observe({ name }, seconds);
  }

  observeQueue(name: string, depth: () => number): void {
    this.#depths.set(name, depth);
  }
}
