/** Puts what is applied over what is there, and takes out what is applied no more. */
import { encodeJson } from '../../exact-json.js';
import { deepClone, isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { isBlank, keyElement, partsOf } from './elements.js';
import { EMPTY_SET, type FieldSet, isEmptySet } from './field-set.js';

/** The live value with the applied one over it: maps and keyed lists merge, all else is replaced. */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  const parts = partsOf(applied, schema);
  if (parts === undefined || live === undefined || live === null || partsOf(live, schema) === undefined) {
    return deepClone(applied);
  }
  if (Array.isArray(live) && Array.isArray(applied)) return mergeLists(live, applied, schema);
  if (!isRecord(live)) return deepClone(applied);
  const merged: Record<string, unknown> = { ...live };
  for (const { element, value, schema: part } of parts) {
    const key = element.slice(2);
    merged[key] = mergeApplied(live[key], value, part);
  }
  return merged;
}

/** Items in the order in which they are applied; others come before the applied item that follows them. */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], schema: Schema): unknown[] {
  const before = partsOf(live, schema) ?? [];
  const olds = new Map(before.map((part) => [part.element, part]));
  const wanted = partsOf(applied, schema) ?? [];
  const names = new Set(wanted.map((part) => part.element));
  const done = new Set<string>();
  const merged: unknown[] = [];
  let next = 0;
  const passOthers = (): void => {
    for (; next < before.length; next++) {
      const part = before[next];
      if (part === undefined || (names.has(part.element) && !done.has(part.element))) return;
      if (!names.has(part.element)) merged.push(part.value);
    }
  };
  for (const { element, value, schema: item } of wanted) {
    passOthers();
    merged.push(mergeApplied(olds.get(element)?.value, value, item));
    done.add(element);
  }
  passOthers();
  return merged;
}

/**
 * The value without the fields that are in `last` and that neither `applied` nor `others` speak of. A map or list that
 * becomes empty by that goes too.
 */
export function pruneApplied(
  value: unknown,
  schema: Schema,
  last: FieldSet,
  applied: FieldSet,
  others: FieldSet,
): unknown {
  if (last.children.size === 0 || value === null || typeof value !== 'object') return value;
  const keep = (element: string, item: unknown, part: Schema): unknown => {
    const was = last.children.get(element);
    if (was === undefined) return item;
    const [now, other] = [applied.children.get(element), others.children.get(element)];
    if (was.member && isEmptySet(now) && isEmptySet(other)) return undefined;
    const pruned = pruneApplied(item, part, was, now ?? EMPTY_SET, other ?? EMPTY_SET);
    const isEmptied = isBlank(pruned) && !isBlank(item) && !(now?.member ?? false) && !(other?.member ?? false);
    return isEmptied ? undefined : pruned;
  };
  if (Array.isArray(value)) return pruneList(value, schema, keep);
  const parts = partsOf(value, schema) ?? [];
  const kept = parts.map(
    ({ element, value: item, schema: part }) => [element.slice(2), keep(element, item, part)] as const,
  );
  return Object.fromEntries(kept.filter(([, item]) => item !== undefined));
}

type Keep = (element: string, item: unknown, part: Schema) => unknown;

function pruneList(list: readonly unknown[], schema: Schema, keep: Keep): unknown[] {
  const whole = { ...resolve(schema), ...schema };
  return list
    .map((item) => {
      const element = whole.listType === 'map' ? keyElement(item, whole) : `v:${encodeJson(item)}`;
      return keep(element, item, whole.items ?? {});
    })
    .filter((item) => item !== undefined);
}
