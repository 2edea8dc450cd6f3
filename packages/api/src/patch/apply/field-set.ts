/** Sets of fields: a tree of path elements in which some nodes are members. Written as FieldsV1. */
import { decodeJson, encodeJson } from '../../exact-json.js';
import { isRecord } from '../../object.js';

export interface FieldSet {
  /** Whether the field itself is in the set, apart from what is below it. */
  readonly member: boolean;
  /** By path element: `f:name` for a field, `k:{…}` for a list item by its keys, `v:…` for one by its value. */
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY_SET: FieldSet = { member: false, children: new Map() };
export const MEMBER: FieldSet = { member: true, children: new Map() };

export function isEmptySet(set: FieldSet | undefined): boolean {
  return set === undefined || (!set.member && set.children.size === 0);
}

export function fieldSet(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmptySet(child))) };
}

/** A set of one path. */
export function setOfPath(...elements: readonly string[]): FieldSet {
  return elements.reduceRight<FieldSet>((below, element) => fieldSet(false, [[element, below]]), MEMBER);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const keys = new Set([...a.children.keys(), ...b.children.keys()]);
  return fieldSet(
    a.member || b.member,
    [...keys].map((key) => [key, union(a.children.get(key) ?? EMPTY_SET, b.children.get(key) ?? EMPTY_SET)]),
  );
}

export function unionOf(sets: Iterable<FieldSet>): FieldSet {
  return [...sets].reduce(union, EMPTY_SET);
}

/** What is in `a` and not in `b`, each field for itself. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return fieldSet(
    a.member && !b.member,
    [...a.children].map(([key, child]) => [key, difference(child, b.children.get(key) ?? EMPTY_SET)]),
  );
}

/** What is in `a` and neither in `b` nor below a member of it. */
export function withoutTrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return EMPTY_SET;
  return fieldSet(
    a.member,
    [...a.children].map(([key, child]) => [key, withoutTrees(child, b.children.get(key) ?? EMPTY_SET)]),
  );
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return fieldSet(
    a.member && b.member,
    [...a.children].map(([key, child]) => [key, intersection(child, b.children.get(key) ?? EMPTY_SET)]),
  );
}

/** The paths of all members. */
export function* pathsIn(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  if (set.member) yield prefix;
  for (const [key, child] of set.children) yield* pathsIn(child, [...prefix, key]);
}

/** `.spec.containers[name="a"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  const keys = Object.entries(decodeJson(rest) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${encodeJson(value)}`).join(',')}]`;
}

/** The JSON form that managedFields hold. */
export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  const entries = [...set.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, child]) => [key, toFieldsV1(child)]);
  const own = set.member && entries.length > 0 ? [['.', {}]] : [];
  return Object.fromEntries([...own, ...entries]) as Record<string, unknown>;
}

export function fromFieldsV1(fields: unknown): FieldSet {
  return isRecord(fields) ? fromNode(fields, false) : EMPTY_SET;
}

function fromNode(fields: Record<string, unknown>, isBelowRoot: boolean): FieldSet {
  const entries = Object.entries(fields);
  const below = entries.filter(([key]) => key !== '.');
  return fieldSet(
    isBelowRoot && (entries.length === 0 || below.length < entries.length),
    below.map(([key, node]) => [key, fromNode(isRecord(node) ? node : {}, true)] as const),
  );
}
