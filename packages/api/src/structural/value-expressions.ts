/** Rules of a schema (`x-kubernetes-validations`) as values of it meet them, each at its own place. */
import {
  type Schema as CelSchema,
  type CompiledRule,
  compileRules,
  type Environment,
  evaluateRules,
  kubernetesEnvironment,
  schemaDeclaration,
  type Violation,
  withTypeAndMetadata,
} from '@keelson/cel';
import { duplicate, type FieldError, forbidden, invalid, OMITTED, type Path, required } from '../field-errors.js';
import type { ValidationRule } from '../gen/types.js';
import { isRecord } from '../object.js';
import { celRules, celSchema, SELF_TYPE } from './cel-schema.js';
import { NOTHING_KNOWN, type Unchanged } from './correlation.js';
import { findField } from './field-path.js';
import { isEmbedded, itemsOf, type JsonSchema, propertiesOf, someSchema, valuesOf } from './json-schema.js';
import { KeyedItems } from './keyed-items.js';
import type { Fields } from './map-value.js';

export interface Checked {
  readonly errors: FieldError[];
  /** Below 0 where it was used up: then nothing further is evaluated. */
  readonly budget: number;
}

const hasRules = (schema: JsonSchema): boolean =>
  someSchema(schema, (it) => (it['x-kubernetes-validations'] ?? []).length > 0);

interface Rules {
  readonly compiled: readonly CompiledRule[];
  /** Of the values that they see. */
  readonly schema: CelSchema;
}

interface Where {
  readonly at: Path;
  readonly unchanged: Unchanged;
}

/** The rules of a schema and of all that is in it, compiled when they are first needed. */
export class ValueExpressions {
  readonly #schema: JsonSchema;
  readonly #isResource: boolean;
  readonly #environment: Environment;
  readonly #inside = new Map<JsonSchema, ValueExpressions | undefined>();
  #rules: Rules | undefined;
  #known: readonly (readonly [string, ValueExpressions])[] | undefined;

  private constructor(schema: JsonSchema, isResource: boolean, environment: Environment) {
    this.#schema = schema;
    this.#isResource = isResource;
    this.#environment = environment;
  }

  /** Undefined if there are no rules anywhere in the schema. */
  static of(schema: JsonSchema, isResource: boolean): ValueExpressions | undefined {
    return hasRules(schema) ? new ValueExpressions(schema, isResource, kubernetesEnvironment()) : undefined;
  }

  /** `old` is what the value was, if it was there; where nothing changed, rules about the value alone may be broken. */
  validate(value: unknown, old: unknown, at: Path, budget: number, unchanged = NOTHING_KNOWN): Checked {
    if (value === undefined || value === null) return { errors: [], budget };
    const where: Where = { at, unchanged };
    const own = this.#validateOwn(value, old, where, budget);
    if (own.budget < 0 || typeof value !== 'object') return own;
    const inside = Array.isArray(value)
      ? this.#validateItems(value, Array.isArray(old) ? old : [], where, own.budget)
      : this.#validateFields(value as Fields, isRecord(old) ? old : {}, where, own.budget);
    return { errors: [...own.errors, ...inside.errors], budget: inside.budget };
  }

  #validateOwn(value: unknown, old: unknown, { at, unchanged }: Where, budget: number): Checked {
    this.#rules ??= this.#compile();
    const { compiled, schema } = this.#rules;
    if (compiled.length === 0) return { errors: [], budget };
    const { violations, remainingBudget } = evaluateRules(compiled, schema, value, old, budget);
    const told = violations.filter(({ failed, usesOldSelf }) => !failed || usesOldSelf || !unchanged.holds);
    return { errors: told.map((it) => this.#error(it, value, at)), budget: remainingBudget };
  }

  #compile(): Rules {
    const plain = celSchema(this.#schema);
    const schema = this.#isResource ? withTypeAndMetadata(plain) : plain;
    const rules = this.#schema['x-kubernetes-validations'] ?? [];
    const declaration = rules.length === 0 ? undefined : schemaDeclaration(plain, this.#isResource);
    if (declaration === undefined) return { compiled: [], schema };
    return { compiled: compileRules(celRules(rules), declaration, this.#environment, SELF_TYPE), schema };
  }

  #error({ rule, failed, message }: Violation, value: unknown, at: Path): FieldError {
    const { type = '' } = this.#schema;
    if (!failed) return invalid(at, type, message);
    const { fieldPath, reason } = rule as ValidationRule;
    const found = fieldPath ? findField(fieldPath, this.#schema) : undefined;
    const place = found !== undefined && 'path' in found ? at.child(String(found.path)) : at;
    return errorFor(reason, place, type === 'object' || type === 'array' ? OMITTED : value, message);
  }

  /** Of a schema within; undefined if no rules are in it. */
  #of(schema: JsonSchema | undefined): ValueExpressions | undefined {
    if (schema === undefined) return undefined;
    if (!this.#inside.has(schema)) {
      const has = hasRules(schema);
      this.#inside.set(schema, has ? new ValueExpressions(schema, isEmbedded(schema), this.#environment) : undefined);
    }
    return this.#inside.get(schema);
  }

  /** Properties in which there are rules. */
  #properties(): readonly (readonly [string, ValueExpressions])[] {
    this.#known ??= propertiesOf(this.#schema).flatMap(([name, property]) => {
      const rules = this.#of(property);
      return rules === undefined ? [] : [[name, rules] as const];
    });
    return this.#known;
  }

  #validateItems(list: readonly unknown[], old: readonly unknown[], where: Where, budget: number): Checked {
    const items = this.#of(itemsOf(this.#schema));
    if (items === undefined) return { errors: [], budget };
    const before = new KeyedItems(this.#schema, old);
    const { at, unchanged } = where;
    return inTurn(list.entries(), budget, ([index, item], left) =>
      items.validate(item, before.like(item), at.index(index), left, unchanged.index(index)),
    );
  }

  #validateFields(value: Fields, old: Fields, where: Where, budget: number): Checked {
    const { at, unchanged } = where;
    const values = this.#of(valuesOf(this.#schema));
    const keys = values === undefined ? [] : Object.keys(value).sort();
    const additional = inTurn(keys, budget, (key, left) =>
      values!.validate(value[key], own(old, key), at.key(key), left, unchanged.key(key)),
    );
    const known = this.#properties().filter(([name]) => Object.hasOwn(value, name));
    const properties = inTurn(known, additional.budget, ([name, rules], left) =>
      rules.validate(value[name], own(old, name), at.child(name), left, unchanged.key(name)),
    );
    return { errors: [...additional.errors, ...properties.errors], budget: properties.budget };
  }
}

const own = (object: Fields, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

function inTurn<T>(items: Iterable<T>, budget: number, check: (item: T, budget: number) => Checked): Checked {
  const errors: FieldError[] = [];
  let left = budget;
  for (const item of items) {
    if (left < 0) break;
    const checked = check(item, left);
    errors.push(...checked.errors);
    left = checked.budget;
  }
  return { errors, budget: left };
}

function errorFor(reason: string | undefined, at: Path, value: unknown, message: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(at, message);
    case 'FieldValueRequired':
      return required(at, message);
    case 'FieldValueDuplicate':
      return duplicate(at, value);
    default:
      return invalid(at, value, message);
  }
}
