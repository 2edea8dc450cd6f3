import type { TypeProvider } from '../check/scope.js';
import { DYN, STRING, structType, type Type } from '../types/type.js';
import { equal } from '../values/compare.js';
import { toJson } from '../values/json.js';
import { CelError, CelList, CelMap, CelObject, type Value } from '../values/value.js';

const OBJECT = 'Object';
const JSON_PATCH = 'JSONPatch';

/** An object that an expression has made: `Object{spec: Object.spec{replicas: 3}}` or `JSONPatch{op: "add", …}`. */
export class ConstructedObject extends CelObject {
  readonly #type: Type;
  readonly fields: ReadonlyMap<string, Value>;

  constructor(type: Type, fields: ReadonlyMap<string, Value>) {
    super();
    this.#type = type;
    this.fields = fields;
  }

  override get type(): Type {
    return this.#type;
  }

  equals(other: CelObject): boolean | CelError {
    if (!(other instanceof ConstructedObject) || other.#type.name !== this.#type.name) return false;
    if (this.fields.size !== other.fields.size) return false;
    for (const [name, value] of this.fields) {
      const its = other.fields.get(name);
      const same = its === undefined ? false : equal(value, its);
      if (same !== true) return same;
    }
    return true;
  }

  override field(name: string): Value | undefined {
    return this.fields.get(name);
  }

  toJSON(): unknown {
    return Object.fromEntries([...this.fields].map(([name, value]) => [name, constructedJson(value)]));
  }
}

/** The JSON of a value in which there may be constructed objects. */
export function constructedJson(value: Value): unknown {
  if (value instanceof ConstructedObject) return value.toJSON();
  if (value instanceof CelList) return [...value].map(constructedJson);
  if (value instanceof CelMap) {
    return Object.fromEntries([...value.keys()].map((key) => [String(key), constructedJson(value.find(key)!)]));
  }
  return toJson(value);
}

/** Complaints about objects that are not called after the way to them, as `Object.spec` is. */
export function misnamed(value: Value, path = OBJECT): string[] {
  const problems: string[] = [];
  if (value instanceof ConstructedObject) {
    if (value.type.name !== path) {
      problems.push(
        `unexpected type name ${JSON.stringify(value.type.name)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
      );
    }
    for (const [name, field] of value.fields) problems.push(...misnamed(field, `${path}.${name}`));
  } else if (value instanceof CelList) {
    for (const it of value) problems.push(...misnamed(it, path));
  } else if (value instanceof CelMap) {
    for (const key of value.keys()) problems.push(...misnamed(value.find(key)!, path));
  }
  return problems;
}

const isObjectName = (name: string) => name === OBJECT || name.startsWith(`${OBJECT}.`);
const PATCH_FIELDS: Readonly<Record<string, Type>> = { op: STRING, path: STRING, from: STRING, value: DYN };

/** The types that mutations are made of. Objects may have any field. */
export const PATCH_TYPES: TypeProvider = {
  findStruct: (name) => (isObjectName(name) || name === JSON_PATCH ? structType(name) : undefined),
  findField: (struct, field) => {
    if (isObjectName(struct)) return DYN;
    return Object.hasOwn(PATCH_FIELDS, field) ? PATCH_FIELDS[field] : undefined;
  },
  construct: (struct, fields) => {
    if (struct !== JSON_PATCH && !isObjectName(struct)) return undefined;
    if (struct === JSON_PATCH) {
      for (const name of ['op', 'path', 'from']) {
        const value = fields.get(name);
        if (value !== undefined && typeof value !== 'string') {
          return new CelError(`unexpected type for JSONPatchType '${name}' field`);
        }
      }
    }
    return new ConstructedObject(structType(struct), fields);
  },
};
