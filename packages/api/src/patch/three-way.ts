/** The patch that `kubectl apply` sends: changes since the last time, deletions since the last time, nothing else. */
import { deepClone, deepEqual, isRecord } from '../object.js';
import { resolve, type Schema } from '../schema.js';
import { DELETE_FROM_LIST, PATCH, RETAIN_KEYS, SET_ORDER } from './directives.js';

type Loose = Record<string, unknown>;

/** Which half of a difference a patch is to hold. */
interface Half {
  readonly additions: boolean;
  readonly deletions: boolean;
}

/**
 * The strategic merge patch that brings `current` (live) to `modified` (wanted) and deletes what `original` (applied
 * last) had and `modified` has no more. What only the server set stays.
 */
export function createThreeWayStrategicPatch(
  original: unknown,
  modified: unknown,
  current: unknown,
  schema: Schema,
): Record<string, unknown> {
  const wanted = diffMaps(asMap(current), asMap(modified), schema, { additions: true, deletions: false });
  const gone = diffMaps(asMap(original), asMap(modified), schema, { additions: false, deletions: true });
  return mergePatches(gone, wanted, schema);
}

/** The strategic merge patch that makes `modified` of `original`. */
export function createStrategicPatch(original: unknown, modified: unknown, schema: Schema): Record<string, unknown> {
  return diffMaps(asMap(original), asMap(modified), schema, { additions: true, deletions: true });
}

function asMap(value: unknown): Loose {
  return isRecord(value) ? value : {};
}

function fieldOf(schema: Schema, field: string): Schema {
  const node = resolve(schema);
  return node.properties?.[field] ?? node.map ?? {};
}

function strategies(schema: Schema): string[] {
  return schema.patchStrategy?.split(',') ?? [];
}

function diffMaps(from: Loose, to: Loose, schema: Schema, half: Half): Loose {
  const patch: Loose = {};
  for (const [key, wanted] of Object.entries(to)) {
    const had = from[key];
    if (had === undefined) {
      if (half.additions) patch[key] = deepClone(wanted);
    } else diffField(patch, key, had, wanted, fieldOf(schema, key), half);
  }
  if (half.deletions) for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  return patch;
}

function diffField(patch: Loose, key: string, had: unknown, wanted: unknown, schema: Schema, half: Half): void {
  if (isRecord(had) && isRecord(wanted)) {
    const nested = diffMaps(had, wanted, schema, half);
    if (Object.keys(nested).length === 0) return;
    if (strategies(schema).includes('retainKeys')) nested[RETAIN_KEYS] = Object.keys(wanted).sort();
    patch[key] = nested;
  } else if (Array.isArray(had) && Array.isArray(wanted) && strategies(schema).includes('merge')) {
    diffLists(patch, key, had, wanted, schema, half);
  } else if (half.additions && !deepEqual(had, wanted)) patch[key] = deepClone(wanted);
}

function diffLists(patch: Loose, key: string, had: unknown[], wanted: unknown[], schema: Schema, half: Half): void {
  if (deepEqual(had, wanted)) return;
  const { mergeKey } = schema;
  if (mergeKey === undefined) diffPrimitives(patch, key, had, wanted, half);
  else diffKeyed(patch, key, had as Loose[], wanted as Loose[], mergeKey, schema, half);
  if (half.additions || patch[key] !== undefined || patch[DELETE_FROM_LIST + key] !== undefined) {
    patch[SET_ORDER + key] = wanted.map((item) =>
      mergeKey !== undefined && isRecord(item) ? { [mergeKey]: item[mergeKey] } : item,
    );
  }
}

function diffPrimitives(patch: Loose, key: string, had: unknown[], wanted: unknown[], half: Half): void {
  const added = wanted.filter((item) => !had.includes(item));
  const removed = had.filter((item) => !wanted.includes(item));
  if (half.additions && added.length > 0) patch[key] = added;
  if (half.deletions && removed.length > 0) patch[DELETE_FROM_LIST + key] = removed;
}

function diffKeyed(
  patch: Loose,
  key: string,
  had: Loose[],
  wanted: Loose[],
  mergeKey: string,
  schema: Schema,
  half: Half,
): void {
  const items: Loose[] = [];
  const find = (list: Loose[], id: unknown) => list.find((item) => deepEqual(item[mergeKey], id));
  for (const item of wanted) {
    const before = find(had, item[mergeKey]);
    if (before === undefined) {
      if (half.additions) items.push(deepClone(item));
      continue;
    }
    const nested = diffMaps(before, item, schema.items ?? {}, half);
    if (Object.keys(nested).length > 0) items.push({ ...nested, [mergeKey]: item[mergeKey] });
  }
  if (half.deletions) {
    for (const item of had) {
      if (find(wanted, item[mergeKey]) === undefined) items.push({ [PATCH]: 'delete', [mergeKey]: item[mergeKey] });
    }
  }
  if (items.length > 0) patch[key] = items;
}

/** Two patches as one; they speak of different things, or say the same. */
function mergePatches(base: Loose, over: Loose, schema: Schema): Loose {
  const merged: Loose = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    const field = fieldOf(schema, key);
    if (isRecord(before) && isRecord(value)) merged[key] = mergePatches(before, value, field);
    else if (Array.isArray(before) && Array.isArray(value) && field.mergeKey !== undefined) {
      merged[key] = mergeItems(before as Loose[], value as Loose[], field.mergeKey, field.items ?? {});
    } else merged[key] = value;
  }
  return merged;
}

function mergeItems(base: Loose[], over: Loose[], mergeKey: string, items: Schema): Loose[] {
  const merged = [...over];
  for (const item of base) {
    const at = merged.findIndex((it) => deepEqual(it[mergeKey], item[mergeKey]));
    const there = merged[at];
    if (there === undefined) merged.push(item);
    else merged[at] = mergePatches(item, there, items);
  }
  return merged;
}
