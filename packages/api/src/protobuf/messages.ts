/** What fields the API's protobuf messages have. */
import { readSchemaFile, typeNames, typeSchema } from '../schema.js';

export type Shape = 'single' | 'list' | 'map';

export interface MessageField {
  readonly name: string;
  /** What JSON calls it. */
  readonly jsonName: string;
  /** What JSON may call it; the first that is there counts. */
  readonly jsonNames: readonly string[];
  readonly number: number;
  readonly shape: Shape;
  /** A scalar's name or a message's. A map's keys are strings; this is the type of its values. */
  readonly type: string;
  /** JSON has the fields of this message in the place of the field itself. */
  readonly inline: boolean;
}

export interface Message {
  readonly name: string;
  readonly fields: readonly MessageField[];
  readonly byNumber: ReadonlyMap<number, MessageField>;
}

const raw = readSchemaFile<Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>>>('proto.json');
const messages = new Map<string, Message>();
/** The JSON fields of each type by its protobuf name. */
const propertiesOf = new Map(
  typeNames().flatMap((type) => {
    const { properties } = typeSchema(type);
    return properties === undefined ? [] : [[messageNameOf(type), new Set(Object.keys(properties))] as const];
  }),
);

/** The protobuf name of a type by its OpenAPI name. */
export function messageNameOf(typeName: string): string {
  return typeName.replace(/^io\.k8s\./, 'k8s.io.').replaceAll('-', '_');
}

/** A message by its protobuf name; undefined if none is known. */
export function messageOf(name: string): Message | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  const fields = raw[name];
  if (fields === undefined) return undefined;
  const properties = propertiesOf.get(name);
  const list = Object.entries(fields).map(([field, [number, type]]): MessageField => {
    const { shape, type: inner } = shapeOf(type);
    const inline = shape === 'single' && inner.includes('.') && properties !== undefined && !properties.has(field);
    const names = jsonNames(field);
    const jsonName = name.endsWith('.JSONSchemaProps') ? (names.at(-1) ?? field) : field;
    return { name: field, jsonName, jsonNames: names, number, shape, type: inner, inline };
  });
  const message = { name, fields: list, byNumber: new Map(list.map((field) => [field.number, field])) };
  messages.set(name, message);
  return message;
}

/** JSON's `$ref` and `$schema` are `ref` and `schema` in protobuf; `x-kubernetes-…` is written in camel case. */
function jsonNames(name: string): string[] {
  const dashed = name.startsWith('xKubernetes') ? name.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`) : name;
  return [...new Set([name, dashed, ...(name === 'ref' || name === 'schema' ? [`$${name}`] : [])])];
}

function shapeOf(type: string): { shape: Shape; type: string } {
  if (type.startsWith('[]')) return { shape: 'list', type: type.slice(2) };
  const map = /^map<\w+, ?(.+)>$/.exec(type);
  return map === null ? { shape: 'single', type } : { shape: 'map', type: map[1] ?? '' };
}
