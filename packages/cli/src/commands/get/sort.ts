import { JsonPath, parseQuantity, relaxedTemplate, type TableRow } from '@keelson/api';
import { CliError } from '../../errors.js';

/** Sorts in place by the first value that the path gives. */
export function sortObjects(objects: object[], path: string): void {
  const key = keyReader(objects, path);
  objects.sort((a, b) => compareValues(key(a), key(b)));
}

export function sortRows(rows: readonly TableRow[], path: string): TableRow[] {
  const key = keyReader(
    rows.map((row) => row.object as object),
    path,
  );
  return [...rows].sort((a, b) => compareValues(key(a.object as object), key(b.object as object)));
}

function keyReader(objects: readonly object[], path: string): (object: object) => unknown {
  const template = new JsonPath(relaxedTemplate(path));
  const first = (object: object) => template.values(object)[0];
  if (objects.length > 0 && objects.every((it) => first(it) === undefined)) {
    throw new CliError(
      `--sort-by: couldn't find any field with path "${relaxedTemplate(path)}" in the list of objects`,
    );
  }
  return first;
}

/** Absent before present; numbers and quantities by size, other text by alphabet. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [String(a), String(b)];
  const [p, q] = [quantity(x), quantity(y)];
  if (p !== undefined && q !== undefined) return p < q ? -1 : p > q ? 1 : 0;
  return x < y ? -1 : x > y ? 1 : 0;
}

function quantity(text: string): bigint | number | undefined {
  if (!/^[+-]?[\d.]/.test(text)) return undefined;
  try {
    return parseQuantity(text).nanos;
  } catch {
    return undefined;
  }
}
