/** Strategic merge patch: merge patch that knows which lists merge, and by what key. */
import { ApiError } from '../errors.js';
import { deepClone, deepEqual, isRecord } from '../object.js';
import { resolve, type Schema } from '../schema.js';
import { DELETE_FROM_LIST, goText, isDirective, PATCH, RETAIN_KEYS, SET_ORDER } from './directives.js';

type Loose = Record<string, unknown>;

/** The object with the patch merged in; `live` stays as it is. Throws ApiError. */
export function applyStrategicMergePatch(live: unknown, patch: unknown, schema: Schema): unknown {
  if (!isRecord(patch))
    throw failed(`json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`);
  return mergeMap(isRecord(live) ? live : {}, patch, schema);
}

function jsonType(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Upstream answers a patch that contradicts itself as its own failure. */
function failed(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message });
}

function fieldOf(schema: Schema, field: string): Schema {
  const node = resolve(schema);
  const { properties, map } = node;
  const own = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined;
  return own ?? map ?? {};
}

function mergeMap(live: Loose, patch: Loose, schema: Schema): Loose {
  const directive = patch[PATCH];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw failed(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  }
  const merged = retainKeys({ ...live }, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key)) continue;
    if (value === null) delete merged[key];
    else mergeField(merged, key, value, patch, fieldOf(schema, key));
  }
  applyListDirectives(merged, patch, schema);
  return merged;
}

function withoutDirectives(patch: Loose): Loose {
  const { [PATCH]: _directive, ...rest } = patch;
  return deepClone(rest);
}

/** `$retainKeys` names all fields that stay: of a union only one member does. */
function retainKeys(live: Loose, patch: Loose): Loose {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return live;
  if (!Array.isArray(keys)) throw failed(`invalid patch format of ${RETAIN_KEYS}`);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !keys.includes(key)) {
      throw failed(`${RETAIN_KEYS} directive doesn't contain all fields that are present in the patch`);
    }
  }
  return Object.fromEntries(Object.entries(live).filter(([key]) => keys.includes(key)));
}

function mergeField(merged: Loose, key: string, value: unknown, patch: Loose, schema: Schema): void {
  const live = merged[key];
  if (isRecord(value)) {
    const base = isRecord(live) ? live : {};
    merged[key] = isReplaced(schema) ? withoutDirectives(value) : mergeMap(base, value, schema);
    if (value[PATCH] === 'delete') delete merged[key];
    return;
  }
  if (!Array.isArray(value)) {
    merged[key] = value;
    return;
  }
  const base = Array.isArray(live) ? live : [];
  merged[key] = mergeList(base, value, schema, patch[SET_ORDER + key]);
}

/** A map of atomic type is replaced whole only by apply; patches merge it. */
function isReplaced(schema: Schema): boolean {
  return schema.patchStrategy === 'replace';
}

function isMergedList(schema: Schema): boolean {
  return schema.patchStrategy?.split(',').includes('merge') ?? false;
}

function mergeList(live: readonly unknown[], patch: readonly unknown[], schema: Schema, order: unknown): unknown[] {
  const replacing = patch.some((item) => isRecord(item) && item[PATCH] === 'replace');
  if (replacing) return patch.filter((item) => !isRecord(item) || item[PATCH] === undefined).map(deepClone);
  if (!isMergedList(schema)) return patch.filter((item) => !isRecord(item) || item[PATCH] !== 'delete').map(deepClone);
  const key = schema.mergeKey;
  if (key === undefined) return mergePrimitives(live, patch, order);
  const merged = mergeByKey(live, patch, key, schema.items ?? {});
  return Array.isArray(order) ? inOrder(merged, patch, order, key, live) : merged;
}

function mergePrimitives(live: readonly unknown[], patch: readonly unknown[], order: unknown): unknown[] {
  const merged = [...live];
  for (const item of patch) if (!merged.some((it) => deepEqual(it, item))) merged.push(item);
  return Array.isArray(order) ? inOrder(merged, patch, order, undefined, live) : merged;
}

function mergeByKey(live: readonly unknown[], patch: readonly unknown[], key: string, items: Schema): unknown[] {
  const merged = [...live];
  for (const item of patch) {
    if (!isRecord(item)) throw failed(`expected map[string]interface {}, but got ${typeof item}`);
    if (item[key] === undefined || item[key] === null) {
      throw failed(`map: ${goText(item)} does not contain declared merge key: ${key}`);
    }
    const at = merged.findIndex((it) => isRecord(it) && deepEqual(it[key], item[key]));
    if (item[PATCH] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at < 0) merged.push(mergeMap({}, item, items));
    else merged[at] = mergeMap(merged[at] as Loose, item, items);
  }
  return merged;
}

const sameAs = (key: string | undefined) => (a: unknown, b: unknown) =>
  key === undefined ? deepEqual(a, b) : isRecord(a) && isRecord(b) && deepEqual(a[key], b[key]);

/** Items in the patch's order; those that only the server has keep their place among their live neighbours. */
function inOrder(
  merged: readonly unknown[],
  patch: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
  live: readonly unknown[],
): unknown[] {
  const same = sameAs(key);
  checkOrder(patch, order, same);
  const named = order.flatMap((it) => merged.filter((item) => same(item, it)).slice(0, 1));
  const serverOnly = merged.filter((item) => !order.some((it) => same(item, it)));
  return interleave(named, serverOnly, live, same);
}

function checkOrder(
  patch: readonly unknown[],
  order: readonly unknown[],
  same: (a: unknown, b: unknown) => boolean,
): void {
  const kept = patch.filter((item) => !isRecord(item) || item[PATCH] !== 'delete');
  let at = 0;
  for (const it of order) if (at < kept.length && same(kept[at], it)) at++;
  if (at === kept.length) return;
  throw failed(`The order in patch list:\n${goText(kept)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
}

function interleave(
  named: readonly unknown[],
  serverOnly: readonly unknown[],
  live: readonly unknown[],
  same: (a: unknown, b: unknown) => boolean,
): unknown[] {
  const rankOf = (item: unknown) => live.findIndex((it) => same(it, item));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const rank = rankOf(item);
    while (next < serverOnly.length && rank >= 0 && rankOf(serverOnly[next]) < rank) result.push(serverOnly[next++]);
    result.push(item);
  }
  return [...result, ...serverOnly.slice(next)];
}

/** What the patch says of lists beside the lists: order alone, and values to take out. */
function applyListDirectives(merged: Loose, patch: Loose, schema: Schema): void {
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(DELETE_FROM_LIST)) {
      const field = key.slice(DELETE_FROM_LIST.length);
      const list = merged[field];
      if (!Array.isArray(value)) throw failed(`invalid patch format of ${DELETE_FROM_LIST}${field}`);
      if (Array.isArray(list)) merged[field] = list.filter((item) => !value.some((it) => deepEqual(it, item)));
    } else if (key.startsWith(SET_ORDER)) {
      const field = key.slice(SET_ORDER.length);
      const list = merged[field];
      if (patch[field] !== undefined || !Array.isArray(list) || !Array.isArray(value)) continue;
      merged[field] = inOrder(list, [], value, fieldOf(schema, field).mergeKey, list);
    }
  }
}
