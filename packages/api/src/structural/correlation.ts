/**
 * What a value was before an update, place by place: a value that breaks a rule may stay, as long as it stays as it is.
 * Fields are found again by name, items by the keys of a list that is a map.
 */
import { deepEqual, isRecord } from '../object.js';
import { itemsOf, type JsonSchema, propertyOf, valuesOf } from './json-schema.js';
import { KeyedItems } from './keyed-items.js';

export class Correlation {
  readonly #value: unknown;
  readonly #old: unknown;
  readonly #schema: JsonSchema;
  readonly #inside = new Map<string | number, Correlation | undefined>();
  #items: KeyedItems | undefined;
  #isSame: boolean | undefined;

  constructor(value: unknown, old: unknown, schema: JsonSchema) {
    this.#value = value;
    this.#old = old;
    this.#schema = schema;
  }

  /** What a field was; undefined where it was not there, or is of no schema. */
  key(name: string): Correlation | undefined {
    if (!isRecord(this.#value) || !isRecord(this.#old)) return undefined;
    const [value, old] = [this.#value, this.#old];
    return this.#child(name, () => {
      if (!Object.hasOwn(value, name) || !Object.hasOwn(old, name)) return undefined;
      const schema = propertyOf(this.#schema, name) ?? valuesOf(this.#schema);
      return schema && new Correlation(value[name], old[name], schema);
    });
  }

  index(index: number): Correlation | undefined {
    if (!Array.isArray(this.#value) || !Array.isArray(this.#old)) return undefined;
    const [value, old] = [this.#value[index] as unknown, this.#old as unknown[]];
    return this.#child(index, () => {
      this.#items ??= new KeyedItems(this.#schema, old);
      const [before, schema] = [this.#items.like(value), itemsOf(this.#schema)];
      return before === undefined || schema === undefined ? undefined : new Correlation(value, before, schema);
    });
  }

  #child(key: string | number, make: () => Correlation | undefined): Correlation | undefined {
    if (this.#inside.has(key)) return this.#inside.get(key);
    const made = make();
    this.#inside.set(key, made);
    return made;
  }

  /** Whether nothing of it changed; the items of a list that is a map may have changed places. */
  get isSame(): boolean {
    this.#isSame ??= this.#compare();
    return this.#isSame;
  }

  #compare(): boolean {
    const [value, old] = [this.#value, this.#old];
    if (Array.isArray(value) && Array.isArray(old)) return this.#compareLists(value, old);
    if (!isRecord(value) || !isRecord(old)) return deepEqual(value, old);
    const keys = Object.keys(value);
    return keys.length === Object.keys(old).length && keys.every((key) => this.key(key)?.isSame === true);
  }

  #compareLists(value: readonly unknown[], old: readonly unknown[]): boolean {
    if (value.length !== old.length) return false;
    if (this.#schema['x-kubernetes-list-type'] !== 'map') return deepEqual(value, old);
    return value.every((_, index) => this.index(index)?.isSame === true);
  }
}

/** The places above one, as rules ask of them: what is in something that did not change did not change either. */
export class Unchanged {
  readonly #here: Correlation | undefined;
  /** The nearest place above that can be told. */
  readonly #above: Correlation | undefined;

  constructor(here: Correlation | undefined, above?: Correlation) {
    this.#here = here;
    this.#above = above;
  }

  get holds(): boolean {
    return (this.#here ?? this.#above)?.isSame === true;
  }

  key(name: string): Unchanged {
    if (this.#here === undefined) return this;
    // Both are read as one version: whether what they say of it changed does not show.
    if (this.#above === undefined && (name === 'apiVersion' || name === 'kind')) return NOTHING_KNOWN;
    return new Unchanged(this.#here.key(name), this.#here);
  }

  index(index: number): Unchanged {
    return this.#here === undefined ? this : new Unchanged(this.#here.index(index), this.#here);
  }
}

export const NOTHING_KNOWN = new Unchanged(undefined);
