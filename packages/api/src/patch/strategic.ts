/** Strategic merge patch: merge patch that knows which lists merge, and by what key. */

import { type ApiError, badRequest } from '../errors.js';
import { quote } from '../field-errors.js';
import { goText, goTypeOf } from '../go-text.js';
import { deepClone, isRecord } from '../object.js';
import { resolve, type Schema } from '../schema.js';
import { DELETE_FROM_LIST, isDirective, PATCH, RETAIN_KEYS, SET_ORDER } from './directives.js';
import { checkOrder, failed, inOrder, mergeLists } from './strategic-lists.js';

type Loose = Record<string, unknown>;

/** The object with the patch merged in; `live` stays as it is. Throws ApiError. */
export function applyStrategicMergePatch(live: unknown, patch: unknown, schema: Schema): unknown {
  if (!isRecord(patch))
    throw badRequest(`json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`);
  return mergeMap(isRecord(live) ? live : {}, patch, schema);
}

function jsonType(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
}

const BAD_RETAIN_KEYS = 'invalid patch format of retainKeys';

function fieldOf(schema: Schema, field: string): Schema {
  const node = resolve(schema);
  const { properties, map } = node;
  const own = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : undefined;
  return own ?? map ?? {};
}

/** How a field is patched, with the retaining of keys left aside. */
function strategyOf({ patchStrategy = '' }: Schema): string {
  return patchStrategy
    .split(',')
    .filter((it) => it !== 'retainKeys')
    .join(',');
}

function mergeMap(live: Loose, patch: Loose, schema: Schema): Loose {
  const directive = patch[PATCH];
  if (directive !== undefined) return directed(patch, directive);
  const merged = retainKeys({ ...live }, patch);
  const done = mergeOrdered(merged, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key === RETAIN_KEYS || key.startsWith(SET_ORDER) || done.has(key)) continue;
    if (key.startsWith(DELETE_FROM_LIST)) deleteFromList(merged, key.slice(DELETE_FROM_LIST.length), value);
    else {
      if (isMerge(merged[key], value)) refuseInOpaque(key, schema);
      mergeField(merged, key, value, fieldOf(schema, key));
    }
  }
  return merged;
}

/** Whether both are maps, or both lists: only of these the patch asks how they merge. */
function isMerge(live: unknown, value: unknown): boolean {
  return (isRecord(value) && isRecord(live)) || (Array.isArray(value) && Array.isArray(live));
}

/** What may hold any value is a struct without fields to upstream: there is nobody to ask about what is in it. */
function refuseInOpaque(key: string, schema: Schema): void {
  const { name, properties, map } = resolve(schema);
  if (name === undefined || properties !== undefined || map !== undefined) return;
  throw failed(`unable to find api field in struct ${name.split('.').at(-1)} for the json field ${quote(key)}`);
}

/** A map that says itself what is to become of it. */
function directed(patch: Loose, directive: unknown): Loose {
  const { [PATCH]: _directive, ...rest } = patch;
  if (directive === 'replace') return deepClone(rest);
  if (directive === 'delete') return {};
  throw failed(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
}

/** `$retainKeys` names all fields that stay: of a union only one member does. */
function retainKeys(live: Loose, patch: Loose): Loose {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return live;
  if (!Array.isArray(keys)) throw badRequest(BAD_RETAIN_KEYS);
  const kept = new Set<unknown>(keys);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !kept.has(key)) throw badRequest(BAD_RETAIN_KEYS);
  }
  return Object.fromEntries(Object.entries(live).filter(([key]) => kept.has(key)));
}

/** Lists whose order the patch gives; says which fields of the patch are done with. */
function mergeOrdered(merged: Loose, patch: Loose, schema: Schema): Set<string> {
  const done = new Set<string>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(SET_ORDER)) continue;
    const key = directive.slice(SET_ORDER.length);
    const field = fieldOf(schema, key);
    const [live, own] = [listOf(merged[key]), listOf(patch[key])];
    if (!Array.isArray(order)) throw noList(order);
    const { mergeKey } = field;
    if (own !== undefined) checkOrder(own, order, mergeKey);
    if (live === undefined && own === undefined) continue;
    const both = own === undefined ? live! : live === undefined ? withoutDirectives(own) : merge(live, own, field);
    if (both.length === 0 && (live ?? []).length + (own ?? []).length === 0)
      throw failed('no elements in any of the given slices');
    merged[key] = inOrder(both as unknown[], order, live ?? [], mergeKey);
    done.add(key);
  }
  return done;
}

function listOf(value: unknown): unknown[] | undefined {
  if (value === undefined || Array.isArray(value)) return value;
  throw noList(value);
}

function noList(value: unknown): ApiError {
  return failed(`expected a []interface {}, but received a ${value === null ? '%!s(<nil>)' : goTypeOf(value)}`);
}

function mergeField(merged: Loose, key: string, value: unknown, schema: Schema): void {
  if (value === null) {
    delete merged[key];
    return;
  }
  const live = merged[key];
  if (isRecord(value) && isRecord(live)) {
    merged[key] = strategyOf(schema) === 'replace' ? deepClone(value) : mergeMap(live, value, schema);
  } else if (Array.isArray(value) && Array.isArray(live)) merged[key] = merge(live, value, schema);
  else {
    const taken = live === undefined || typeof live !== typeof value ? withoutNulls(value) : value;
    const kept = withoutDirectives(taken);
    if (kept === undefined) delete merged[key];
    else merged[key] = kept;
  }
}

function merge(live: readonly unknown[], patch: readonly unknown[], schema: Schema): unknown[] {
  if (strategyOf(schema) !== 'merge') return deepClone([...patch]);
  const items = schema.items ?? {};
  return mergeLists(live, deepClone([...patch]), schema.mergeKey, (old, item) => mergeMap(old, item, items));
}

function deleteFromList(merged: Loose, key: string, values: unknown): void {
  const list = merged[key];
  if (values === null) delete merged[key];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  const gone = new Set<unknown>(values);
  merged[key] = list.filter((item) => !gone.has(item));
}

/** A value without what says itself that it is to be dealt with: where there is nothing yet, there is nothing to do. */
function withoutDirectives<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined) as T;
  if (!isRecord(value)) return value;
  if (value[PATCH] !== undefined) return undefined as T;
  const fields = Object.entries(value).map(([key, item]) => [key, withoutDirectives(item)] as const);
  return Object.fromEntries(fields.filter(([, item]) => item !== undefined)) as T;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(fields.map(([key, item]) => [key, withoutNulls(item)]));
}
