export interface RestartBackoffOptions {
  baseMs: number;
  capMs: number;
}

interface Entry {
  delayMs: number;
  updatedAt: number;
}

/**
 * How long a container that keeps ending waits: nothing the first time, then 10 s doubling to 5 min, counted from its
 * end. One that ran for twice the longest wait begins anew.
 */
export class RestartBackoff {
  readonly #options: RestartBackoffOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RestartBackoffOptions = { baseMs: 10_000, capMs: 300_000 }) {
    this.#options = options;
  }

  /** What is left to wait, with the whole delay; undefined: it may start. */
  waiting(key: string, endedAt: number, now: number): { restMs: number; delayMs: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#expired(entry, endedAt)) return undefined;
    const restMs = endedAt + entry.delayMs - now;
    return restMs > 0 ? { restMs, delayMs: entry.delayMs } : undefined;
  }

  /** A container that had ended at `endedAt` is started. */
  started(key: string, endedAt: number, now: number): void {
    const entry = this.#entries.get(key);
    const delayMs =
      entry === undefined || this.#expired(entry, endedAt)
        ? this.#options.baseMs
        : Math.min(entry.delayMs * 2, this.#options.capMs);
    this.#entries.set(key, { delayMs, updatedAt: now });
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
  }

  #expired(entry: Entry, endedAt: number): boolean {
    return endedAt - entry.updatedAt > 2 * this.#options.capMs;
  }
}

/** "10s", "1m20s", "5m0s": as Go prints durations. */
export function goDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
