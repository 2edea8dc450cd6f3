import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;

/**
 * The last bytes of a regular file, however large it is; nothing of what is not one. A program may have put a pipe or a
 * link in the place of its file: the one would be waited on for ever, the other would show a file that is not its own.
 */
export function fileTail(path: string, bytesMax: number, options: { followLinks: boolean }): Buffer {
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NONBLOCK | (options.followLinks ? 0 : O_NOFOLLOW));
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return Buffer.alloc(0);
    const bytes = Buffer.alloc(Math.min(bytesMax, stat.size));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, stat.size - bytes.length + length);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** The text of the last bytes, without a character that is cut in two. */
export function lastText(bytes: Buffer, bytesMax: number): string {
  let start = Math.max(0, bytes.length - bytesMax);
  if (start > 0) for (let skipped = 0; skipped < 3 && isContinuation(bytes[start]); skipped++) start += 1;
  return bytes.subarray(start).toString();
}

/** The text's first bytes, without a character that is cut in two. */
export function firstText(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  while (end > 0 && isContinuation(bytes[end])) end -= 1;
  return bytes.subarray(0, end).toString();
}
