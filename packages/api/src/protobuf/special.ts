/** Types whose JSON is not the JSON of their protobuf fields. */
import { encodeGoJson } from '../exact-json.js';
import { parseJson } from '../json.js';
import { LENGTH, VARINT, type WireReader, type WireWriter } from './wire.js';

export interface SpecialType {
  /** Writes the fields of the message. */
  encode(writer: WireWriter, value: unknown): void;
  /** Reads them to the reader's end. */
  decode(reader: WireReader, depth: number): unknown;
}

const APIMACHINERY = 'k8s.io.apimachinery.pkg';
const EXTENSIONS = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1';

/** A list of strings in the place where JSON has the list itself: `extra` of users and the like. */
const stringList: SpecialType = {
  encode(writer, value) {
    for (const item of Array.isArray(value) ? value : []) {
      writer.tag(1, LENGTH);
      writer.text(String(item));
    }
  },
  decode: (reader) => textsOf(reader, 1),
};

/** JSON text in a field of a message: raw extensions, field sets, schemas' values. */
const rawJson: SpecialType = {
  encode(writer, value) {
    writer.tag(1, LENGTH);
    writer.text(encodeGoJson(value));
  },
  decode(reader) {
    const [text = ''] = textsOf(reader, 1);
    return text === '' ? null : parseJson(text).value;
  },
};

const quantity: SpecialType = {
  encode(writer, value) {
    writer.tag(1, LENGTH);
    writer.text(String(value));
  },
  decode: (reader) => textsOf(reader, 1)[0] ?? '0',
};

const intOrString: SpecialType = {
  encode(writer, value) {
    writer.tag(1, VARINT);
    writer.varint(typeof value === 'string' ? 1 : 0);
    writer.tag(2, VARINT);
    writer.varint(typeof value === 'number' ? value : 0);
    writer.tag(3, LENGTH);
    writer.text(typeof value === 'string' ? value : '');
  },
  decode(reader) {
    let [isText, number, text] = [false, 0, ''];
    while (!reader.done) {
      const { field, type } = reader.tag();
      if (field === 1 && type === VARINT) isText = reader.varint() === 1n;
      else if (field === 2 && type === VARINT) number = reader.int32();
      else if (field === 3 && type === LENGTH) text = reader.text();
      else reader.skip(type);
    }
    return isText ? text : number;
  },
};

function timeType(fractionDigits: number): SpecialType {
  return {
    encode(writer, value) {
      const text = String(value);
      writer.tag(1, VARINT);
      writer.varint(Math.floor(Date.parse(text) / 1000));
      writer.tag(2, VARINT);
      const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
      writer.varint(fractionDigits === 0 ? 0 : Number(fraction.slice(0, 9).padEnd(9, '0')));
    },
    // A message without fields is the zero time: JSON has null for it.
    decode(reader) {
      if (reader.done) return null;
      const numbers = numbersOf(reader);
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
  [`${APIMACHINERY}.apis.meta.v1.Verbs`, stringList],
  ['k8s.io.api.authentication.v1.ExtraValue', stringList],
  ['k8s.io.api.authorization.v1.ExtraValue', stringList],
  ['k8s.io.api.certificates.v1.ExtraValue', stringList],
]);

function textsOf(reader: WireReader, wanted: number): string[] {
  const found: string[] = [];
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (field === wanted && type === LENGTH) found.push(reader.text());
    else reader.skip(type);
  }
  return found;
}

function numbersOf(reader: WireReader): Map<number, bigint> {
  const found = new Map<number, bigint>();
  while (!reader.done) {
    const { field, type } = reader.tag();
    if (type === VARINT) found.set(field, reader.varint());
    else reader.skip(type);
  }
  return found;
}
