import type { AuditEvent } from '../audit-event.js';
import type { AuditBackend, Lost } from '../backend.js';
import { legacyLine } from '../legacy-format.js';

/** Where lines go. */
export interface LineWriter {
  /** At once; throws what went wrong. */
  write(text: string): void;
  close(): Promise<void>;
}

export type LogFormat = 'json' | 'legacy';

/** A line for each event. */
export class LogBackend implements AuditBackend {
  readonly #line: (event: AuditEvent) => string;
  readonly #deps: { writer: LineWriter; lost: Lost };

  constructor(options: { format: LogFormat }, dependencies: { writer: LineWriter; lost: Lost }) {
    this.#line = options.format === 'json' ? (event) => event.json : legacyLine;
    this.#deps = dependencies;
  }

  process(events: readonly AuditEvent[]): boolean {
    const { writer, lost } = this.#deps;
    try {
      writer.write(events.map((event) => `${this.#line(event)}\n`).join(''));
      return true;
    } catch (error) {
      lost('log', error as Error, events.length);
      return false;
    }
  }

  close(): Promise<void> {
    return this.#deps.writer.close();
  }
}

/** The process' standard output: Node writes to files and pipes at once. */
export const standardOutput: LineWriter = {
  write: (text) => void process.stdout.write(text),
  close: async () => {},
};
