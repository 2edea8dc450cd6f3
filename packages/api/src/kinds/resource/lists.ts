/** Lists with a limit, and lists of which no two items are alike. Too long a list is not looked into. */
import { duplicate, type FieldError, type Path, tooMany } from '../../field-errors.js';

type ItemRule<T> = (item: T, path: Path) => FieldError[];

export function validateSlice<T>(items: readonly T[] = [], max: number, rule: ItemRule<T>, path: Path): FieldError[] {
  if (items.length > max) return [tooMany(path, items.length, max)];
  return items.flatMap((item, index) => rule(item, path.index(index)));
}

/** `keyOf` says by what an item is told from the others, and what an error shows of it. */
export function validateSet<T>(
  items: readonly T[] = [],
  max: number,
  rule: ItemRule<T>,
  keyOf: (item: T) => string,
  path: Path,
): FieldError[] {
  const errors = validateSlice(items, max, rule, path);
  if (items.length > max) return errors;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicate(path.index(index), key));
    seen.add(key);
  }
  return errors;
}

/** Errors of a key point at the map, those of an item at the item. */
export function validateMap<T>(
  map: Readonly<Record<string, T>> = {},
  { max, keyMax }: { readonly max: number; readonly keyMax: number },
  keyRule: ItemRule<string>,
  rule: ItemRule<T>,
  path: Path,
): FieldError[] {
  const entries = Object.entries(map);
  if (entries.length > max) return [tooMany(path, entries.length, max)];
  return entries.flatMap(([key, item]) => [...keyRule(key, path), ...rule(item, path.key(shortened(key, keyMax)))]);
}

/** What is longer keeps its ends. */
function shortened(key: string, max: number): string {
  const limit = Math.max(16, max);
  if (Buffer.byteLength(key) <= limit) return key;
  const rest = limit - 3;
  const bytes = Buffer.from(key);
  return `${bytes.subarray(0, Math.ceil(rest / 2))}...${bytes.subarray(bytes.length - Math.floor(rest / 2))}`;
}
