/** Sets of fields: a tree of path elements in which some nodes are members. Written as FieldsV1. */
import { decodeJson, encodeJson } from '../../exact-json.js';
import { isRecord } from '../../object.js';
import { Budget, type Steps } from '../../steps.js';

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

/** Whether two sets have the same members. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  if (a.member !== b.member || a.children.size !== b.children.size) return false;
  for (const [key, child] of a.children) {
    const other = b.children.get(key);
    if (other === undefined || !equalSets(child, other)) return false;
  }
  return true;
}

export function fieldSet(member: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [key, child] of children) if (!isEmptySet(child)) kept.set(key, child);
  return { member, children: kept };
}

function mapChildren(set: FieldSet, member: boolean, change: (key: string, child: FieldSet) => FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [key, child] of set.children) {
    const changed = change(key, child);
    if (!isEmptySet(changed)) children.set(key, changed);
  }
  return { member, children };
}

/** A set of one path. */
export function setOfPath(...elements: readonly string[]): FieldSet {
  return elements.reduceRight<FieldSet>((below, element) => fieldSet(false, [[element, below]]), MEMBER);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  if (a === b) return a;
  const children = new Map(a.children);
  for (const [key, child] of b.children) {
    const own = children.get(key);
    children.set(key, own === undefined ? child : union(own, child));
  }
  return { member: a.member || b.member, children };
}

/** Two and two, so that what many hold is not gone through once for each. */
export function unionOf(sets: Iterable<FieldSet>): FieldSet {
  let rest = [...sets];
  while (rest.length > 1) {
    const pairs = rest;
    rest = [];
    for (let at = 0; at < pairs.length; at += 2) rest.push(union(pairs[at]!, pairs[at + 1] ?? EMPTY_SET));
  }
  return rest[0] ?? EMPTY_SET;
}

/** What is in `a` and not in `b`, each field for itself. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  return mapChildren(a, a.member && !b.member, (key, child) => difference(child, b.children.get(key) ?? EMPTY_SET));
}

/** What is in `a` and neither in `b` nor below a member of it. */
export function withoutTrees(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return EMPTY_SET;
  if (b.children.size === 0) return a;
  return mapChildren(a, a.member, (key, child) => withoutTrees(child, b.children.get(key) ?? EMPTY_SET));
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return EMPTY_SET;
  return mapChildren(a, a.member && b.member, (key, child) => intersection(child, b.children.get(key) ?? EMPTY_SET));
}

/** The paths of all members below: those of a level in order, then what is below each of them. */
export function* pathsIn(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  const children = [...set.children].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, { member }] of children) if (member) yield [...prefix, key];
  for (const [key, child] of children) yield* pathsIn(child, [...prefix, key]);
}

/** `.spec.containers[name="a"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (element.startsWith('i:')) return `[${rest}]`;
  const keys = Object.entries(decodeJson(rest) as Record<string, unknown>);
  return `[${keys.map(([key, value]) => `${key}=${encodeJson(value)}`).join(',')}]`;
}

/** The JSON form that managedFields hold; of what was read and never looked into it is what was read. */
export function* toFieldsV1(set: FieldSet, budget = new Budget()): Steps<Record<string, unknown>> {
  if (set instanceof WrittenSet) return set.fields;
  const fields: Record<string, unknown> = {};
  if (set.member && set.children.size > 0) fields['.'] = {};
  const keys = [...set.children.keys()];
  if (keys.some((key, index) => index > 0 && keys[index - 1]! > key)) keys.sort();
  for (const key of keys) {
    const child = set.children.get(key)!;
    fields[key] = child.children.size === 0 ? {} : yield* toFieldsV1(child, budget);
    if (budget.isSpent()) yield;
  }
  return fields;
}

/** Fields as somebody wrote them, in whatever order. */
export function fromFieldsV1(fields: unknown): FieldSet {
  return isRecord(fields) ? fieldSet(false, childrenOf(fields, fromNode)) : EMPTY_SET;
}

function fromNode(fields: Record<string, unknown>): FieldSet {
  const children = childrenOf(fields, fromNode);
  return children.length === 0 ? MEMBER : fieldSet(Object.hasOwn(fields, '.'), children);
}

function childrenOf(
  fields: Record<string, unknown>,
  read: (node: Record<string, unknown>) => FieldSet,
): [string, FieldSet][] {
  const children: [string, FieldSet][] = [];
  for (const key of Object.keys(fields)) {
    if (key === '.') continue;
    const node = fields[key];
    children.push([key, isRecord(node) ? read(node) : MEMBER]);
  }
  return children;
}

/** A set in the JSON form that toFieldsV1 gives it, read as far as it is looked into. */
class WrittenSet implements FieldSet {
  readonly fields: Record<string, unknown>;
  readonly member: boolean;
  #children: ReadonlyMap<string, FieldSet> | undefined;

  constructor(fields: Record<string, unknown>) {
    this.fields = fields;
    this.member = Object.hasOwn(fields, '.');
  }

  get children(): ReadonlyMap<string, FieldSet> {
    this.#children ??= new Map(childrenOf(this.fields, writtenNode));
    return this.#children;
  }
}

function writtenNode(fields: Record<string, unknown>): FieldSet {
  for (const _key in fields) return new WrittenSet(fields);
  return MEMBER;
}

/** Fields that toFieldsV1 wrote. They are shared with the set, and never to be changed. */
export function fromWritten(fields: unknown): FieldSet {
  return isRecord(fields) ? new WrittenSet(fields) : EMPTY_SET;
}
