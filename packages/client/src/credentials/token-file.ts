import { readFile } from 'node:fs/promises';
import type { Clock } from '@keelson/service';
import type { TokenSource } from './credentials.js';

/** As upstream's clients: whoever writes the file keeps the old token good for longer. */
const READ_EVERY_MS = 60_000;

/** A bearer token in a file that others write anew from time to time. */
export class TokenFile implements TokenSource {
  readonly #path: string;
  readonly #clock: Clock;
  #known: { readonly token: string; readonly at: number } | undefined;

  constructor(path: string, dependencies: { clock: Clock }) {
    this.#path = path;
    this.#clock = dependencies.clock;
  }

  async token(): Promise<string> {
    const now = this.#clock.monotonic();
    if (this.#known !== undefined && now - this.#known.at < READ_EVERY_MS) return this.#known.token;
    try {
      const token = (await readFile(this.#path, 'utf8')).trim();
      if (token === '') throw new Error(`the token file ${this.#path} is empty`);
      this.#known = { token, at: now };
    } catch (error) {
      // What was good a minute ago may still be.
      if (this.#known === undefined) throw error;
      this.#known = { ...this.#known, at: now };
    }
    return this.#known.token;
  }

  async refused(): Promise<boolean> {
    const before = this.#known?.token;
    if (this.#known !== undefined) this.#known = { ...this.#known, at: Number.NEGATIVE_INFINITY };
    return (await this.token()) !== before;
  }
}
