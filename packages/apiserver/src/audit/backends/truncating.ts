import type { AuditEvent } from '../audit-event.js';
import type { AuditBackend, Lost } from '../backend.js';

export interface TruncatingOptions {
  readonly maxEventBytes: number;
  readonly maxBatchBytes: number;
}

/** Takes out of large events what was sent, loses those that are too large even then, and splits large batches. */
export class Truncating implements AuditBackend {
  readonly #options: TruncatingOptions;
  readonly #deps: { backend: AuditBackend; lost: Lost };

  constructor(options: TruncatingOptions, dependencies: { backend: AuditBackend; lost: Lost }) {
    this.#options = options;
    this.#deps = dependencies;
  }

  process(events: readonly AuditEvent[]): boolean | Promise<boolean> {
    const kept = this.#batches(events).map((batch) => this.#deps.backend.process(batch));
    if (kept.every((it) => typeof it === 'boolean')) return !kept.includes(false);
    return Promise.all(kept).then((all) => !all.includes(false));
  }

  close(): Promise<void> {
    return this.#deps.backend.close();
  }

  #batches(events: readonly AuditEvent[]): AuditEvent[][] {
    const batches: AuditEvent[][] = [];
    let left = 0;
    for (const whole of events) {
      const event = this.#fitting(whole);
      if (event === undefined) continue;
      if (batches.length === 0 || event.bytes > left) {
        batches.push([]);
        left = this.#options.maxBatchBytes;
      }
      left -= event.bytes;
      batches.at(-1)!.push(event);
    }
    return batches;
  }

  #fitting(event: AuditEvent): AuditEvent | undefined {
    const { maxEventBytes } = this.#options;
    if (event.bytes <= maxEventBytes) return event;
    const { level } = event.facts;
    const smaller = level === 'Request' || level === 'RequestResponse' ? event.truncated() : event;
    if (smaller.bytes <= maxEventBytes) return smaller;
    this.#deps.lost('truncate', new Error(`an event has more than ${maxEventBytes} bytes even without its objects`), 1);
    return undefined;
  }
}
