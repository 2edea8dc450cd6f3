import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Clock } from '@keelson/service';
import { fileTail, lastText } from '../pods/file-tail.js';

/** One line of a CRI log. */
export interface LogLine {
  time: string;
  text: Buffer;
  partial: boolean;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** "<time> <stream> <P|F> <text>"; undefined for a line of another form. */
function parseLine(line: Buffer): LogLine | undefined {
  const first = line.indexOf(SPACE);
  const second = line.indexOf(SPACE, first + 1);
  const third = line.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const partial = line[second + 1] === 0x50;
  return { time: line.toString('latin1', 0, first), text: line.subarray(third + 1), partial };
}

export interface LogOptions {
  tailLines?: number | undefined;
  /** Wall time in milliseconds; earlier lines are left out. */
  since?: number | undefined;
  timestamps: boolean;
  limitBytes?: number | undefined;
  follow: boolean;
}

const CHUNK_BYTES = 64 * 1024;
const POLL_MS = 200;

/**
 * The text of a container's log, in pieces. Following ends when `isRunning` says no and everything was read; a file
 * that is rotated away is read to its end first. Throws if there is no log.
 */
export async function* readLog(
  path: string,
  options: LogOptions,
  dependencies: { clock: Clock; signal: AbortSignal; isRunning: () => Promise<boolean> | boolean },
): AsyncGenerator<Buffer> {
  let file = openSync(path, 'r');
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    let rest: Buffer = Buffer.alloc(0);
    let position = options.tailLines === undefined ? 0 : tailPosition(file, options.tailLines);
    let ended = false;
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (!dependencies.signal.aborted) {
      const count = readSync(file, chunk, 0, CHUNK_BYTES, position);
      position += count;
      rest = Buffer.concat([rest, chunk.subarray(0, count)]);
      const { lines, open } = cut(rest);
      rest = open;
      const text = render(lines, options).subarray(0, left);
      left -= text.length;
      if (text.length > 0) yield text;
      if (left <= 0) return;
      if (count > 0) continue;
      if (!options.follow || ended) return;
      const next = reopened(path, file);
      if (next !== undefined) {
        closeSync(file);
        file = next;
        position = 0;
        continue;
      }
      // One more look after the end: the last lines may have come in between.
      ended = !(await dependencies.isRunning());
      if (!ended) await dependencies.clock.sleep(POLL_MS, dependencies.signal).catch(() => {});
    }
  } finally {
    closeSync(file);
  }
}

function cut(bytes: Buffer): { lines: LogLine[]; open: Buffer } {
  const lines: LogLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const line = parseLine(bytes.subarray(start, end));
    if (line !== undefined) lines.push(line);
    start = end + 1;
  }
  return { lines, open: Buffer.from(bytes.subarray(start)) };
}

function render(lines: readonly LogLine[], { since, timestamps }: LogOptions): Buffer {
  const parts = lines
    .filter(({ time }) => since === undefined || Date.parse(time) >= since)
    .flatMap(({ time, text, partial }) => [
      ...(timestamps ? [Buffer.from(`${time} `)] : []),
      text,
      ...(partial ? [] : [Buffer.from('\n')]),
    ]);
  return Buffer.concat(parts);
}

/** Where the last `lines` lines begin, found by reading backwards. */
function tailPosition(file: number, lines: number): number {
  let position = fstatSync(file).size;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let found = 0;
  let isEnd = true;
  while (position > 0) {
    const length = Math.min(CHUNK_BYTES, position);
    readSync(file, chunk, 0, length, position - length);
    for (let at = length - 1; at >= 0; at--) {
      if (chunk[at] !== NEWLINE) {
        isEnd = false;
        continue;
      }
      // The newline at the very end closes the last line and opens none.
      if (isEnd) {
        isEnd = false;
        if (lines === 0) return position;
        continue;
      }
      found += 1;
      if (found >= lines) return position - length + at + 1;
    }
    position -= length;
  }
  return 0;
}

/** The file that is at the path now, if it is another one. */
function reopened(path: string, file: number): number | undefined {
  try {
    if (statSync(path).ino === fstatSync(file).ino) return undefined;
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

/** More than 80 short lines and their times, or than the longest line that a runtime writes. */
const TAIL_BYTES_MAX = 64 * 1024;

/** The end of a log as text, for termination messages: of at most so many lines the last bytes. */
export function tailLog(path: string, lines: number, bytesMax: number): string {
  const bytes = fileTail(path, TAIL_BYTES_MAX, { followLinks: true });
  const found = cut(bytes).lines;
  // Of a line that is longer than what was read there is only its end.
  if (found.length === 0) return lastText(bytes, bytesMax);
  return lastText(render(found.slice(-lines), { timestamps: false, follow: false }), bytesMax);
}
