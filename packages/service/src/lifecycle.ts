import type { Clock } from './clock.js';
import { type Logger, withoutQuotedInput } from './logger.js';
import { handlerErrors } from './sockets/protect.js';

/** A part of a process that is stopped before it ends; `close` must resolve even if the part never opened. */
export interface Closer {
  name: string;
  close(): Promise<void> | void;
}

/**
 * Runs a process from its start to its end: SIGTERM and SIGINT close what was registered, last first, within a
 * deadline; a second signal or the deadline ends it at once. A process that says so (`hurries`) takes the second signal as
 * a request to make haste, and ends at once with the third. A failure to start is one line and exit code 1.
 */
export class Lifecycle {
  readonly #closers: Closer[] = [];
  readonly #stopping = new AbortController();
  readonly #hurrying = new AbortController();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  readonly #hurries: boolean;

  constructor(options: { deadlineMs?: number; hurries?: boolean }, dependencies: { clock: Clock; logger: Logger }) {
    this.#deadlineMs = options.deadlineMs ?? 10_000;
    this.#hurries = options.hurries ?? false;
    this.#clock = dependencies.clock;
    this.#logger = dependencies.logger;
  }

  /** Aborts when the process begins to stop. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Aborts when the process is asked a second time to stop, if it hurries then. */
  get hurrying(): AbortSignal {
    return this.#hurrying.signal;
  }

  onStop(name: string, close: () => Promise<void> | void): void {
    this.#closers.push({ name, close });
  }

  /** Starts the process; returns once `start` has. */
  async run(start: (lifecycle: Lifecycle) => Promise<void> | void): Promise<void> {
    // Deprecations (gRPC's use of addresses as TLS server names) are for developers, not for operators.
    process.noDeprecation = true;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.stop(signal, 0));
    handlerErrors.subscribe((error) =>
      this.#logger.error({ err: error }, 'a handler failed: what it served is closed'),
    );
    process.on('uncaughtException', (error) => this.#crash(error));
    process.on('unhandledRejection', (error) => this.#crash(error));
    try {
      await start(this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** One clear line on stderr, details in the log, exit code 1. For errors a person can act on. */
  fail(error: unknown): never {
    this.#logger.debug({ err: error }, 'failed');
    process.stderr.write(`error: ${withoutQuotedInput(error instanceof Error ? error.message : String(error))}\n`);
    process.exit(1);
  }

  /** Closes everything, then ends the process with `code`. */
  async stop(reason: string, code: number): Promise<void> {
    if (this.#stopping.signal.aborted) {
      if (!this.#hurries || this.#hurrying.signal.aborted) process.exit(code);
      this.#hurrying.abort(new Error(`hurrying: ${reason}`));
      return;
    }
    this.#logger.info({ reason }, 'stopping');
    this.#clock.after(this.#deadlineMs, () => {
      this.#logger.warn({ deadlineMs: this.#deadlineMs }, 'stop deadline passed, ending with work in flight');
      process.exit(code);
    });
    this.#stopping.abort(new Error(`stopping: ${reason}`));
    for (const closer of this.#closers.reverse()) {
      try {
        await closer.close();
      } catch (error) {
        this.#logger.warn({ err: error, closer: closer.name }, 'failed to close');
      }
    }
    this.#logger.info('stopped');
    process.exit(code);
  }

  /** An error nobody handled leaves unknown state behind: crash-only means to end and be restarted. */
  #crash(error: unknown): never {
    this.#logger.fatal({ err: error }, 'unhandled error');
    process.exit(1);
  }
}
