import { escapeProperty, unescapeProperty } from '../types/escape.js';
import { type Schema, withTypeAndMetadata } from '../types/schema.js';
import { opaque, type Type } from '../types/type.js';
import { keyHandle } from './collections.js';
import { equal, NO_SUCH_OVERLOAD } from './compare.js';
import { sameJson } from './json.js';
import { CelDuration, CelTimestamp } from './time.js';
import { CelError, CelList, CelMap, CelObject, type Value } from './value.js';

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (problem: string) => new CelError(`invalid data, ${problem}`);

/** JSON as the value that its schema says it is. What lies deeper is looked at when it is asked for. */
export function fromSchema(json: unknown, schema: Schema): Value {
  if (json === null || json === undefined) {
    return schema.nullable ? null : invalid('got null for schema with nullable=false');
  }
  if (schema['x-kubernetes-int-or-string']) {
    if (typeof json === 'string') return json;
    if (Number.isSafeInteger(json) || typeof json === 'bigint') return BigInt(json as number);
    return invalid('expected XIntOrString value to be either a string or integer');
  }
  switch (schema.type) {
    case 'object':
      return isObject(json)
        ? new ObjectMap(json, schema['x-kubernetes-embedded-resource'] ? withTypeAndMetadata(schema) : schema)
        : invalid('expected a map for the provided schema with type=object');
    case 'array':
      return Array.isArray(json)
        ? listFromSchema(json, schema)
        : invalid('expected an array for the provided schema with type=array');
    case 'string':
      return typeof json === 'string'
        ? stringFromSchema(json, schema)
        : invalid(`expected string, got ${goType(json)}`);
    case 'number':
      if (typeof json === 'number' || typeof json === 'bigint') return Number(json);
      return invalid(`expected float, got ${goType(json)}`);
    case 'integer':
      if (typeof json === 'bigint' || Number.isSafeInteger(json)) return BigInt(json as number);
      return invalid(`expected int, got ${goType(json)}`);
    case 'boolean':
      return typeof json === 'boolean' ? json : invalid(`expected bool, got ${goType(json)}`);
  }
  if (schema['x-kubernetes-preserve-unknown-fields']) return new Preserved(json);
  return new CelError(
    `invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ${schema.type ?? ''}`,
  );
}

function goType(json: unknown): string {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? 'int64' : 'float64';
  if (typeof json === 'boolean') return 'bool';
  if (Array.isArray(json)) return '[]interface {}';
  return typeof json === 'string' ? 'string' : 'map[string]interface {}';
}

function stringFromSchema(text: string, { format }: Schema): Value {
  switch (format) {
    case 'duration':
      return CelDuration.parse(text) ?? new CelError(`Invalid duration ${text}: unable to parse ${text} as duration`);
    case 'date':
      return CelTimestamp.parseDate(text) ?? new CelError(`Invalid date formatted string ${text}`);
    case 'date-time':
      return CelTimestamp.parse(text) ?? new CelError(`Invalid date-time formatted string ${text}`);
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

function listFromSchema(elements: readonly unknown[], schema: Schema): Value {
  const { items } = schema;
  if (!items) return new CelError('invalid array type, expected Items with a non-empty Schema');
  switch (schema['x-kubernetes-list-type']) {
    case 'map':
      return new KeyedList(elements, items, schema['x-kubernetes-list-map-keys'] ?? []);
    case 'set':
      return new SetList(elements, items);
    default:
      return new JsonList(elements, items);
  }
}

/** Data that is kept although nothing is known of it: it can be compared and no more. */
class Preserved extends CelObject {
  readonly #json: unknown;
  constructor(json: unknown) {
    super();
    this.#json = json;
  }
  override get type(): Type {
    return PRESERVED;
  }
  equals(other: CelObject): boolean {
    return other instanceof Preserved && sameJson(this.#json, other.#json);
  }
}
const PRESERVED = opaque('unknown');

class JsonList extends CelList {
  readonly json: readonly unknown[];
  readonly items: Schema;

  constructor(json: readonly unknown[], items: Schema) {
    super();
    this.json = json;
    this.items = items;
  }

  get size(): number {
    return this.json.length;
  }

  at(index: number): Value {
    return fromSchema(this.json[index], this.items);
  }
}

/** A list whose order does not matter: `+` is the union. */
class SetList extends CelList {
  readonly #values: readonly Value[];

  constructor(json: readonly unknown[], items: Schema, values?: readonly Value[]) {
    super();
    this.#values = values ?? json.map((it) => fromSchema(it, items));
  }

  get size(): number {
    return this.#values.length;
  }

  at(index: number): Value {
    return this.#values[index]!;
  }

  override equalTo = (other: CelList): boolean => {
    if (this.size !== other.size) return false;
    const known = new Set(this.#values.map(keyHandle));
    for (const it of other) if (!known.has(keyHandle(it))) return false;
    return true;
  };

  override plus = (other: CelList): CelList => {
    const known = new Set(this.#values.map(keyHandle));
    const values = [...this.#values];
    for (const it of other) {
      const handle = keyHandle(it);
      if (known.has(handle)) continue;
      known.add(handle);
      values.push(it);
    }
    return new SetList([], {}, values);
  };
}

/** A list whose elements have keys: their order does not matter, and `+` overwrites those of the same keys. */
class KeyedList extends CelList {
  readonly #values: readonly Value[];
  readonly #keys: readonly string[];

  constructor(json: readonly unknown[], items: Schema, keys: readonly string[], values?: readonly Value[]) {
    super();
    this.#values = values ?? json.map((it) => fromSchema(it, items));
    this.#keys = keys.map((key) => escapeProperty(key) ?? key);
  }

  get size(): number {
    return this.#values.length;
  }

  at(index: number): Value {
    return this.#values[index]!;
  }

  #handle(element: Value): string {
    if (!(element instanceof CelMap)) return '';
    return JSON.stringify(this.#keys.map((key) => String(element.find(key) ?? '')));
  }

  override equalTo = (other: CelList): boolean | CelError => {
    if (this.size !== other.size) return false;
    const known = new Map(this.#values.map((it) => [this.#handle(it), it]));
    for (const it of other) {
      const mine = known.get(this.#handle(it));
      if (mine === undefined) return false;
      const same = equal(mine, it);
      if (same !== true) return same;
    }
    return true;
  };

  override plus = (other: CelList): CelList => {
    const values = [...this.#values];
    const places = new Map(values.map((it, index) => [this.#handle(it), index]));
    for (const it of other) {
      const place = places.get(this.#handle(it));
      if (place === undefined) values.push(it);
      else values[place] = it;
    }
    return new KeyedList([], {}, this.#keys, values);
  };
}

/** An object with properties (named as identifiers) or a map of strings. */
class ObjectMap extends CelMap {
  readonly #json: JsonObject;
  readonly #schema: Schema;

  constructor(json: JsonObject, schema: Schema) {
    super();
    this.#json = json;
    this.#schema = schema;
  }

  get size(): number {
    return Object.keys(this.#json).length;
  }

  #propertySchema(name: string): Schema | undefined {
    const { properties, additionalProperties } = this.#schema;
    if (properties) return Object.hasOwn(properties, name) ? properties[name] : undefined;
    return typeof additionalProperties === 'object' ? additionalProperties : undefined;
  }

  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return NO_SUCH_OVERLOAD;
    const { properties } = this.#schema;
    const name = properties ? unescapeProperty(key) : key;
    if (name === undefined || !Object.hasOwn(this.#json, name)) return undefined;
    const json = this.#json[name];
    if (json === undefined || (properties && json === null)) return undefined;
    const schema = this.#propertySchema(name);
    return schema && fromSchema(json, schema);
  }

  *keys(): Iterable<Value> {
    for (const name of Object.keys(this.#json)) {
      if (!this.#propertySchema(name)) continue;
      yield this.#schema.properties ? (escapeProperty(name) ?? name) : name;
    }
  }
}
