import { decodeJson, encodeJson, type Kind, type KubeObject } from '@keelson/api';

/** How values begin that are encrypted: no JSON does. */
const ENCRYPTED = Buffer.from('k8s:enc:');

/** A key's value and its version. */
export interface StoredValue {
  readonly modRevision: number;
  readonly value: Buffer;
  readonly stale?: boolean;
}

/**
 * An object as it is in the store at a revision. It is shared by everyone who reads: never change `object`. What it
 * looks like in an encoding is made once and kept here, whoever asks for it.
 */
export class StoredObject {
  /** Key after the collection's prefix. */
  readonly path: string;
  readonly revision: number;
  readonly object: KubeObject;
  /** About how much it takes in the store; 0 where that is not known. */
  readonly bytes: number;
  /** It is to be stored in another form: a write that changes nothing is one nevertheless. */
  readonly stale: boolean;
  #encodings: Map<string, Buffer> | undefined;
  #forms: Map<Kind, KubeObject> | undefined;

  constructor(path: string, revision: number, object: KubeObject, bytes = 0, stale = false) {
    this.path = path;
    this.revision = revision;
    this.object = object;
    this.bytes = bytes;
    this.stale = stale;
  }

  /** Reads a value of the store. */
  static parse(path: string, { modRevision, value, stale }: StoredValue): StoredObject {
    if (value.subarray(0, ENCRYPTED.length).equals(ENCRYPTED))
      throw new Error(`${path} is stored encrypted: --encryption-provider-config must name its key`);
    const object = decodeJson(value.toString()) as KubeObject;
    object.metadata.resourceVersion = String(modRevision);
    return new StoredObject(path, modRevision, object, value.length, stale);
  }

  /** The same object as of a later revision: what a deletion's event shows. */
  at(revision: number): StoredObject {
    const { object } = this;
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    return new StoredObject(this.path, revision, { ...object, metadata }, this.bytes);
  }

  /** The same, of which nothing has been made yet. */
  renewed(): StoredObject {
    return new StoredObject(this.path, this.revision, this.object, this.bytes, this.stale);
  }

  /** How it looks as a kind, if that was made. */
  formFor(kind: Kind): KubeObject | undefined {
    return this.#forms?.get(kind);
  }

  keepForm(kind: Kind, form: KubeObject): void {
    this.#forms ??= new Map();
    this.#forms.set(kind, form);
  }

  encoded(encoding: string, encode: () => Buffer): Buffer {
    let bytes = this.#encodings?.get(encoding);
    if (bytes === undefined) {
      bytes = encode();
      this.#encodings ??= new Map();
      this.#encodings.set(encoding, bytes);
    }
    return bytes;
  }
}

/** The form in which an object is kept: JSON without what the store itself knows. */
export function storedForm(object: KubeObject): Buffer {
  const { resourceVersion: _known, selfLink: _unused, ...metadata } = object.metadata;
  return Buffer.from(encodeJson({ ...object, metadata }));
}
