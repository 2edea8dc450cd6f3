/** Which fields an object has, and which differ between two. */
import { deepEqual, isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { Budget, runSteps, type Steps } from '../../steps.js';
import { isOwnedByField, type Part, partsOf } from './elements.js';
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
  return runSteps(compareSteps(from, to, schema));
}

/** The same, some fields and items in each step. */
export function* compareSteps(from: unknown, to: unknown, schema: Schema, budget = new Budget()): Steps<Comparison> {
  if (!isStructure(from) && !isStructure(to)) return compareWhole(from, to);
  if (from === to) return SAME;
  const pairs = pairsOf(from ?? undefined, to ?? undefined, schema);
  if (pairs === undefined) return compareWhole(from, to);
  const found = new Map<string, Comparison>();
  for (const { element, was, is, schema: part } of pairs) {
    const isWhole = !isStructure(was) && !isStructure(is);
    const comparison = isWhole ? compareWhole(was, is) : yield* compareSteps(was, is, part, budget);
    if (comparison !== SAME) found.set(element, comparison);
    if (budget.isSpent()) yield;
  }
  return gathered(from, to, found);
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

type Fields = Readonly<Record<string, unknown>>;

/** One part as it was and as it is. */
interface Pair {
  readonly element: string;
  readonly was: unknown;
  readonly is: unknown;
  readonly schema: Schema;
}

/** The parts of both, side by side; undefined where they are owned as wholes. */
function pairsOf(before: unknown, after: unknown, schema: Schema): Pair[] | undefined {
  const isOfFields = (before === undefined || isRecord(before)) && (after === undefined || isRecord(after));
  if (isOfFields) return isOwnedByField(schema) ? fieldPairs(before, after, schema) : undefined;
  const [olds, news] = [before, after].map((value) => (value === undefined ? [] : partsOf(value, schema)));
  if (olds === undefined || news === undefined || (olds.length === 0 && news.length === 0)) return undefined;
  return partPairs(olds, news);
}

function fieldPairs(before: Fields | undefined, after: Fields | undefined, schema: Schema): Pair[] | undefined {
  const { properties, map = {} } = resolve(schema);
  const pairs: Pair[] = [];
  const add = (key: string, was: unknown, is: unknown) =>
    void pairs.push({ element: `f:${key}`, was, is, schema: properties?.[key] ?? map });
  for (const key in before)
    add(key, before[key], after !== undefined && Object.hasOwn(after, key) ? after[key] : undefined);
  for (const key in after) if (before === undefined || !Object.hasOwn(before, key)) add(key, undefined, after[key]);
  return pairs.length === 0 ? undefined : pairs;
}

/** Of items that have one key the last counts. */
function partPairs(before: readonly Part[], after: readonly Part[]): Pair[] {
  const olds = new Map(before.map((part) => [part.element, part]));
  const news = new Map(after.map((part) => [part.element, part]));
  const kept = [...olds.values()].map(({ element, value, schema }) => {
    const next = news.get(element);
    return { element, was: value, is: next?.value, schema: next?.schema ?? schema };
  });
  const added = [...news.values()].filter(({ element }) => !olds.has(element));
  return [...kept, ...added.map(({ element, value, schema }) => ({ element, was: undefined, is: value, schema }))];
}

function compareWhole(from: unknown, to: unknown): Comparison {
  if (from === undefined) return to === undefined ? SAME : ADDED;
  if (to === undefined) return REMOVED;
  return deepEqual(from, to) ? SAME : MODIFIED;
}

function gathered(from: unknown, to: unknown, found: ReadonlyMap<string, Comparison>): Comparison {
  if (found.size === 0 && from !== undefined && to !== undefined) return SAME;
  const gather = (which: keyof Comparison, member: boolean): FieldSet => {
    const children = new Map<string, FieldSet>();
    for (const [element, comparison] of found) {
      const set = comparison[which];
      if (set !== EMPTY_SET && !isEmptySet(set)) children.set(element, set);
    }
    return !member && children.size === 0 ? EMPTY_SET : { member, children };
  };
  return {
    added: gather('added', from === undefined),
    modified: gather('modified', false),
    removed: gather('removed', to === undefined),
  };
}
