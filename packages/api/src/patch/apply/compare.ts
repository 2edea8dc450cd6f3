/** Which fields an object has, and which differ between two. */
import { deepEqual } from '../../object.js';
import type { Schema } from '../../schema.js';
import { isBlank, type Part, partsOf } from './elements.js';
import { EMPTY_SET, type FieldSet, fieldSet, MEMBER } from './field-set.js';

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

/** What changes from one object to another. A value that is undefined is absent; null is a value. */
export function compare(from: unknown, to: unknown, schema: Schema): Comparison {
  const [before, after] = [from ?? undefined, to ?? undefined];
  const parts = [before, after].map((value) => (value === undefined ? undefined : partsOf(value, schema)));
  const isWhole = [before, after].some((value, index) => value !== undefined && parts[index] === undefined);
  if (isWhole || (isBlank(before) && isBlank(after))) return compareWhole(from, to);
  return compareParts(from, to, parts[0] ?? [], parts[1] ?? []);
}

function compareWhole(from: unknown, to: unknown): Comparison {
  if (from === undefined) return to === undefined ? SAME : { ...SAME, added: MEMBER };
  if (to === undefined) return { ...SAME, removed: MEMBER };
  return deepEqual(from, to) ? SAME : { ...SAME, modified: MEMBER };
}

function compareParts(from: unknown, to: unknown, before: readonly Part[], after: readonly Part[]): Comparison {
  const olds = new Map(before.map((part) => [part.element, part]));
  const news = new Map(after.map((part) => [part.element, part]));
  const found = [...new Set([...olds.keys(), ...news.keys()])].map((element) => {
    const [old, next] = [olds.get(element), news.get(element)];
    return [element, compare(old?.value, next?.value, (next ?? old)?.schema ?? {})] as const;
  });
  const gather = (which: keyof Comparison, isMember: boolean) =>
    fieldSet(
      isMember,
      found.map(([element, comparison]) => [element, comparison[which]]),
    );
  return {
    added: gather('added', from === undefined),
    modified: gather('modified', false),
    removed: gather('removed', to === undefined),
  };
}
