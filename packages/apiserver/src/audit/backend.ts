import type { AuditEvent } from './audit-event.js';

/** Keeps events, or passes them on. */
export interface AuditBackend {
  /** False: they could not be kept. A promise where that takes time. */
  process(events: readonly AuditEvent[]): boolean | Promise<boolean>;
  /** Passes on what it still has, as far as that can be done soon. */
  close(): Promise<void>;
}

/** Told of events that were lost: where, why and how many. */
export type Lost = (plugin: string, error: Error, count: number) => void;

/** Both of two, or more. */
export function union(backends: readonly AuditBackend[]): AuditBackend {
  if (backends.length === 1) return backends[0]!;
  return {
    process(events) {
      const kept = backends.map((backend) => backend.process(events));
      if (kept.every((it) => typeof it === 'boolean')) return !kept.includes(false);
      return Promise.all(kept).then((all) => !all.includes(false));
    },
    async close() {
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}

/** Whoever waits does so until events are kept or lost, and goes on either way. */
export function ignoringErrors(backend: AuditBackend): AuditBackend {
  return {
    process(events) {
      const kept = backend.process(events);
      return typeof kept === 'boolean' ? true : kept.then(() => true);
    },
    close: () => backend.close(),
  };
}
