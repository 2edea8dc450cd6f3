import { decodeJson, encodeGoJson, type KubeObject } from '@keelson/api';

/** How values begin that are encrypted: no JSON does. */
const ENCRYPTED = Buffer.from('k8s:enc:');

/** How the form begins in which objects are stored; the fields of their metadata follow. */
const HEAD = /^\{"apiVersion":"[^"\\]*","kind":"[^"\\]*","metadata":\{/;
const HEAD_CHARS_MAX = 1024;
const BRACE_END = 0x7d;
const COMMA = 0x2c;
/** What an answer has only escaped. */
const UNESCAPED = ['<', '>', '&', '\u2028', '\u2029'].map((char) => Buffer.from(char));

/**
 * The form in which an object is stored: as it is served, without what the store itself knows. What it is comes first,
 * its metadata next.
 */
export function storedForm({ apiVersion, kind, metadata, ...rest }: KubeObject): Buffer {
  const { resourceVersion: _known, selfLink: _unused, ...stored } = metadata;
  return Buffer.from(encodeGoJson({ apiVersion, kind, metadata: stored, ...rest }));
}

/** An object's JSON as it is served, in pieces. */
export interface ServedText {
  readonly pieces: readonly Buffer[];
  /** Where the fields of its metadata begin; the first of them is its version. */
  readonly metadataAt: number;
}

/** The text that is served of a stored value. Of one that has another form, as other programs write it, the value is read. */
export function servedText(path: string, value: Buffer, revision: number): ServedText | KubeObject {
  const metadataAt = metadataIn(value);
  if (metadataAt >= 0) return versioned(value, metadataAt, metadataAt, revision);
  if (value.subarray(0, ENCRYPTED.length).equals(ENCRYPTED))
    throw new Error(`${path} is stored encrypted: --encryption-provider-config must name its key`);
  const object = decodeJson(value.toString()) as KubeObject;
  const form = storedForm(object);
  const at = metadataIn(form);
  if (at >= 0) return versioned(form, at, at, revision);
  object.metadata.resourceVersion = String(revision);
  return object;
}

/** The same text at another revision. */
export function textAt(text: Buffer, metadataAt: number, from: number, to: number): ServedText {
  return versioned(text, metadataAt, metadataAt + versionField(from).length, to);
}

/** Where the text of an item of a list begins, after its brace: a list says once what its items are. */
export function itemStart(metadataAt: number): number {
  return metadataAt - '"metadata":{'.length;
}

function metadataIn(value: Buffer): number {
  const head = HEAD.exec(value.toString('latin1', 0, HEAD_CHARS_MAX))?.[0];
  if (head === undefined || value.at(-1) !== BRACE_END) return -1;
  return UNESCAPED.some((char) => value.includes(char)) ? -1 : head.length;
}

/** What is before the fields of the metadata, a version, and what follows. */
function versioned(text: Buffer, metadataAt: number, from: number, revision: number): ServedText {
  const isAlone = text[from] === BRACE_END || text[from] === COMMA;
  const field = Buffer.from(isAlone ? versionField(revision) : `${versionField(revision)},`);
  return { pieces: [text.subarray(0, metadataAt), field, text.subarray(from)], metadataAt };
}

function versionField(revision: number): string {
  return `"resourceVersion":"${revision}"`;
}
