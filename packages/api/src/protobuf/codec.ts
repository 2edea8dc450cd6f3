/** Between JSON values and protobuf messages, by the API's field numbers. */
import { narrowed } from '../int64.js';
import { isRecord } from '../object.js';
import { type Message, type MessageField, messageOf } from './messages.js';
import { SPECIAL_TYPES } from './special.js';
import { FIXED64, LENGTH, ProtobufError, VARINT, WireReader, WireWriter } from './wire.js';

/** Deeper messages are refused. */
const DEPTH_MAX = 100;

export function encodeMessage(value: unknown, messageName: string): Buffer {
  const special = SPECIAL_TYPES.get(messageName);
  if (special !== undefined) return special.encode(value);
  const union = UNIONS.get(messageName);
  if (union !== undefined) return union.encode(value);
  const message = requireMessage(messageName);
  const writer = new WireWriter();
  if (isRecord(value)) {
    for (const field of message.fields) {
      const item = field.inline ? value : fieldValue(value, field);
      if (item !== undefined && item !== null) encodeField(writer, field, item);
    }
  }
  return writer.finish();
}

/** JSON's `$ref` and `$schema` are `ref` and `schema` in protobuf; `x-kubernetes-…` is written in camel case. */
function jsonNames(name: string): string[] {
  const dashed = name.startsWith('xKubernetes') ? name.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`) : name;
  return [name, dashed, `$${name}`];
}

function fieldValue(value: Record<string, unknown>, field: MessageField): unknown {
  for (const name of jsonNames(field.name)) if (value[name] !== undefined) return value[name];
  return undefined;
}

function requireMessage(name: string): Message {
  const message = messageOf(name);
  if (message === undefined) throw new ProtobufError(`no protobuf message for ${name}`);
  return message;
}

function encodeField(writer: WireWriter, field: MessageField, value: unknown): void {
  switch (field.shape) {
    case 'list':
      for (const item of Array.isArray(value) ? value : []) encodeOne(writer, field.number, field.type, item);
      break;
    case 'map':
      for (const [key, item] of Object.entries(isRecord(value) ? value : {}).sort(byKey)) {
        const entry = new WireWriter();
        encodeOne(entry, 1, 'string', key);
        encodeOne(entry, 2, field.type, item);
        writer.tag(field.number, LENGTH);
        writer.bytes(entry.finish());
      }
      break;
    case 'single':
      encodeOne(writer, field.number, field.type, value);
  }
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function encodeOne(writer: WireWriter, number: number, type: string, value: unknown): void {
  switch (type) {
    case 'string':
      writer.tag(number, LENGTH);
      writer.bytes(Buffer.from(String(value)));
      break;
    case 'bytes':
      writer.tag(number, LENGTH);
      writer.bytes(Buffer.from(String(value), 'base64'));
      break;
    case 'bool':
      writer.tag(number, VARINT);
      writer.varint(value === true ? 1n : 0n);
      break;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      writer.tag(number, VARINT);
      writer.varint(typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value))));
      break;
    case 'double':
      writer.tag(number, FIXED64);
      writer.double(Number(value));
      break;
    default:
      writer.tag(number, LENGTH);
      writer.bytes(encodeMessage(value, type));
  }
}

/** Unknown fields are passed over. Throws ProtobufError. */
export function decodeMessage(bytes: Uint8Array, messageName: string, depth = 0): unknown {
  const special = SPECIAL_TYPES.get(messageName);
  if (special !== undefined) return special.decode(bytes);
  const union = UNIONS.get(messageName);
  if (union !== undefined) return union.decode(bytes);
  if (depth > DEPTH_MAX) throw new ProtobufError('message is nested too deeply');
  const message = requireMessage(messageName);
  const reader = new WireReader(bytes);
  const value: Record<string, unknown> = {};
  while (!reader.done) {
    const { field: number, type } = reader.tag();
    const field = message.byNumber.get(number);
    if (field === undefined) reader.skip(type);
    else decodeField(value, reader, field, jsonNameOf(message, field), depth);
  }
  return value;
}

function jsonNameOf({ name }: Message, field: MessageField): string {
  if (!name.endsWith('.JSONSchemaProps')) return field.name;
  if (field.name === 'ref' || field.name === 'schema') return `$${field.name}`;
  return jsonNames(field.name)[1] ?? field.name;
}

function decodeField(
  value: Record<string, unknown>,
  reader: WireReader,
  field: MessageField,
  name: string,
  depth: number,
): void {
  if (field.shape === 'single') {
    const item = decodeOne(reader, field.type, depth);
    if (field.inline) Object.assign(value, item);
    else if (item !== null) value[name] = item;
    return;
  }
  if (field.shape === 'list') {
    const list = (value[name] ?? []) as unknown[];
    list.push(decodeOne(reader, field.type, depth));
    value[name] = list;
    return;
  }
  const map = (value[name] ?? {}) as Record<string, unknown>;
  const entry = new WireReader(reader.bytes());
  let [key, item]: [string, unknown] = ['', zeroOf(field.type)];
  while (!entry.done) {
    const { field: part, type } = entry.tag();
    if (part === 1) key = entry.bytes().toString('utf8');
    else if (part === 2) item = decodeOne(entry, field.type, depth);
    else entry.skip(type);
  }
  map[key] = item;
  value[name] = map;
}

function zeroOf(type: string): unknown {
  return type === 'string' || type === 'bytes' ? '' : type === 'bool' ? false : /int|double/.test(type) ? 0 : {};
}

function decodeOne(reader: WireReader, type: string, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.bytes().toString('utf8');
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
      return Number(BigInt.asIntN(32, reader.varint()));
    case 'int64':
      return narrowed(BigInt.asIntN(64, reader.varint()));
    case 'uint32':
    case 'uint64':
      return Number(reader.varint());
    case 'double':
      return reader.double();
    default:
      return decodeMessage(reader.bytes(), type, depth + 1);
  }
}

const EXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';

interface UnionType {
  encode(value: unknown): Buffer;
  decode(bytes: Uint8Array): unknown;
}

/** A message in whose place JSON has one of several things bare. */
function union(name: string, fieldFor: (value: unknown) => string): UnionType {
  return {
    encode(value) {
      const writer = new WireWriter();
      const wanted = fieldFor(value);
      for (const field of requireMessage(name).fields) if (field.name === wanted) encodeField(writer, field, value);
      if (wanted === 'schema' && name.endsWith('OrBool')) encodeOne(writer, 1, 'bool', true);
      return writer.finish();
    },
    decode(bytes) {
      const message = requireMessage(name);
      const reader = new WireReader(bytes);
      const value: Record<string, unknown> = {};
      while (!reader.done) {
        const { field: number, type } = reader.tag();
        const field = message.byNumber.get(number);
        if (field === undefined) reader.skip(type);
        else decodeField(value, reader, field, field.name, 0);
      }
      return value['schema'] ?? value['jSONSchemas'] ?? value['property'] ?? value['allows'] ?? {};
    },
  };
}

const UNIONS: ReadonlyMap<string, UnionType> = new Map([
  [
    `${EXTENSIONS}.JSONSchemaPropsOrBool`,
    union(`${EXTENSIONS}.JSONSchemaPropsOrBool`, (it) => (typeof it === 'boolean' ? 'allows' : 'schema')),
  ],
  [
    `${EXTENSIONS}.JSONSchemaPropsOrArray`,
    union(`${EXTENSIONS}.JSONSchemaPropsOrArray`, (it) => (Array.isArray(it) ? 'jSONSchemas' : 'schema')),
  ],
  [
    `${EXTENSIONS}.JSONSchemaPropsOrStringArray`,
    union(`${EXTENSIONS}.JSONSchemaPropsOrStringArray`, (it) => (Array.isArray(it) ? 'property' : 'schema')),
  ],
]);
