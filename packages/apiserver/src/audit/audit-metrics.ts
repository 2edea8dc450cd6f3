import { type Clock, Counter, type Logger, type Registry } from '@keelson/service';
import type { Lost } from './backend.js';

/** The log says no more often than this that events were lost. */
const TOLD_EVERY_MS = 1_000;

/** Upstream's counters of what is recorded. */
export class AuditMetrics {
  readonly events: Counter;
  readonly levels: Counter<'level'>;
  readonly rejected: Counter;
  readonly #errors: Counter<'plugin'>;
  readonly #deps: { clock: Clock; logger: Logger };
  /** By plugin: what was lost since the log said so. */
  readonly #untold = new Map<string, { count: number; toldAt: number }>();

  constructor(registry: Registry, dependencies: { clock: Clock; logger: Logger }) {
    const registers = [registry];
    const counter = (name: string, help: string) => new Counter({ name: `apiserver_audit_${name}`, help, registers });
    this.#deps = dependencies;
    this.events = counter('event_total', 'Audit events made and given to the backends');
    this.rejected = counter('requests_rejected_total', 'Requests refused because they could not be recorded');
    this.levels = new Counter({
      name: 'apiserver_audit_level_total',
      help: 'Requests by the level that the policy has for them',
      labelNames: ['level'],
      registers,
    });
    this.#errors = new Counter({
      name: 'apiserver_audit_error_total',
      help: 'Audit events that were lost, by what lost them',
      labelNames: ['plugin'],
      registers,
    });
  }

  readonly lost: Lost = (plugin, error, count) => {
    this.#errors.inc({ plugin }, count);
    const now = this.#deps.clock.monotonic();
    const known = this.#untold.get(plugin) ?? { count: 0, toldAt: Number.NEGATIVE_INFINITY };
    known.count += count;
    this.#untold.set(plugin, known);
    if (now - known.toldAt < TOLD_EVERY_MS) return;
    this.#deps.logger.error({ plugin, err: error, count: known.count }, 'audit events were lost');
    this.#untold.set(plugin, { count: 0, toldAt: now });
  };
}
