import { Metadata, type MetadataValue } from '@grpc/grpc-js';
import type { HeaderList } from '../http2/hpack-decoder.js';

/** Headers of the transport, which are no metadata of the call. */
const RESERVED = new Set(['te', 'content-type', 'content-length', 'host', 'connection', 'grpc-encoding']);

/** The metadata of a request: looked up where it lies, and copied into grpc-js' form only if someone wants all of it. */
export class HeaderMetadata extends Metadata {
  readonly #list: HeaderList;
  #copied = false;

  constructor(list: HeaderList) {
    super();
    this.#list = list;
  }

  override get(key: string): MetadataValue[] {
    const name = key.toLowerCase();
    const values: MetadataValue[] = [];
    for (let at = 0; at < this.#list.length; at += 2) {
      if (this.#list[at] === name) values.push(decodeValue(name, this.#list[at + 1]!));
    }
    return values;
  }

  override getMap(): Record<string, MetadataValue> {
    this.#copy();
    return super.getMap();
  }

  override clone(): Metadata {
    this.#copy();
    const copy = new Metadata();
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers(): ReturnType<Metadata['toHttp2Headers']> {
    this.#copy();
    return super.toHttp2Headers();
  }

  override toJSON(): ReturnType<Metadata['toJSON']> {
    this.#copy();
    return super.toJSON();
  }

  #copy(): void {
    if (this.#copied) return;
    this.#copied = true;
    for (let at = 0; at < this.#list.length; at += 2) {
      const name = this.#list[at]!;
      if (!name.startsWith(':') && !RESERVED.has(name)) this.add(name, decodeValue(name, this.#list[at + 1]!));
    }
  }
}

function decodeValue(name: string, value: string): MetadataValue {
  return name.endsWith('-bin') ? Buffer.from(value, 'base64') : value;
}

/** What a server sends along, as headers. */
export function metadataHeaders(metadata: Metadata | undefined): string[] {
  const list: string[] = [];
  for (const [name, values] of Object.entries(metadata?.toHttp2Headers() ?? {})) {
    for (const value of [values].flat()) if (value !== undefined) list.push(name, String(value));
  }
  return list;
}
