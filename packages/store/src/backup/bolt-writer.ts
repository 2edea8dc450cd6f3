import { type FileHandle, open } from 'node:fs/promises';
import { BUCKET_FLAG, BUCKET_HEAD, ELEMENT_BYTES, encodeMeta, PAGE_BYTES, PAGE_HEAD, PageFlag } from './bolt-format.js';

export type BoltPair = readonly [key: Buffer, value: Buffer];

interface Element {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly flags: number;
}

interface Child {
  readonly key: Buffer;
  readonly page: number;
}

/** Pages are gathered up to this size before they are written: what else the process does goes on between. */
const WRITE_BYTES = 128 * 1024;
const FREELIST_PAGE = 2;
const FIRST_PAGE = 3;

/** Writes a bbolt file from its first page to its last, bucket by bucket, each in the order of its keys. */
export class BoltWriter {
  readonly #file: FileHandle;
  readonly #buckets: Element[] = [];
  #pages = FIRST_PAGE;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #written = FIRST_PAGE * PAGE_BYTES;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<BoltWriter> {
    return new BoltWriter(await open(path, 'wx', 0o600));
  }

  /** `slices` of pairs, in the order of their keys. */
  async addBucket(name: string, slices: Iterable<BoltPair[]> | AsyncIterable<BoltPair[]>): Promise<void> {
    const leaves = new LeafBuilder();
    const children: Child[] = [];
    for await (const slice of slices) {
      for (const [key, value] of slice) {
        if (leaves.isFullFor(key, value)) children.push(await this.#addLeaf(leaves.take()));
        leaves.add({ key, value, flags: 0 });
      }
    }
    if (children.length === 0 || !leaves.isEmpty) children.push(await this.#addLeaf(leaves.take()));
    const value = Buffer.alloc(BUCKET_HEAD);
    value.writeBigUInt64LE(BigInt(await this.#addBranches(children)));
    this.#buckets.push({ key: Buffer.from(name), value, flags: BUCKET_FLAG });
  }

  async #addLeaf(elements: readonly Element[]): Promise<Child> {
    const body = encodeElements(elements, ({ key, value, flags }, head, position) => {
      head.writeUInt32LE(flags, 0);
      head.writeUInt32LE(position, 4);
      head.writeUInt32LE(key.length, 8);
      head.writeUInt32LE(value.length, 12);
      return [key, value];
    });
    return {
      key: elements[0]?.key ?? Buffer.alloc(0),
      page: await this.#addPage(PageFlag.leaf, elements.length, body),
    };
  }

  /** Level upon level, until one page leads to all. Returns its number. */
  async #addBranches(children: readonly Child[]): Promise<number> {
    let level = children;
    while (level.length > 1) {
      const above: Child[] = [];
      for (const group of branchGroups(level)) above.push(await this.#addBranch(group));
      level = above;
    }
    return level[0]!.page;
  }

  async #addBranch(children: readonly Child[]): Promise<Child> {
    const body = encodeElements(children, ({ key, page }, head, position) => {
      head.writeUInt32LE(position, 0);
      head.writeUInt32LE(key.length, 4);
      head.writeBigUInt64LE(BigInt(page), 8);
      return [key];
    });
    return { key: children[0]!.key, page: await this.#addPage(PageFlag.branch, children.length, body) };
  }

  async #addPage(flag: number, count: number, body: Buffer): Promise<number> {
    const number = this.#pages;
    const page = pageOf(number, flag, count, body);
    this.#pages += page.length / PAGE_BYTES;
    this.#gathered.push(page);
    this.#gatheredBytes += page.length;
    if (this.#gatheredBytes >= WRITE_BYTES) await this.#flush();
    return number;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#file.write(bytes, 0, bytes.length, this.#written);
    this.#written += bytes.length;
  }

  /** Writes what leads to the buckets; the file is whole and durable when this resolves. */
  async finish(): Promise<void> {
    const buckets = this.#buckets.sort((a, b) => Buffer.compare(a.key, b.key));
    const { page: root } = await this.#addLeaf(buckets);
    await this.#flush();
    const meta = { pageBytes: PAGE_BYTES, root, freelist: FREELIST_PAGE, pages: this.#pages };
    const first = Buffer.concat([
      pageOf(0, PageFlag.meta, 0, encodeMeta({ ...meta, transaction: 0 })),
      pageOf(1, PageFlag.meta, 0, encodeMeta({ ...meta, transaction: 1 })),
      pageOf(FREELIST_PAGE, PageFlag.freelist, 0, Buffer.alloc(0)),
    ]);
    await this.#file.write(first, 0, first.length, 0);
    await this.#file.sync();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

class LeafBuilder {
  #elements: Element[] = [];
  #bytes = PAGE_HEAD;

  get isEmpty(): boolean {
    return this.#elements.length === 0;
  }

  isFullFor(key: Buffer, value: Buffer): boolean {
    return !this.isEmpty && this.#bytes + ELEMENT_BYTES + key.length + value.length > PAGE_BYTES;
  }

  add(element: Element): void {
    this.#elements.push(element);
    this.#bytes += ELEMENT_BYTES + element.key.length + element.value.length;
  }

  take(): Element[] {
    const elements = this.#elements;
    this.#elements = [];
    this.#bytes = PAGE_HEAD;
    return elements;
  }
}

/** As many children a page as it holds, at least two. */
function* branchGroups(children: readonly Child[]): Generator<Child[]> {
  let group: Child[] = [];
  let bytes = PAGE_HEAD;
  for (const child of children) {
    const size = ELEMENT_BYTES + child.key.length;
    if (group.length >= 2 && bytes + size > PAGE_BYTES) {
      yield group;
      group = [];
      bytes = PAGE_HEAD;
    }
    group.push(child);
    bytes += size;
  }
  yield group;
}

/** Heads of elements, then what they point to; `position` counts from the element's head. */
function encodeElements<T>(
  elements: readonly T[],
  encode: (element: T, head: Buffer, position: number) => readonly Buffer[],
): Buffer {
  const heads = Buffer.alloc(elements.length * ELEMENT_BYTES);
  const data: Buffer[] = [];
  let offset = heads.length;
  for (const [at, element] of elements.entries()) {
    const start = at * ELEMENT_BYTES;
    for (const part of encode(element, heads.subarray(start, start + ELEMENT_BYTES), offset - start)) {
      data.push(part);
      offset += part.length;
    }
  }
  return Buffer.concat([heads, ...data]);
}

/** A page with its body, over as many pages as that needs. */
function pageOf(number: number, flag: number, count: number, body: Buffer): Buffer {
  const pages = Math.max(1, Math.ceil((PAGE_HEAD + body.length) / PAGE_BYTES));
  const page = Buffer.alloc(pages * PAGE_BYTES);
  page.writeBigUInt64LE(BigInt(number), 0);
  page.writeUInt16LE(flag, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(pages - 1, 12);
  body.copy(page, PAGE_HEAD);
  return page;
}
