import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type LogStream = 'stdout' | 'stderr';

/** A longer line is written in parts, tagged P, as containerd does. */
const LINE_BYTES_MAX = 16 * 1024;

/**
 * Writes a container's output in CRI's log format: `<RFC 3339 time> <stream> <F|P> <text>`, a line each. Writes are
 * synchronous: the kernel's page cache is the only buffer, so what the program wrote survives the shim's death.
 */
export class LogWriter {
  #file: number | undefined;
  readonly #path: string;
  readonly #now: () => number;
  /** The text after the last newline, by stream. */
  readonly #open: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
    this.reopen();
  }

  write(stream: LogStream, chunk: Buffer): void {
    let rest = this.#open[stream].length === 0 ? chunk : Buffer.concat([this.#open[stream], chunk]);
    const parts: Buffer[] = [];
    const prefix = `${logTime(this.#now())} ${stream} `;
    for (;;) {
      const newline = rest.indexOf(0x0a);
      if ((newline < 0 ? rest.length : newline) > LINE_BYTES_MAX) {
        parts.push(Buffer.from(`${prefix}P `), rest.subarray(0, LINE_BYTES_MAX), Buffer.from('\n'));
        rest = rest.subarray(LINE_BYTES_MAX);
      } else if (newline >= 0) {
        parts.push(Buffer.from(`${prefix}F `), rest.subarray(0, newline + 1));
        rest = rest.subarray(newline + 1);
      } else break;
    }
    this.#open[stream] = Buffer.from(rest);
    this.#append(parts);
  }

  /** Writes what has no newline yet. */
  flush(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#open[stream];
      if (rest.length === 0) continue;
      this.#append([Buffer.from(`${logTime(this.#now())} ${stream} P `), rest, Buffer.from('\n')]);
      this.#open[stream] = Buffer.alloc(0);
    }
  }

  /** Opens the path anew: the old file was renamed by whoever rotates logs. */
  reopen(): void {
    if (this.#path === '') return;
    mkdirSync(dirname(this.#path), { recursive: true });
    const next = openSync(this.#path, 'a', 0o640);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = next;
  }

  /** A full disk loses lines, not the container. */
  #append(parts: Buffer[]): void {
    if (this.#file === undefined || parts.length === 0) return;
    const bytes = Buffer.concat(parts);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

function logTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 23)}000000Z`;
}
