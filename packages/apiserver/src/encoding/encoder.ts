import {
  ApiError,
  apiErrors,
  apiVersionOf,
  Budget,
  encodeGoJson,
  encodeProtobuf,
  encodeProtobufSteps,
  encodeYaml,
  encodeYamlSteps,
  fieldErrors,
  hasProtobuf,
  type IncludeObject,
  innerForm,
  type Kind,
  type KubeObject,
  type ListMeta,
  PROTOBUF_MEDIA_TYPE,
  partialObjectMetadata,
  type Status,
  type Steps,
  toTable,
} from '@keelson/api';
import type { ListAnswer, ObjectAnswer } from '../registry/answer.js';
import { innerOf, listedForm, servedForm } from '../registry/served-form.js';
import type { WatchEvent } from '../registry/watch.js';
import type { StoredObject } from '../storage/stored-object.js';

/** One way to write answers. */
export interface Encoder {
  readonly contentType: string;
  /** In one step but where the encoding takes long. */
  object(answer: ObjectAnswer): Steps<Buffer>;
  /** Some items a step. The body in parts: what is kept of the items is not copied. */
  list(answer: ListAnswer): Steps<readonly Buffer[]>;
  /** A Status or another object outside the registry. */
  plain(value: object): Buffer;
  /** An event, as a stream of this encoding has them one after another. */
  event(kind: Kind, event: WatchEvent): Buffer;
  /** What ends a stream of events that failed. */
  errorEvent(status: Status): Buffer;
}

// biome-ignore lint/correctness/useYield: there is only one step
function* inOneStep<T>(body: T): Steps<T> {
  return body;
}

/** What is kept of an object, where that is as the kind serves it. */
function textOf(kind: Kind, stored: StoredObject | undefined): StoredObject['text'] {
  return kind.storage === undefined || stored?.isAsStored(kind) ? stored?.text : undefined;
}

/** An object's JSON after its brace, without its kind and version, as the items of a list have it. */
function itemJson(kind: Kind, stored: StoredObject): Buffer {
  const text = textOf(kind, stored);
  if (text !== undefined) return text.bytes.subarray(text.itemAt);
  const encoded = stored.encoded(`${kind.version}/${kind.group}`, () => {
    const { apiVersion: _version, kind: _kind, ...rest } = servedForm(kind, stored);
    return Buffer.from(encodeGoJson(rest));
  });
  return encoded.subarray(1);
}

/** The same with its kind and version. */
function typedItemJson(kind: Kind, stored: StoredObject): Buffer {
  servedForm(kind, stored);
  const text = textOf(kind, stored);
  if (text !== undefined) return text.bytes.subarray(1);
  return stored.encoded(`${kind.version}/${kind.group} item`, () => objectJson(kind, stored)).subarray(1);
}

function typeMeta(kind: Kind): Buffer {
  return Buffer.from(
    `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind.group, kind.version))},`,
  );
}

const EVENT_END = Buffer.from('}\n');

/** Items that are encoded in one step, or fewer where they are large. */
const STEP_ITEMS = 200;
const STEP_BYTES = 256 * 1024;

/** About as many steps as it takes to encode so many of them. */
export function stepsFor(items: number): number {
  return Math.ceil(items / STEP_ITEMS);
}

/** The items in groups of what one step may take. */
function* groups(items: readonly StoredObject[]): Generator<readonly StoredObject[]> {
  const budget = new Budget(STEP_BYTES);
  let group: StoredObject[] = [];
  for (const stored of items) {
    group.push(stored);
    if (!budget.isSpent(Math.max(stored.bytes, STEP_BYTES / STEP_ITEMS))) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** A list in JSON whose items are the last of its fields; `texts` gives those of a group, with commas between or each after its brace. */
function* jsonList(
  type: object,
  field: string,
  items: readonly StoredObject[],
  texts: (group: readonly StoredObject[]) => string | readonly Buffer[],
): Steps<Buffer[]> {
  const parts: Buffer[] = [Buffer.from(`${encodeGoJson(type).slice(0, -1)},"${field}":[`)];
  let isFirst = true;
  for (const group of groups(items)) {
    if (!isFirst) yield;
    const made = texts(group);
    if (typeof made === 'string') parts.push(Buffer.from(isFirst ? made : `,${made}`));
    else for (const [at, part] of made.entries()) parts.push(isFirst && at === 0 ? BRACE : NEXT_BRACE, part);
    isFirst = false;
  }
  parts.push(LIST_END);
  return parts;
}

const BRACE = Buffer.from('{');
const NEXT_BRACE = Buffer.from(',{');
const LIST_END = Buffer.from(']}');

/** Values in JSON without the brackets. */
function bare(values: readonly unknown[]): string {
  return encodeGoJson(values).slice(1, -1);
}

export const jsonEncoder: Encoder = {
  contentType: 'application/json',
  object: (answer) => inOneStep(textOf(answer.kind, answer.stored)?.bytes ?? Buffer.from(encodeGoJson(answer.object))),
  list({ kind, items, metadata }) {
    const type = { kind: kind.listKind, apiVersion: apiVersionOf(kind.group, kind.version), metadata };
    const encoded = kind.hasTypedItems ? typedItemJson : itemJson;
    return jsonList(type, 'items', items, (group) => group.map((stored) => encoded(kind, stored)));
  },
  plain: (value) => Buffer.from(encodeGoJson(value)),
  event: (kind, { type, stored }) => jsonEvent(kind, type, stored),
  errorEvent: (status) => Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`),
};

/** All watchers of a version are sent the same bytes. */
function jsonEvent(kind: Kind, type: WatchEvent['type'], stored: StoredObject): Buffer {
  return stored.encoded(`${kind.version}/${kind.group} ${type}`, () =>
    Buffer.concat([Buffer.from(`{"type":"${type}","object":`), objectJson(kind, stored), EVENT_END]),
  );
}

/** An object of a watch, with its kind and version. */
export function objectJson(kind: Kind, stored: StoredObject): Buffer {
  return Buffer.concat([typeMeta(kind), itemJson(kind, stored)]);
}

export interface TableSettings {
  /** What of its object each row has, as the client says it; empty: the usual. */
  readonly includeObject: string;
  readonly now: () => Date;
}

function includeObjectOf(text: string): IncludeObject {
  if (text === '') return 'Metadata';
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text;
  const detail = "must be 'Metadata', 'Object', 'None', or empty";
  const problem = `includeObject: Invalid value: ${fieldErrors.quote(text)}: ${detail}`;
  throw apiErrors.badRequest(`Unable to convert to Table as requested: ${problem}`);
}

/**
 * Objects as rows: what `kubectl get` shows. Everything that is not an object or a list stays as it is. Throws 400 for
 * rows of an unknown form.
 */
export function tableEncoder({ includeObject: asked, now }: TableSettings): Encoder {
  const includeObject = includeObjectOf(asked);
  let first = true;
  const table = (
    kind: Kind,
    objects: readonly KubeObject[],
    metadata: object,
    withColumns = true,
    inner?: readonly KubeObject[],
  ) => {
    const made = toTable(kind, objects, { now: now(), includeObject, metadata, withColumns }, inner);
    return { ...made, rows: made.rows.map((row) => ({ ...row, object: row.object ?? null })) };
  };
  return {
    ...jsonEncoder,
    object: ({ kind, object }) => {
      const { resourceVersion } = object.metadata;
      return inOneStep(Buffer.from(encodeGoJson(table(kind, [object], { resourceVersion }))));
    },
    list: ({ kind, items, metadata }) => {
      const { rows: _none, ...type } = table(kind, [], metadata);
      // As upstream's default columns have it: nothing was ever put into their rows.
      if (items.length === 0 && kind.hasDefaultColumns) {
        return inOneStep([Buffer.from(encodeGoJson({ ...type, rows: null }))]);
      }
      const rowsOf = (group: readonly StoredObject[]) => {
        const forms = group.map((stored) => listedForm(kind, stored));
        const inner = kind.storage === undefined ? forms : group.map((stored) => innerOf(kind, stored));
        return table(kind, forms, metadata, false, inner).rows;
      };
      return jsonList(type, 'rows', items, (group) => bare(rowsOf(group)));
    },
    event: (kind, { type, stored }) => {
      const { resourceVersion } = stored.object.metadata;
      if (type === 'BOOKMARK') return Buffer.from(`${encodeGoJson({ type, object: bookmarkObject(kind, stored) })}\n`);
      const object = table(kind, [servedForm(kind, stored)], { resourceVersion }, first, [innerOf(kind, stored)]);
      first = false;
      return Buffer.from(`${encodeGoJson({ type, object })}\n`);
    },
  };
}

function bookmarkObject(kind: Kind, stored: StoredObject): object {
  return { kind: kind.kind, apiVersion: apiVersionOf(kind.group, kind.version), ...stored.object };
}

/** Objects reduced to their metadata, in JSON or protobuf. */
export function metadataEncoder(base: Encoder, apiVersion: string): Encoder {
  const reduced = (kind: Kind, object: KubeObject) => ({ ...partialObjectMetadata(kind, object), apiVersion });
  const inner = (kind: Kind, type: WatchEvent['type'], stored: StoredObject) =>
    type === 'BOOKMARK' ? stored.object : innerOf(kind, stored);
  return {
    ...base,
    object: ({ kind, object }) => inOneStep(base.plain(reduced(kind, innerForm(kind, object)))),
    list: ({ kind, items, metadata }) => {
      const type = { kind: 'PartialObjectMetadataList', apiVersion, metadata };
      const reducedAll = (group: readonly StoredObject[]) =>
        group.map((stored) =>
          reduced(kind, kind.storage === undefined ? listedForm(kind, stored) : innerOf(kind, stored)),
        );
      if (base === jsonEncoder) return jsonList(type, 'items', items, (group) => bare(reducedAll(group)));
      return inParts(encodeProtobufSteps(type, protobufParts(metadata, items, reducedAll)));
    },
    event: (kind, { type, stored }) =>
      base === jsonEncoder
        ? Buffer.from(`${encodeGoJson({ type, object: reduced(kind, inner(kind, type, stored)) })}\n`)
        : protobufEvent(type, reduced(kind, inner(kind, type, stored))),
  };
}

function* inParts(body: Steps<Buffer>): Steps<Buffer[]> {
  return [yield* body];
}

function* protobufParts(
  metadata: ListMeta,
  items: readonly StoredObject[],
  made: (group: readonly StoredObject[]) => object[],
): Generator<object> {
  let head: object = { metadata };
  for (const group of groups(items)) {
    yield { ...head, items: made(group) };
    head = {};
  }
  if (items.length === 0) yield head;
}

/** The same answers in YAML. Watches cannot be had in it. */
export const yamlEncoder: Encoder = {
  ...jsonEncoder,
  contentType: 'application/yaml',
  *object({ object }) {
    return Buffer.concat(yield* encodeYamlSteps(object));
  },
  *list({ kind, items, metadata }) {
    const type = { kind: kind.listKind, apiVersion: apiVersionOf(kind.group, kind.version), metadata };
    const forms = items.map((stored) => () => {
      const object = listedForm(kind, stored);
      const { apiVersion: _version, kind: _kind, ...rest } = object;
      return kind.hasTypedItems ? object : rest;
    });
    return yield* encodeYamlSteps({ ...type, items: forms });
  },
  plain: (value) => Buffer.from(encodeYaml(value)),
};

/** Kubernetes' protobuf envelope; a stream is of WatchEvents, each after its length. */
export const protobufEncoder: Encoder = {
  contentType: PROTOBUF_MEDIA_TYPE,
  object({ kind, object }) {
    checkProtobuf(kind, 'Unstructured');
    return inOneStep(encodeProtobuf(object));
  },
  list({ kind, items, metadata }) {
    checkProtobuf(kind, 'UnstructuredList');
    const type = { kind: kind.listKind, apiVersion: apiVersionOf(kind.group, kind.version) };
    const served = (group: readonly StoredObject[]) => group.map((stored) => listedForm(kind, stored));
    return inParts(encodeProtobufSteps(type, protobufParts(metadata, items, served)));
  },
  plain: (value) => encodeProtobuf(value),
  event: (kind, { type, stored }) =>
    protobufEvent(type, type === 'BOOKMARK' ? bookmarkObject(kind, stored) : servedForm(kind, stored)),
  errorEvent: (status) => protobufEvent('ERROR', status),
};

/** Throws 406 for a kind that has no messages. */
function checkProtobuf({ group, version, kind }: Kind, goName: string): void {
  if (hasProtobuf(group, version, kind)) return;
  const message = `object *unstructured.${goName} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`;
  throw new ApiError({ code: 406, reason: 'NotAcceptable', message });
}

/** metav1.WatchEvent: type is field 1, object field 2, a RawExtension whose field 1 is the enveloped object. */
function protobufEvent(type: string, object: object): Buffer {
  const event = Buffer.concat([
    lengthDelimited(1, Buffer.from(type)),
    lengthDelimited(2, lengthDelimited(1, encodeProtobuf(object))),
  ]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(event.length);
  return Buffer.concat([frame, event]);
}

function lengthDelimited(field: number, body: Buffer): Buffer {
  const head = [(field << 3) | 2];
  let rest = body.length;
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  head.push(rest);
  return Buffer.concat([Buffer.from(head), body]);
}
