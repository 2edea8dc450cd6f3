import { identityText, isRecord } from '../object.js';
import type { JsonSchema } from './json-schema.js';

/** The items of a list that is a map, by their keys; in any other list none is found. */
export class KeyedItems {
  readonly #keys: readonly string[];
  readonly #items = new Map<string, unknown>();

  constructor(schema: JsonSchema, list: readonly unknown[]) {
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    this.#keys = isMap ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
    if (this.#keys.length === 0) return;
    for (const item of list) {
      const key = this.#keyOf(item);
      if (key !== undefined && !this.#items.has(key)) this.#items.set(key, item);
    }
  }

  /** The first item that has the same keys; an item without one of them is like none. */
  like(item: unknown): unknown {
    const key = this.#items.size === 0 ? undefined : this.#keyOf(item);
    return key === undefined ? undefined : this.#items.get(key);
  }

  #keyOf(item: unknown): string | undefined {
    if (!isRecord(item)) return undefined;
    const values = this.#keys.map((key) => (Object.hasOwn(item, key) ? item[key] : null));
    return values.every((value) => value !== null && typeof value !== 'object') ? identityText(values) : undefined;
  }
}
