/** Puts what is applied over what is there, and takes out what is applied no more. */
import { encodeJson } from '../../exact-json.js';
import { deepClone, isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { isBlank, keyElement, type Part, partsOf } from './elements.js';
import { EMPTY_SET, type FieldSet } from './field-set.js';

/** The live value with the applied one over it: maps and keyed lists merge, all else is replaced. */
export function mergeApplied(live: unknown, applied: unknown, schema: Schema): unknown {
  // Nothing applied over something takes nothing away.
  if (applied === null && (partsOf(live, schema)?.length ?? 0) > 0) return live;
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
 * The value without the fields that are in `last` and not in `owned`, which somebody speaks of now. Who speaks of a
 * struct's fields speaks of the struct, so a struct that is let go of goes with all that nobody named, its defaults; an
 * item of a list goes even where others own fields of it, as long as nobody owns the item. A map or list that becomes
 * empty by that goes too.
 */
export function pruneApplied(value: unknown, schema: Schema, last: FieldSet, owned: FieldSet): unknown {
  if (last.children.size === 0 || value === null || typeof value !== 'object') return value;
  const keep = ({ element, value: item, schema: part, isEntry }: Part): unknown => {
    const was = last.children.get(element);
    if (was === undefined) return item;
    const now = owned.children.get(element) ?? EMPTY_SET;
    const includes = (set: FieldSet) => set.member || (!isEntry && set.children.size > 0);
    if (includes(was) && !includes(now)) return undefined;
    const pruned = pruneApplied(item, part, was, now);
    return isBlank(pruned) && !isBlank(item) && !now.member ? undefined : pruned;
  };
  if (Array.isArray(value)) return pruneList(value, schema, keep);
  const parts = partsOf(value, schema) ?? [];
  const kept = parts.map((part) => [part.element.slice(2), keep(part)] as const);
  return Object.fromEntries(kept.filter(([, item]) => item !== undefined));
}

function pruneList(list: readonly unknown[], schema: Schema, keep: (part: Part) => unknown): unknown[] {
  const whole = { ...resolve(schema), ...schema };
  return list
    .map((value) => {
      const element = whole.listType === 'map' ? keyElement(value, whole) : `v:${encodeJson(value)}`;
      return keep({ element, value, schema: whole.items ?? {}, isEntry: true });
    })
    .filter((item) => item !== undefined);
}
