import { CelError, CelList, CelMap, CelUint, type Value } from './value.js';

/** JSON of which no schema is known, as values: whole numbers are ints as far as they are exact. */
export function fromJson(json: unknown): Value {
  if (json === null || json === undefined) return null;
  switch (typeof json) {
    case 'boolean':
    case 'string':
    case 'bigint':
      return json;
    case 'number':
      return Number.isSafeInteger(json) ? BigInt(json) : json;
  }
  if (Array.isArray(json)) return new PlainList(json);
  return new PlainMap(json as Readonly<Record<string, unknown>>);
}

class PlainList extends CelList {
  readonly #json: readonly unknown[];
  constructor(json: readonly unknown[]) {
    super();
    this.#json = json;
  }
  get size(): number {
    return this.#json.length;
  }
  at(index: number): Value {
    return fromJson(this.#json[index]);
  }
}

class PlainMap extends CelMap {
  readonly #json: Readonly<Record<string, unknown>>;
  constructor(json: Readonly<Record<string, unknown>>) {
    super();
    this.#json = json;
  }
  get size(): number {
    return Object.keys(this.#json).length;
  }
  find(key: Value): Value | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.#json, key)) return undefined;
    const json = this.#json[key];
    return json === undefined ? undefined : fromJson(json);
  }
  keys(): Iterable<Value> {
    return Object.keys(this.#json);
  }
}

/** The JSON that a value is, or what it has none for. */
export function toJson(value: Value): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof CelMap) {
    return Object.fromEntries([...value.keys()].map((key) => [String(key), toJson(value.find(key)!)]));
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value === null || typeof value !== 'object') return value;
  return value instanceof CelError ? value : String(value);
}

export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((it, i) => sameJson(it, b[i]));
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}
