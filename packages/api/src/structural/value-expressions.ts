/** Rules of a schema (`x-kubernetes-validations`) as values of it meet them, each at its own place. */
import {
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
import { identityText, isRecord } from '../object.js';
import { celRules, celSchema } from './cel-schema.js';
import { findField } from './field-path.js';
import { isEmbedded, itemsOf, type JsonSchema, propertiesOf, someSchema, valuesOf } from './json-schema.js';

export interface Checked {
  readonly errors: FieldError[];
  /** Below 0 where it was used up: then nothing further is evaluated. */
  readonly budget: number;
}

/** The rules of a schema and of all that is in it, compiled when they are first needed. */
export class ValueExpressions {
  readonly #schema: JsonSchema;
  readonly #isResource: boolean;
  readonly #environment: Environment;
  readonly #inside = new Map<JsonSchema, ValueExpressions>();
  #rules: readonly CompiledRule[] | undefined;

  private constructor(schema: JsonSchema, isResource: boolean, environment: Environment) {
    this.#schema = schema;
    this.#isResource = isResource;
    this.#environment = environment;
  }

  /** Undefined if there are no rules anywhere in the schema. */
  static of(schema: JsonSchema, isResource: boolean): ValueExpressions | undefined {
    const hasRules = someSchema(schema, (it) => (it['x-kubernetes-validations'] ?? []).length > 0);
    return hasRules ? new ValueExpressions(schema, isResource, kubernetesEnvironment()) : undefined;
  }

  /** `old` is what the value was, if it was there. */
  validate(value: unknown, old: unknown, at: Path, budget: number): Checked {
    if (value === undefined || value === null) return { errors: [], budget };
    const own = this.#validateOwn(value, old, at, budget);
    if (own.budget < 0) return own;
    const inside = Array.isArray(value)
      ? this.#validateItems(value, Array.isArray(old) ? old : [], at, own.budget)
      : this.#validateFields(value, isRecord(old) ? old : {}, at, own.budget);
    return { errors: [...own.errors, ...inside.errors], budget: inside.budget };
  }

  #validateOwn(value: unknown, old: unknown, at: Path, budget: number): Checked {
    this.#rules ??= this.#compile();
    const plain = celSchema(this.#schema);
    const schema = this.#isResource ? withTypeAndMetadata(plain) : plain;
    const { violations, remainingBudget } = evaluateRules(this.#rules, schema, value, old, budget);
    return { errors: violations.map((it) => this.#error(it, value, at)), budget: remainingBudget };
  }

  #compile(): readonly CompiledRule[] {
    const rules = this.#schema['x-kubernetes-validations'] ?? [];
    const declaration = rules.length === 0 ? undefined : schemaDeclaration(celSchema(this.#schema), this.#isResource);
    return declaration === undefined ? [] : compileRules(celRules(rules), declaration, this.#environment, 'selfType');
  }

  #error({ rule, failed, message }: Violation, value: unknown, at: Path): FieldError {
    const { type = '' } = this.#schema;
    if (!failed) return invalid(at, type, message);
    const { fieldPath, reason } = rule as ValidationRule;
    const found = fieldPath ? findField(fieldPath, this.#schema) : undefined;
    const place = found !== undefined && 'path' in found ? at.child(String(found.path)) : at;
    return errorFor(reason, place, type === 'object' || type === 'array' ? OMITTED : value, message);
  }

  #of(schema: JsonSchema): ValueExpressions {
    let known = this.#inside.get(schema);
    if (known === undefined) {
      known = new ValueExpressions(schema, isEmbedded(schema), this.#environment);
      this.#inside.set(schema, known);
    }
    return known;
  }

  #validateItems(list: readonly unknown[], old: readonly unknown[], at: Path, budget: number): Checked {
    const items = itemsOf(this.#schema);
    if (items === undefined) return { errors: [], budget };
    const before = this.#itemsByKey(old);
    const keyOf = (item: unknown) => before.get(this.#keyOf(item));
    return inTurn(list.entries(), budget, ([index, item], left) =>
      this.#of(items).validate(item, keyOf(item), at.index(index), left),
    );
  }

  /** Only items of maps can be found again. */
  #itemsByKey(list: readonly unknown[]): ReadonlyMap<string, unknown> {
    if (this.#schema['x-kubernetes-list-type'] !== 'map') return new Map();
    return new Map(list.map((item) => [this.#keyOf(item), item]));
  }

  #keyOf(item: unknown): string {
    const keys = this.#schema['x-kubernetes-list-map-keys'] ?? [];
    return identityText(keys.map((key) => (isRecord(item) ? item[key] : undefined) ?? null));
  }

  #validateFields(value: unknown, old: Readonly<Record<string, unknown>>, at: Path, budget: number): Checked {
    if (!isRecord(value)) return { errors: [], budget };
    const values = valuesOf(this.#schema);
    const keys = values === undefined ? [] : Object.keys(value).sort();
    const additional = inTurn(keys, budget, (key, left) =>
      this.#of(values!).validate(value[key], old[key], at.key(key), left),
    );
    const known = propertiesOf(this.#schema).filter(([name]) => Object.hasOwn(value, name));
    const properties = inTurn(known, additional.budget, ([name, property], left) =>
      this.#of(property).validate(value[name], old[name], at.child(name), left),
    );
    return { errors: [...additional.errors, ...properties.errors], budget: properties.budget };
  }
}

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
