import { Counter, Gauge, Histogram, type Registry } from '@keelson/service';
import type { UsageStore } from '../points/usage-store.js';

/** Upstream's metrics of how kubelets answer. */
export class ScrapeMetrics {
  readonly #duration: Histogram<'node'>;
  readonly #total: Counter<'success'>;
  readonly #last: Gauge<'node'>;

  constructor(registry: Registry, store: UsageStore) {
    const registers = [registry];
    this.#duration = new Histogram({
      name: 'metrics_server_kubelet_request_duration_seconds',
      help: 'Duration of requests to Kubelet API in seconds',
      labelNames: ['node'],
      registers,
    });
    this.#total = new Counter({
      name: 'metrics_server_kubelet_request_total',
      help: 'Number of requests sent to Kubelet API',
      labelNames: ['success'],
      registers,
    });
    this.#last = new Gauge({
      name: 'metrics_server_kubelet_last_request_time_seconds',
      help: 'Time of last request performed to Kubelet API since unix epoch in seconds',
      labelNames: ['node'],
      registers,
    });
    new Gauge({
      name: 'metrics_server_storage_points',
      help: 'Number of metrics points stored.',
      labelNames: ['type'],
      registers,
      collect() {
        this.set({ type: 'node' }, store.nodes);
        this.set({ type: 'container' }, store.containers);
      },
    });
  }

  asked(node: string, success: boolean, seconds: number, now: number): void {
    this.#duration.observe({ node }, seconds);
    this.#total.inc({ success: String(success) });
    this.#last.set({ node }, Math.floor(now / 1000));
  }

  /** The node is gone. */
  forget(node: string): void {
    this.#duration.remove({ node });
    this.#last.remove({ node });
  }
}
