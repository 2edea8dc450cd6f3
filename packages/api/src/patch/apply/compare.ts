/** Which fields an object has, and which differ between two. */
import { deepEqual } from '../../object.js';
import type { Schema } from '../../schema.js';
import { type Part, partsOf } from './elements.js';
import { EMPTY_SET, type FieldSet, fieldSet, isEmptySet, MEMBER } from './field-set.js';

/** Every field that an applied object speaks of. */
export function fieldsOf(value: unknown, schema: Schema): FieldSet {
  const parts = partsOf(value, schema);
  if (parts === undefined || parts.length === 0) return MEMBER;
  return fieldSet(
    false,
    parts.map((part) => [part.element, fieldsOfPart(part)]),
  );
}

function fieldsOfPart({ value, schema, isEntry }: Part): FieldSet {
  const below = fieldsOf(value, schema);
  return isEntry ? { ...below, member: true } : below;
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { added: EMPTY_SET, modified: EMPTY_SET, removed: EMPTY_SET };
const ADDED: Comparison = { ...SAME, added: MEMBER };
const REMOVED: Comparison = { ...SAME, removed: MEMBER };
const MODIFIED: Comparison = { ...SAME, modified: MEMBER };

/** What changes from one object to another. A value that is undefined is absent; null is a value. */
export function compare(from: unknown, to: unknown, schema: Schema): Comparison {
  if (!isStructure(from) && !isStructure(to)) return compareWhole(from, to);
  const [before, after] = [from ?? undefined, to ?? undefined];
  const parts = [before, after].map((value) => (value === undefined ? undefined : partsOf(value, schema)));
  const isWhole = [before, after].some((value, index) => value !== undefined && parts[index] === undefined);
  const [olds = [], news = []] = parts;
  if (isWhole || (olds.length === 0 && news.length === 0)) return compareWhole(from, to);
  return compareParts(from, to, olds, news);
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function compareWhole(from: unknown, to: unknown): Comparison {
  if (from === undefined) return to === undefined ? SAME : ADDED;
  if (to === undefined) return REMOVED;
  return deepEqual(from, to) ? SAME : MODIFIED;
}

function compareParts(from: unknown, to: unknown, before: readonly Part[], after: readonly Part[]): Comparison {
  const news = new Map(after.map((part) => [part.element, part]));
  const found = new Map<string, Comparison>();
  const note = (element: string, comparison: Comparison) => {
    if (comparison !== SAME) found.set(element, comparison);
  };
  // Of items that have one key the last counts.
  const olds = new Map(before.map((part) => [part.element, part]));
  for (const [element, { value, schema }] of olds) {
    const next = news.get(element);
    note(element, compare(value, next?.value, next?.schema ?? schema));
  }
  for (const [element, { value, schema }] of news) {
    if (!olds.has(element)) note(element, compare(undefined, value, schema));
  }
  if (found.size === 0 && from !== undefined && to !== undefined) return SAME;
  const gather = (which: keyof Comparison, member: boolean): FieldSet => {
    const children = new Map<string, FieldSet>();
    for (const [element, comparison] of found)
      if (!isEmptySet(comparison[which])) children.set(element, comparison[which]);
    return !member && children.size === 0 ? EMPTY_SET : { member, children };
  };
  return {
    added: gather('added', from === undefined),
    modified: gather('modified', false),
    removed: gather('removed', to === undefined),
  };
}
