import { decodeHuffman, STATIC_TABLE } from './hpack-tables.js';

/** Names and values in turn. */
export type HeaderList = string[];

export function headerOf(list: Readonly<HeaderList>, name: string): string | undefined {
  for (let at = 0; at < list.length; at += 2) if (list[at] === name) return list[at + 1];
  return undefined;
}

/** An entry counts 32 bytes beside its text (RFC 7541 §4.1). */
const ENTRY_OVERHEAD = 32;
const STATIC_NAMES = STATIC_TABLE.map(([name]) => name);
const STATIC_VALUES = STATIC_TABLE.map(([, value]) => value);

/** Reads the header blocks of one connection, in their order (RFC 7541). */
export class HpackDecoder {
  readonly #tableBytesLimit: number;
  readonly #listBytesMax: number;
  #tableBytesMax: number;
  #tableBytes = 0;
  /** Oldest first; the head of it up to `#gone` is evicted. */
  #names: string[] = [];
  #values: string[] = [];
  #gone = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(options: { readonly tableBytesMax: number; readonly listBytesMax: number }) {
    this.#tableBytesLimit = options.tableBytesMax;
    this.#tableBytesMax = options.tableBytesMax;
    this.#listBytesMax = options.listBytesMax;
  }

  /** @throws RangeError if the block is malformed, or its list larger than allowed */
  decode(block: Buffer): HeaderList {
    this.#bytes = block;
    this.#at = 0;
    const list: HeaderList = [];
    let listBytes = 0;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if (first >= 0x80) this.#indexed(list);
      else if (first >= 0x40) this.#literal(list, 6, true);
      else if (first >= 0x20) this.#resize();
      else this.#literal(list, 4, false);
      listBytes += (list.at(-1)?.length ?? 0) + (list.at(-2)?.length ?? 0) + ENTRY_OVERHEAD;
      if (listBytes > this.#listBytesMax) throw new RangeError(`headers of more than ${this.#listBytesMax} bytes`);
    }
    return list;
  }

  #indexed(list: HeaderList): void {
    const index = this.#integer(7);
    list.push(this.#nameAt(index), this.#valueAt(index));
  }

  #literal(list: HeaderList, prefixBits: number, remember: boolean): void {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#nameAt(index);
    const value = this.#string();
    list.push(name, value);
    if (remember) this.#remember(name, value);
  }

  #resize(): void {
    const bytes = this.#integer(5);
    if (bytes > this.#tableBytesLimit) throw new RangeError(`a header table of ${bytes} bytes is too large`);
    this.#tableBytesMax = bytes;
    this.#evict();
  }

  #nameAt(index: number): string {
    const name = index <= STATIC_NAMES.length ? STATIC_NAMES[index - 1] : this.#names[this.#slot(index)];
    if (name === undefined) throw new RangeError(`no header at index ${index}`);
    return name;
  }

  #valueAt(index: number): string {
    return index <= STATIC_VALUES.length ? STATIC_VALUES[index - 1]! : this.#values[this.#slot(index)]!;
  }

  #slot(index: number): number {
    const slot = this.#names.length - (index - STATIC_NAMES.length);
    return slot < this.#gone ? -1 : slot;
  }

  #remember(name: string, value: string): void {
    this.#names.push(name);
    this.#values.push(value);
    this.#tableBytes += name.length + value.length + ENTRY_OVERHEAD;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#tableBytesMax) {
      this.#tableBytes -= this.#names[this.#gone]!.length + this.#values[this.#gone]!.length + ENTRY_OVERHEAD;
      this.#gone += 1;
    }
    if (this.#gone < 256) return;
    this.#names = this.#names.slice(this.#gone);
    this.#values = this.#values.slice(this.#gone);
    this.#gone = 0;
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      if (shift > 21) throw new RangeError('a number in a header is too large');
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new RangeError('a header block ends too early');
    return this.#bytes[this.#at++]!;
  }

  #string(): string {
    const huffman = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw new RangeError('a header block ends too early');
    this.#at = end;
    return huffman ? decodeHuffman(this.#bytes, start, end) : this.#bytes.toString('latin1', start, end);
  }
}
