import { Counter, Gauge, type Registry } from '@keelson/service';

/** How many APIServices cannot be reached, under upstream's names. */
export class AvailabilityMetrics {
  readonly #now: Gauge<'name'>;
  readonly #became: Counter<'name' | 'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#now = new Gauge({
      name: 'aggregator_unavailable_apiservice',
      help: 'Whether an APIService is unavailable now: 1 if it is',
      labelNames: ['name'],
      registers,
    });
    this.#became = new Counter({
      name: 'aggregator_unavailable_apiservice_total',
      help: 'How often an APIService became unavailable, and why',
      labelNames: ['name', 'reason'],
      registers,
    });
  }

  is(name: string, available: boolean): void {
    this.#now.set({ name }, available ? 0 : 1);
  }

  becameUnavailable(name: string, reason: string): void {
    this.#became.inc({ name, reason });
  }

  forget(name: string): void {
    this.#now.remove({ name });
  }
}
