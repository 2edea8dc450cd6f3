import { etcd } from '@keelson/protocol';

/** A half-open range of keys, as latin1 text: it orders as the bytes do. No `end`: up to the last key. */
interface Interval {
  readonly start: string;
  readonly end: string | undefined;
}

/** The keys that a request's or a permission's `key` and `rangeEnd` mean. */
function intervalOf(key: Buffer, rangeEnd: Buffer): Interval {
  const start = key.toString('latin1');
  if (rangeEnd.length === 0) return { start, end: `${start}\0` };
  if (isOpen(rangeEnd)) return { start, end: undefined };
  return { start, end: rangeEnd.toString('latin1') };
}

/** A range end of one zero byte means: from the key on. */
function isOpen(rangeEnd: Buffer): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}

/** Whether a permission names any key at all. */
export function isPermissionRange({ key, rangeEnd }: etcd.Permission): boolean {
  if (key.length === 0) return false;
  return rangeEnd.length === 0 || isOpen(rangeEnd) || Buffer.compare(key, rangeEnd) < 0;
}

/** What the roles of a user allow together: permissions that meet or overlap allow their whole union. */
export class Permissions {
  readonly #read: readonly Interval[];
  readonly #write: readonly Interval[];

  constructor(granted: readonly etcd.Permission[]) {
    const { READ, WRITE } = etcd.PermissionType;
    this.#read = union(granted.filter((each) => each.permType !== WRITE));
    this.#write = union(granted.filter((each) => each.permType !== READ));
  }

  mayRead(key: Buffer, rangeEnd: Buffer): boolean {
    return covers(this.#read, intervalOf(key, rangeEnd));
  }

  mayWrite(key: Buffer, rangeEnd: Buffer): boolean {
    return covers(this.#write, intervalOf(key, rangeEnd));
  }

  /** Up to where, beginning with a key, all keys may be read; undefined: not even this one. */
  readableFrom(key: Buffer): Buffer | 'all' | undefined {
    return reach(this.#read, key);
  }

  writableFrom(key: Buffer): Buffer | 'all' | undefined {
    return reach(this.#write, key);
  }
}

/** Disjoint intervals in order. */
function union(granted: readonly etcd.Permission[]): Interval[] {
  const sorted = granted.map(({ key, rangeEnd }) => intervalOf(key, rangeEnd));
  sorted.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const merged: Interval[] = [];
  for (const each of sorted) {
    const last = merged.at(-1);
    if (!last || !reaches(last.end, each.start)) merged.push(each);
    else merged[merged.length - 1] = { start: last.start, end: later(last.end, each.end) };
  }
  return merged;
}

function reaches(end: string | undefined, point: string): boolean {
  return end === undefined || end >= point;
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || b === undefined ? undefined : a > b ? a : b;
}

function covers(allowed: readonly Interval[], wanted: Interval): boolean {
  const found = lastUpTo(allowed, wanted.start);
  if (!found) return false;
  return found.end === undefined || (wanted.end !== undefined && found.end >= wanted.end);
}

function reach(allowed: readonly Interval[], key: Buffer): Buffer | 'all' | undefined {
  const text = key.toString('latin1');
  const found = lastUpTo(allowed, text);
  if (!found || (found.end !== undefined && found.end <= text)) return undefined;
  return found.end === undefined ? 'all' : Buffer.from(found.end, 'latin1');
}

/** The last that starts at or before a key. */
function lastUpTo(allowed: readonly Interval[], key: string): Interval | undefined {
  let [low, high] = [0, allowed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (allowed[middle]!.start <= key) low = middle + 1;
    else high = middle;
  }
  return allowed[low - 1];
}
