/** Lists in strategic merge patches: how two become one, and the order that comes out. */

import { ApiError } from '../errors.js';
import { goText } from '../go-text.js';
import { isRecord } from '../object.js';
import { PATCH } from './directives.js';

type Loose = Record<string, unknown>;

/** An error that upstream does not tell from its own failures: code 500 and no reason. */
export function failed(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message });
}

function noListsOfLists(): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} });
}

/** What merges a patch's item into the live one of the same key. */
export type MergeItem = (live: Loose, patch: Loose) => Loose;

/** `key` names the field by which items that are objects are told apart; lists of other things have none. */
export function mergeLists(
  live: readonly unknown[],
  patch: readonly unknown[],
  key: string | undefined,
  mergeItem: MergeItem,
): unknown[] {
  if (live.length === 0 && patch.length === 0) return [];
  if (!areObjects(live, patch)) {
    const merged = [...new Set([...live, ...patch])];
    return inOrder(merged, patch, live, undefined);
  }
  if (key === undefined) throw failed('cannot merge lists without merge key for ');
  const { base, items } = withoutSpecial(live as readonly Loose[], patch as readonly Loose[], key);
  return inOrder(mergeByKey(base, items, key, mergeItem), items, base, key);
}

/** Whether the items are objects; all must be of one type. */
function areObjects(...lists: readonly (readonly unknown[])[]): boolean {
  const items = lists.flat();
  const typeOf = (item: unknown) =>
    Array.isArray(item) ? 'list' : typeof item === 'bigint' ? 'number' : item === null ? 'null' : typeof item;
  const [first] = items;
  if (first === undefined) throw failed('no elements in any of the given slices');
  if (Array.isArray(first)) throw noListsOfLists();
  const type = typeOf(first);
  if (items.every((item) => typeOf(item) === type)) return type === 'object';
  throw failed(`list element types are not identical: ${goText(lists)}`);
}

/** Carries out what items of the patch say of the list: this one goes, or the patch takes the place of everything. */
function withoutSpecial(
  live: readonly Loose[],
  patch: readonly Loose[],
  key: string,
): { base: readonly Loose[]; items: readonly Loose[] } {
  const items = patch.filter((item) => item[PATCH] === undefined);
  const gone = new Set<unknown>();
  let replaces = false;
  for (const item of patch) {
    const directive = item[PATCH];
    if (directive === undefined) continue;
    if (directive === 'delete') gone.add(keyOf(item, key));
    else if (directive === 'replace') replaces = true;
    else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw failed(`unknown patch type: ${goText(directive)} in map: ${goText(item)}`);
  }
  if (replaces) return { base: items, items: [] };
  return { base: gone.size === 0 ? live : live.filter((item) => !gone.has(item[key])), items };
}

function keyOf(item: Loose, key: string): unknown {
  const value = item[key];
  if (value === undefined) throw failed(`map: ${goText(item)} does not contain declared merge key: ${key}`);
  return value;
}

function mergeByKey(live: readonly Loose[], patch: readonly Loose[], key: string, mergeItem: MergeItem): Loose[] {
  const merged = [...live];
  const places = placesOf(merged, key);
  for (const item of patch) {
    const id = keyOf(item, key);
    const at = places.get(id);
    if (at === undefined) places.set(id, merged.push(item) - 1);
    else merged[at] = mergeItem(merged[at]!, item);
  }
  return merged;
}

/** Where a list has each item first. */
function placesOf(list: readonly unknown[], key: string | undefined): Map<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [index, item] of list.entries()) {
    const id = key === undefined ? item : (item as Loose)[key];
    if (id !== undefined && !places.has(id)) places.set(id, index);
  }
  return places;
}

/**
 * Items that `order` names in that order, the others in their live order between them: each stands before the first
 * named one that is behind it in the live list, and behind one that the live list does not have.
 */
export function inOrder(
  merged: readonly unknown[],
  order: readonly unknown[],
  live: readonly unknown[],
  key: string | undefined,
): unknown[] {
  if (key !== undefined) for (const item of [...order, ...merged]) checkItem(item, key);
  const idOf = (item: unknown) => (key === undefined ? item : (item as Loose)[key]);
  const [wanted, ranks] = [placesOf(order, key), placesOf(live, key)];
  const by = (places: Map<unknown, number>) => (a: unknown, b: unknown) =>
    (places.get(idOf(a)) ?? -1) - (places.get(idOf(b)) ?? -1);
  const named = merged.filter((item) => wanted.has(idOf(item))).sort(by(wanted));
  const others = merged.filter((item) => !wanted.has(idOf(item))).sort(by(ranks));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const rank = ranks.get(idOf(item));
    for (; rank !== undefined && next < others.length; next++) {
      const other = ranks.get(idOf(others[next]));
      if (other === undefined || other >= rank) break;
      result.push(others[next]);
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

function checkItem(item: unknown, key: string): void {
  if (!isRecord(item)) throw failed(`expected map[string]interface {}, but got ${typeof item}`);
  keyOf(item, key);
}

/** What a patch adds must be in the order that it asks for. */
export function checkOrder(patch: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const kept = patch.filter((item) => key === undefined || !isRecord(item) || item[PATCH] === undefined);
  const idOf = (item: unknown) => (key === undefined || !isRecord(item) ? item : item[key]);
  let at = 0;
  for (const item of order) if (at < kept.length && idOf(kept[at]) === idOf(item)) at++;
  if (at === kept.length) return;
  throw failed(`The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
}
