/** Types whose JSON is not the JSON of their protobuf fields. */
import { encodeGoJson } from '../exact-json.js';
import { parseJson } from '../json.js';
import { LENGTH, VARINT, WireReader, WireWriter } from './wire.js';

export interface SpecialType {
  encode(value: unknown): Buffer;
  decode(bytes: Uint8Array): unknown;
}

const APIMACHINERY = 'k8s.io.apimachinery.pkg';
const EXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';

/** A list of strings in the place where JSON has the list itself: `extra` of users and the like. */
const stringList: SpecialType = {
  encode(value) {
    const writer = new WireWriter();
    for (const item of Array.isArray(value) ? value : []) {
      writer.tag(1, LENGTH);
      writer.bytes(Buffer.from(String(item)));
    }
    return writer.finish();
  },
  decode: (bytes) => fieldsOf(bytes, 1).map((item) => item.toString('utf8')),
};

/** JSON text in a field of a message: raw extensions, field sets, schemas' values. */
const rawJson: SpecialType = {
  encode(value) {
    const writer = new WireWriter();
    writer.tag(1, LENGTH);
    writer.bytes(Buffer.from(encodeGoJson(value)));
    return writer.finish();
  },
  decode(bytes) {
    const [text] = fieldsOf(bytes, 1);
    return text === undefined || text.length === 0 ? null : parseJson(text.toString('utf8')).value;
  },
};

const quantity: SpecialType = {
  encode(value) {
    const writer = new WireWriter();
    writer.tag(1, LENGTH);
    writer.bytes(Buffer.from(String(value)));
    return writer.finish();
  },
  decode: (bytes) => fieldsOf(bytes, 1)[0]?.toString('utf8') ?? '0',
};

const intOrString: SpecialType = {
  encode(value) {
    const writer = new WireWriter();
    writer.tag(1, VARINT);
    writer.varint(typeof value === 'string' ? 1n : 0n);
    writer.tag(2, VARINT);
    writer.varint(typeof value === 'number' ? BigInt(value) : 0n);
    writer.tag(3, LENGTH);
    writer.bytes(Buffer.from(typeof value === 'string' ? value : ''));
    return writer.finish();
  },
  decode(bytes) {
    const numbers = numbersOf(bytes);
    if (numbers.get(1) === 1n) return fieldsOf(bytes, 3)[0]?.toString('utf8') ?? '';
    return Number(BigInt.asIntN(32, numbers.get(2) ?? 0n));
  },
};

function timeType(fractionDigits: number): SpecialType {
  return {
    encode(value) {
      const writer = new WireWriter();
      const text = String(value);
      writer.tag(1, VARINT);
      writer.varint(BigInt(Math.floor(Date.parse(text) / 1000)));
      writer.tag(2, VARINT);
      const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
      writer.varint(fractionDigits === 0 ? 0n : BigInt(fraction.slice(0, 9).padEnd(9, '0')));
      return writer.finish();
    },
    // A message without fields is the zero time: JSON has null for it.
    decode(bytes) {
      if (bytes.length === 0) return null;
      const numbers = numbersOf(bytes);
      const seconds = BigInt.asIntN(64, numbers.get(1) ?? 0n);
      const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
      const nanos = String(numbers.get(2) ?? 0n).padStart(9, '0');
      return fractionDigits === 0 ? `${text}Z` : `${text}.${nanos.slice(0, fractionDigits)}Z`;
    },
  };
}

/** One message of alternatives in which JSON shows the chosen one bare. */
export const SPECIAL_TYPES: ReadonlyMap<string, SpecialType> = new Map([
  [`${APIMACHINERY}.api.resource.Quantity`, quantity],
  [`${APIMACHINERY}.util.intstr.IntOrString`, intOrString],
  [`${APIMACHINERY}.apis.meta.v1.Time`, timeType(0)],
  [`${APIMACHINERY}.apis.meta.v1.MicroTime`, timeType(6)],
  [`${APIMACHINERY}.apis.meta.v1.FieldsV1`, rawJson],
  [`${APIMACHINERY}.runtime.RawExtension`, rawJson],
  [`${EXTENSIONS}.JSON`, rawJson],
  ['k8s.io.api.authentication.v1.ExtraValue', stringList],
  ['k8s.io.api.authorization.v1.ExtraValue', stringList],
  ['k8s.io.api.certificates.v1.ExtraValue', stringList],
]);

function fieldsOf(bytes: Uint8Array, wanted: number): Buffer[] {
  const reader = new WireReader(bytes);
  const found: Buffer[] = [];
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === wanted && type === LENGTH) found.push(reader.bytes());
    else reader.skip(type);
  }
  return found;
}

function numbersOf(bytes: Uint8Array): Map<number, bigint> {
  const reader = new WireReader(bytes);
  const found = new Map<number, bigint>();
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (type === VARINT) found.set(field, reader.varint());
    else reader.skip(type);
  }
  return found;
}
