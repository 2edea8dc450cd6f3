import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock, Logger } from '@keelson/service';
import type { LineWriter } from './log-backend.js';

export interface LogFileOptions {
  readonly path: string;
  /** A file that would grow beyond this is put aside; 0: never. */
  readonly maxBytes: number;
  /** Files put aside that are kept; 0: all. */
  readonly maxBackups: number;
  /** Days for which they are kept; 0: for ever. */
  readonly maxAgeDays: number;
  readonly compress: boolean;
}

const DAY_MS = 24 * 3_600_000;
const GZIP = '.gz';

/** A file of lines that is put aside when it is full, under a name with the time: `audit-2026-07-23T18-32-12.000.log`. */
export class LogFile implements LineWriter {
  readonly #options: LogFileOptions;
  readonly #deps: { clock: Clock; logger: Logger };
  #fd: number;
  #size: number;
  #tidying: Promise<void> = Promise.resolve();
  #isTidyWanted = false;

  /** Throws if the file cannot be written. */
  constructor(options: LogFileOptions, dependencies: { clock: Clock; logger: Logger }) {
    this.#options = options;
    this.#deps = dependencies;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    [this.#fd, this.#size] = this.#open();
    this.#tidy();
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    const { maxBytes } = this.#options;
    if (maxBytes > 0 && this.#size > 0 && this.#size + bytes.length > maxBytes) this.#rotate();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#size += bytes.length;
  }

  async close(): Promise<void> {
    closeSync(this.#fd);
    await this.#tidying;
  }

  #open(): [fd: number, size: number] {
    const fd = openSync(this.#options.path, 'a', 0o600);
    return [fd, fstatSync(fd).size];
  }

  #rotate(): void {
    const { path } = this.#options;
    renameSync(path, this.#asideName());
    closeSync(this.#fd);
    [this.#fd, this.#size] = this.#open();
    this.#tidy();
  }

  /** Of two in one millisecond the second is a little later: nothing is written over. */
  #asideName(): string {
    const { path } = this.#options;
    const extension = extname(path);
    for (let at = this.#deps.clock.now(); ; at++) {
      const time = new Date(at).toISOString().slice(0, -1).replaceAll(':', '-');
      const name = join(dirname(path), `${basename(path, extension)}-${time}${extension}`);
      if (!existsSync(name) && !existsSync(`${name}${GZIP}`)) return name;
    }
  }

  /** One at a time; what comes meanwhile is done by one more. */
  #tidy(): void {
    if (this.#isTidyWanted) return;
    this.#isTidyWanted = true;
    this.#tidying = this.#tidying
      .then(() => {
        this.#isTidyWanted = false;
        return this.#tidyOnce();
      })
      .catch((error: unknown) => {
        this.#deps.logger.warn({ err: error }, 'old audit logs could not be tidied up');
      });
  }

  async #tidyOnce(): Promise<void> {
    const { path, maxBackups, maxAgeDays, compress } = this.#options;
    const folder = dirname(path);
    const extension = extname(path);
    const prefix = `${basename(path, extension)}-`;
    const timeOf = (name: string) =>
      asideTime(name.endsWith(GZIP) ? name.slice(0, -GZIP.length) : name, prefix, extension);
    const aside = (await readdir(folder))
      .map((name) => ({ name, time: timeOf(name) }))
      .filter((it): it is { name: string; time: number } => it.time !== undefined)
      .sort((a, b) => b.time - a.time);
    const oldest = maxAgeDays > 0 ? this.#deps.clock.now() - maxAgeDays * DAY_MS : Number.NEGATIVE_INFINITY;
    const isKept = (it: { time: number }, at: number) => it.time >= oldest && (maxBackups === 0 || at < maxBackups);
    for (const { name } of aside.filter((it, at) => !isKept(it, at))) await unlink(join(folder, name));
    if (!compress) return;
    for (const { name } of aside.filter(isKept)) if (!name.endsWith(GZIP)) await compressed(join(folder, name));
  }
}

/** The time in the name of a file that was put aside; undefined: it is another file. */
function asideTime(name: string, prefix: string, extension: string): number | undefined {
  if (!name.startsWith(prefix) || !name.endsWith(extension)) return undefined;
  const text = name.slice(prefix.length, name.length - extension.length);
  const [, day, hours, minutes, seconds] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text) ?? [];
  const time = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** Beside it first, so that nothing is lost half-way. */
async function compressed(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}${GZIP}`, { mode: 0o600 }));
  await unlink(path);
}
