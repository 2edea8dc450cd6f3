import { decodeJson, type Kind, type KubeObject } from '@keelson/api';
import type { CacheMemory, Labels } from './cache-memory.js';
import { KeptText } from './slabs.js';
import { itemStart, type ServedText, servedText, textAt } from './stored-form.js';

/** A key's value and its version. */
export interface StoredValue {
  readonly modRevision: number;
  readonly value: Buffer;
  readonly stale?: boolean;
}

/** What was made of a text, for as long as somebody asks for it. */
class Made {
  object: KubeObject | undefined;
  encodings: Map<string, Buffer> | undefined;
  wasUsed = false;
}

/** Instead of a form that is the object itself: that need not be kept. */
const AS_STORED = Symbol('as stored');

/** A text that is not in the cache's memory. */
class LooseText {
  pieces: readonly Buffer[];

  constructor(pieces: readonly Buffer[]) {
    this.pieces = pieces;
  }

  get bytes(): Buffer {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0]!;
  }
}

/**
 * An object as it is in the store at a revision. It is shared by everyone who reads: never change `object`. It is kept
 * as the text that is served of it; what else it looks like is made once, whoever asks, and in the cache for a while.
 */
export class StoredObject {
  /** Key after the collection's prefix. */
  readonly path: string;
  readonly revision: number;
  /** About how much it takes in the store; 0 where that is not known. */
  readonly bytes: number;
  /** It is to be stored in another form: a write that changes nothing is one nevertheless. */
  readonly stale: boolean;
  #text: LooseText | KeptText | undefined;
  #metadataAt = 0;
  #made: Made | undefined;
  /** Where it is kept: what is made of it is not for ever. */
  #memory: CacheMemory | undefined;
  #forms: Map<Kind, KubeObject | typeof AS_STORED> | undefined;
  #labels: Labels | undefined;
  #fields: { readonly kind: Kind; readonly values: Readonly<Record<string, string>> } | undefined;

  /** An object that nobody has a text of, or that is at hand beside it. */
  constructor(path: string, revision: number, object: KubeObject | undefined, bytes = 0, stale = false) {
    this.path = path;
    this.revision = revision;
    this.bytes = bytes;
    this.stale = stale;
    if (object !== undefined) this.#make().object = object;
  }

  /** Reads a value of the store; `object`: what it says, if that is known. */
  static parse(path: string, { modRevision, value, stale }: StoredValue, object?: KubeObject): StoredObject {
    const read = servedText(path, value, modRevision);
    if (!isText(read)) return new StoredObject(path, modRevision, read, value.length, stale);
    return new StoredObject(path, modRevision, object, value.length, stale).#with(read);
  }

  #with({ pieces, metadataAt }: ServedText): this {
    this.#text = new LooseText(pieces);
    this.#metadataAt = metadataAt;
    return this;
  }

  get object(): KubeObject {
    const known = this.#made?.object;
    if (known !== undefined) {
      this.#made!.wasUsed = true;
      return known;
    }
    const object = this.#read();
    this.#make().object = object;
    return object;
  }

  /** The same, for who looks at many objects: what is read is kept if there is room for it. */
  get listed(): KubeObject {
    return this.#memory?.made.hasRoomFor(this) === false ? this.peek() : this.object;
  }

  /** The same, for who looks at many objects once: what is read is not kept. */
  peek(): KubeObject {
    return this.#made?.object ?? this.#read();
  }

  #read(): KubeObject {
    return decodeJson(this.#text!.bytes.toString()) as KubeObject;
  }

  /** Its JSON, if there is nothing to encode; `itemAt`: where an item of a list begins, without its brace and type. */
  get text(): { readonly bytes: Buffer; readonly itemAt: number } | undefined {
    return this.#text && { bytes: this.#text.bytes, itemAt: itemStart(this.#metadataAt) };
  }

  /** Moves the text into the cache's memory: there it is until it is released. */
  keep(memory: CacheMemory): void {
    if (!(this.#text instanceof LooseText)) return;
    this.#text = memory.texts.keep(this.#text.pieces);
    this.#memory = memory;
    if (this.#made !== undefined) memory.made.add(this);
  }

  /** The cache has no more use for it. */
  release(): void {
    if (this.#text instanceof KeptText) this.#memory?.texts.release(this.#text);
  }

  /** The same object as of a later revision: what a deletion's event shows. */
  at(revision: number): StoredObject {
    if (this.#text !== undefined) {
      const text = textAt(this.#text.bytes, this.#metadataAt, this.revision, revision);
      return new StoredObject(this.path, revision, undefined, this.bytes).#with(text);
    }
    const { object } = this;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    return new StoredObject(this.path, revision, { ...object, metadata }, this.bytes);
  }

  /** The same, of which nothing has been made yet. */
  renewed(): StoredObject {
    const object = this.#text === undefined ? this.object : undefined;
    const renewed = new StoredObject(this.path, this.revision, object, this.bytes, this.stale);
    renewed.#text = this.#text;
    renewed.#metadataAt = this.#metadataAt;
    renewed.#memory = this.#memory;
    return renewed;
  }

  /** How it looks as a kind, if that was made. */
  formFor(kind: Kind): KubeObject | undefined {
    const form = this.#forms?.get(kind);
    return form === AS_STORED ? this.object : form;
  }

  /** Whether that is known to be what is stored. */
  isAsStored(kind: Kind): boolean {
    return this.#forms?.get(kind) === AS_STORED;
  }

  keepForm(kind: Kind, form: KubeObject): void {
    this.#forms ??= new Map();
    this.#forms.set(kind, form === this.#made?.object ? AS_STORED : form);
  }

  encoded(encoding: string, encode: () => Buffer): Buffer {
    const made = this.#make();
    made.wasUsed = true;
    let bytes = made.encodings?.get(encoding);
    if (bytes === undefined) {
      bytes = encode();
      made.encodings ??= new Map();
      made.encodings.set(encoding, bytes);
    }
    return bytes;
  }

  /** Kept beside the text: every list and watch that selects asks for them. */
  get labels(): Labels {
    if (this.#labels === undefined) {
      const labels = this.peek().metadata.labels ?? {};
      this.#labels = this.#memory?.labels(labels) ?? labels;
    }
    return this.#labels;
  }

  /** The value of a field by which the kind that it is stored as selects. Kept as well. */
  field(kind: Kind, field: string): string {
    if (this.#fields?.kind !== kind) {
      const object = this.peek();
      const values: Record<string, string> = {};
      for (const [name, read] of Object.entries(kind.selectableFields)) values[name] = read(object);
      this.#fields = { kind, values };
    }
    return this.#fields!.values[field] ?? '';
  }

  wasUsed(): boolean {
    const was = this.#made?.wasUsed ?? false;
    if (this.#made !== undefined) this.#made.wasUsed = false;
    return was;
  }

  forget(): void {
    this.#made = undefined;
  }

  #make(): Made {
    if (this.#made !== undefined) return this.#made;
    const made = new Made();
    this.#made = made;
    // It may be told to forget at once.
    this.#memory?.made.add(this);
    return made;
  }
}

function isText(read: ServedText | KubeObject): read is ServedText {
  return 'pieces' in read;
}
