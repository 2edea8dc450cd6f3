/** Between JSON values and protobuf messages, by the API's field numbers. */
import { narrowed } from '../int64.js';
import { isRecord } from '../object.js';
import { type Message, type MessageField, messageOf } from './messages.js';
import { SPECIAL_TYPES, type SpecialType } from './special.js';
import { FIXED64, LENGTH, ProtobufError, VARINT, WireReader, WireWriter } from './wire.js';

/** Deeper messages are refused. */
const DEPTH_MAX = 500;

export function encodeMessage(value: unknown, messageName: string): Buffer {
  const writer = new WireWriter();
  writeMessage(writer, value, messageName);
  return writer.finish();
}

function writeMessage(writer: WireWriter, value: unknown, messageName: string): void {
  const special = SPECIAL_TYPES.get(messageName) ?? UNIONS.get(messageName);
  if (special !== undefined) {
    special.encode(writer, value);
    return;
  }
  const message = requireMessage(messageName);
  if (!isRecord(value)) return;
  for (const field of message.fields) {
    const item = field.inline ? value : fieldValue(value, field);
    if (item !== undefined && item !== null) encodeField(writer, field, item);
  }
}

function fieldValue(value: Record<string, unknown>, { jsonNames }: MessageField): unknown {
  for (const name of jsonNames) if (value[name] !== undefined) return value[name];
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
        writer.tag(field.number, LENGTH);
        const entry = writer.open();
        encodeOne(writer, 1, 'string', key);
        encodeOne(writer, 2, field.type, item);
        writer.close(entry);
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
      writer.text(String(value));
      break;
    case 'bytes':
      writer.tag(number, LENGTH);
      writer.bytes(Buffer.from(String(value), 'base64'));
      break;
    case 'bool':
      writer.tag(number, VARINT);
      writer.varint(value === true ? 1 : 0);
      break;
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      writer.tag(number, VARINT);
      writer.varint(typeof value === 'bigint' ? value : Math.trunc(Number(value)));
      break;
    case 'double':
      writer.tag(number, FIXED64);
      writer.double(Number(value));
      break;
    default: {
      writer.tag(number, LENGTH);
      const start = writer.open();
      writeMessage(writer, value, type);
      writer.close(start);
    }
  }
}

/** Unknown fields are passed over. Throws ProtobufError. */
export function decodeMessage(bytes: Uint8Array, messageName: string): unknown {
  return readMessage(new WireReader(bytes), messageName, 0);
}

/** A message that goes to the reader's end. */
function readMessage(reader: WireReader, messageName: string, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new ProtobufError('message is nested too deeply');
  const message = requireMessage(messageName);
  const value: Record<string, unknown> = {};
  while (!reader.done) {
    const { field: number, type } = reader.tag();
    const field = message.byNumber.get(number);
    if (field === undefined) reader.skip(type);
    else decodeField(value, reader, field, field.jsonName, depth);
  }
  return value;
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
  const outer = reader.enter();
  let [key, item]: [string, unknown] = ['', zeroOf(field.type)];
  while (!reader.done) {
    const { field: part, type } = reader.tag();
    if (part === 1) key = reader.text();
    else if (part === 2) item = decodeOne(reader, field.type, depth);
    else reader.skip(type);
  }
  reader.leave(outer);
  map[key] = item;
  value[name] = map;
}

function zeroOf(type: string): unknown {
  return type === 'string' || type === 'bytes' ? '' : type === 'bool' ? false : /int|double/.test(type) ? 0 : {};
}

function decodeOne(reader: WireReader, type: string, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.text();
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'bool':
      return reader.varint() !== 0n;
    case 'int32':
      return reader.int32();
    case 'int64':
      return narrowed(BigInt.asIntN(64, reader.varint()));
    case 'uint32':
    case 'uint64':
      return Number(reader.varint());
    case 'double':
      return reader.double();
    default: {
      const outer = reader.enter();
      const special = SPECIAL_TYPES.get(type) ?? UNIONS.get(type);
      const value = special === undefined ? readMessage(reader, type, depth + 1) : special.decode(reader, depth + 1);
      reader.leave(outer);
      return value;
    }
  }
}

const EXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';

/** A message in whose place JSON has one of several things bare. */
function union(name: string, fieldFor: (value: unknown) => string): SpecialType {
  return {
    encode(writer, value) {
      const wanted = fieldFor(value);
      for (const field of requireMessage(name).fields) if (field.name === wanted) encodeField(writer, field, value);
      if (wanted === 'schema' && name.endsWith('OrBool')) encodeOne(writer, 1, 'bool', true);
    },
    decode(reader, depth) {
      const message = requireMessage(name);
      const value: Record<string, unknown> = {};
      while (!reader.done) {
        const { field: number, type } = reader.tag();
        const field = message.byNumber.get(number);
        if (field === undefined) reader.skip(type);
        else decodeField(value, reader, field, field.name, depth);
      }
      return value['schema'] ?? value['jSONSchemas'] ?? value['property'] ?? value['allows'] ?? {};
    },
  };
}

const UNIONS: ReadonlyMap<string, SpecialType> = new Map([
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
