/** The envelope of protobuf bodies: four bytes, then runtime.Unknown with the object inside. */
import { apiVersionOf, isRecord, parseApiVersion } from '../object.js';
import { typeNameOf } from '../schema.js';
import { runSteps, type Steps } from '../steps.js';
import { decodeMessage, encodeMessage } from './codec.js';
import { messageNameOf, messageOf } from './messages.js';
import { LENGTH, ProtobufError, WireReader, WireWriter } from './wire.js';

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
/** The fields of runtime.Unknown: what the object is, and the object. */
const TYPE_META = 1;
const RAW = 2;
const UNKNOWN = 'k8s.io.apimachinery.pkg.runtime.Unknown';
const TYPE_META_MESSAGE = 'k8s.io.apimachinery.pkg.runtime.TypeMeta';

export function isProtobufBody(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Whether a kind has a protobuf form; custom resources have none. */
export function hasProtobuf(group: string, version: string, kind: string): boolean {
  return messageName(group, version, kind) !== undefined;
}

function messageName(group: string, version: string, kind: string): string | undefined {
  const type = typeNameOf(group, version, kind) ?? META_TYPES[`${version}/${kind}`] ?? META_TYPES[kind];
  const name = type === undefined ? undefined : messageNameOf(type);
  return name !== undefined && messageOf(name) !== undefined ? name : undefined;
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Kinds of the machinery, which clients send under any group. */
const META_TYPES: Readonly<Record<string, string>> = {
  DeleteOptions: `${META}.DeleteOptions`,
  Status: `${META}.Status`,
  PartialObjectMetadata: `${META}.PartialObjectMetadata`,
  PartialObjectMetadataList: `${META}.PartialObjectMetadataList`,
  'v1beta1/PartialObjectMetadataList': 'io.k8s.apimachinery.pkg.apis.meta.v1beta1.PartialObjectMetadataList',
  APIGroupDiscoveryList: 'io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList',
  APIGroupList: `${META}.APIGroupList`,
  APIGroup: `${META}.APIGroup`,
  APIResourceList: `${META}.APIResourceList`,
  APIVersions: `${META}.APIVersions`,
};

/** An object, or a list of them, as a protobuf body. Its apiVersion and kind choose the message. */
export function encodeProtobuf(object: object): Buffer {
  return runSteps(encodeProtobufSteps(object, [object]));
}

/** The same of an object that comes in parts, one a step: lists in them follow each other, all else is in one of them. */
export function* encodeProtobufSteps(
  { apiVersion = '', kind = '' }: { readonly apiVersion?: string; readonly kind?: string },
  parts: Iterable<object>,
): Steps<Buffer> {
  const { group, version } = parseApiVersion(apiVersion);
  const name = messageName(group, version, kind);
  if (name === undefined) throw new ProtobufError(`object ${kind} in ${apiVersion} has no protobuf form`);
  const raw: Buffer[] = [];
  for (const part of parts) {
    if (raw.length > 0) yield;
    raw.push(encodeMessage(part, name));
  }
  const head = new WireWriter();
  head.tag(RAW, LENGTH);
  head.varint(raw.reduce((sum, { length }) => sum + length, 0));
  return Buffer.concat([MAGIC, encodeMessage({ typeMeta: { apiVersion, kind } }, UNKNOWN), head.finish(), ...raw]);
}

export interface ProtobufTarget {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What is in a runtime.Unknown: the object's bytes stay where they are. */
function opened(bytes: Uint8Array): { typeMeta?: { apiVersion?: string; kind?: string }; raw: Uint8Array } {
  const reader = new WireReader(bytes);
  let typeMeta = {};
  let raw: Uint8Array = new Uint8Array();
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === TYPE_META && type === LENGTH) typeMeta = decodeMessage(reader.bytes(), TYPE_META_MESSAGE) as object;
    else if (field === RAW && type === LENGTH) raw = reader.bytes();
    else reader.skip(type);
  }
  return { typeMeta, raw };
}

/** The object of a protobuf body, as JSON has it; `fallback` says what it is where the envelope does not. */
export function decodeProtobuf(bytes: Uint8Array, fallback?: ProtobufTarget): Record<string, unknown> {
  if (!isProtobufBody(bytes))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const { typeMeta, raw } = opened(bytes.subarray(MAGIC.length));
  const apiVersion =
    typeMeta?.apiVersion || (fallback === undefined ? '' : apiVersionOf(fallback.group, fallback.version));
  const kind = typeMeta?.kind || (fallback?.kind ?? '');
  const { group, version } = parseApiVersion(apiVersion);
  const name = messageName(group, version, kind);
  if (name === undefined) {
    throw new ProtobufError(
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  }
  const object = decodeMessage(raw, name);
  return { apiVersion, kind, ...(isRecord(object) ? object : {}) };
}
