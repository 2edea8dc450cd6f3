import { readFileSync } from 'node:fs';
import type { Clock, Logger, Timer } from '@keelson/service';

/**
 * A file whose content may change while the process runs. What does not read well is logged, and the content before it
 * stays in force. The first reading throws.
 */
export class ReloadedFile<T> {
  readonly #path: string;
  readonly #read: (text: string) => T;
  readonly #deps: { readonly clock: Clock; readonly logger: Logger };
  #text: string;
  #value: T;
  #timer: Timer | undefined;

  constructor(path: string, read: (text: string) => T, dependencies: { clock: Clock; logger: Logger }) {
    this.#path = path;
    this.#read = read;
    this.#deps = dependencies;
    this.#text = readFileSync(path, 'utf8');
    this.#value = read(this.#text);
  }

  get value(): T {
    return this.#value;
  }

  /** Looks at the file every so often, until `close`. */
  watch(intervalMs: number): void {
    this.#timer ??= this.#deps.clock.every(intervalMs, () => this.#reload());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #reload(): void {
    const { logger } = this.#deps;
    try {
      const text = readFileSync(this.#path, 'utf8');
      if (text === this.#text) return;
      this.#text = text;
      this.#value = this.#read(text);
      logger.info({ file: this.#path }, 'configuration was read again');
    } catch (error) {
      logger.error({ err: error, file: this.#path }, 'configuration could not be read again: it stays as it was');
    }
  }
}
