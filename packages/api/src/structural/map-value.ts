/** Changes of JSON values that share what stays as it is. */
import { setField } from '../set-field.js';

export type Fields = Readonly<Record<string, unknown>>;

/** The object itself if no field changes; a field that becomes undefined goes. */
export function mapFields(object: Fields, change: (key: string, value: unknown) => unknown): Fields {
  let made: Record<string, unknown> | undefined;
  const keys = Object.keys(object);
  for (const [index, key] of keys.entries()) {
    const value = object[key];
    const next = change(key, value);
    if (next === value && made === undefined) continue;
    if (made === undefined) {
      made = {};
      for (const before of keys.slice(0, index)) setField(made, before, object[before]);
    }
    if (next !== undefined) setField(made, key, next);
  }
  return made ?? object;
}

/** The list itself if no item changes. */
export function mapItems(
  list: readonly unknown[],
  change: (item: unknown, index: number) => unknown,
): readonly unknown[] {
  let made: unknown[] | undefined;
  for (const [index, item] of list.entries()) {
    const next = change(item, index);
    if (next === item && made === undefined) continue;
    made ??= list.slice(0, index);
    made.push(next);
  }
  return made ?? list;
}
