import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StoreError } from '../errors.js';
import {
  type BoltMeta,
  BUCKET_FLAG,
  BUCKET_HEAD,
  decodeMeta,
  ELEMENT_BYTES,
  PAGE_BYTES,
  PAGE_HEAD,
  PageFlag,
} from './bolt-format.js';
import type { BoltPair } from './bolt-writer.js';

interface LeafElement {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly flags: number;
}

/** Reads a bbolt file that nobody writes. Bytes are copies. */
export class BoltReader {
  readonly #path: string;
  readonly #file: number;
  readonly #meta: BoltMeta;
  readonly #buckets: ReadonlyMap<string, Buffer>;

  /** @throws StoreError if it is no such file, or damaged */
  constructor(path: string) {
    this.#path = path;
    this.#file = open(path);
    try {
      this.#meta = this.#readMeta();
      const root = [...this.#elements(this.#page(this.#meta.root))];
      const buckets = root.filter((each) => each.flags === BUCKET_FLAG);
      this.#buckets = new Map(buckets.map((each) => [each.key.toString(), each.value]));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** A bucket's pairs in order; none if there is no such bucket. @throws StoreError */
  *pairs(bucket: string): Generator<BoltPair> {
    const value = this.#buckets.get(bucket);
    if (!value) return;
    const root = Number(value.readBigUInt64LE(0));
    const page = root === 0 ? value.subarray(BUCKET_HEAD) : this.#page(root);
    for (const { key, value: content } of this.#elements(page)) yield [key, content];
  }

  get(bucket: string, key: string): Buffer | undefined {
    for (const [name, value] of this.pairs(bucket)) if (name.toString() === key) return value;
    return undefined;
  }

  *#elements(page: Buffer): Generator<LeafElement> {
    const flags = page.readUInt16LE(8);
    const count = page.readUInt16LE(10);
    for (let at = 0; at < count; at += 1) {
      const head = PAGE_HEAD + at * ELEMENT_BYTES;
      if (flags === PageFlag.branch) yield* this.#elements(this.#page(Number(page.readBigUInt64LE(head + 8))));
      else if (flags === PageFlag.leaf) yield leafElement(page, head);
      else throw this.#damaged(`a page of kind ${flags} where data should be`);
    }
  }

  #page(number: number): Buffer {
    const { pageBytes, pages } = this.#meta;
    if (number >= pages) throw this.#damaged(`page ${number} is beyond its end`);
    const head = this.#read(number * pageBytes, PAGE_HEAD);
    if (Number(head.readBigUInt64LE(0)) !== number) throw this.#damaged(`page ${number} is not what it says it is`);
    return this.#read(number * pageBytes, (head.readUInt32LE(12) + 1) * pageBytes);
  }

  #readMeta(): BoltMeta {
    const size = fstatSync(this.#file).size;
    if (size < 2 * PAGE_BYTES) throw this.#foreign();
    const first = decodeMeta(this.#read(PAGE_HEAD, PAGE_BYTES));
    const pageBytes = typeof first === 'object' ? first.pageBytes : PAGE_BYTES;
    const second = decodeMeta(this.#read(pageBytes + PAGE_HEAD, PAGE_BYTES - PAGE_HEAD));
    const good = [first, second].filter((each) => typeof each === 'object');
    good.sort((a, b) => b.transaction - a.transaction);
    if (good[0]) return good[0];
    if (first === 'version') throw new StoreError(`${this.#path} is of another version of the database format`);
    throw first === 'foreign' ? this.#foreign() : this.#damaged('neither of its first two pages is whole');
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(length);
    if (readSync(this.#file, bytes, 0, length, position) !== length)
      throw this.#damaged(`it ends before ${position + length}`);
    return bytes;
  }

  #foreign(): StoreError {
    return new StoreError(
      `${this.#path} is no backup: give a file that "keelson backup" or "etcdctl snapshot save" wrote`,
    );
  }

  #damaged(how: string): StoreError {
    return new StoreError(`the backup ${this.#path} is damaged: ${how}. Use another one`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new StoreError(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

function leafElement(page: Buffer, head: number): LeafElement {
  const start = head + page.readUInt32LE(head + 4);
  const keyBytes = page.readUInt32LE(head + 8);
  const end = start + keyBytes + page.readUInt32LE(head + 12);
  return {
    flags: page.readUInt32LE(head),
    key: page.subarray(start, start + keyBytes),
    value: page.subarray(start + keyBytes, end),
  };
}
