/** Server-side apply, and the record of who manages what that every write keeps. */
import { type ApiError, applyConflict } from '../../errors.js';
import type { ManagedFieldsEntry } from '../../gen/types.js';
import type { KubeObject } from '../../kind.js';
import { fillEmpty, fillRequired, withRequired } from '../../normalize.js';
import { deepClone, deepEqual } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { compare, fieldsOf } from './compare.js';
import {
  difference,
  EMPTY_SET,
  type FieldSet,
  intersection,
  isEmptySet,
  pathsIn,
  pathText,
  setOfPath,
  union,
  unionOf,
  withoutTrees,
} from './field-set.js';
import {
  capUpdates,
  isSameManager,
  type Manager,
  managerText,
  readManagers,
  UNMANAGED,
  withoutFields,
  writeManagers,
} from './managers.js';
import { mergeApplied, pruneApplied } from './merge-applied.js';

export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** RFC 3339 in whole seconds; a writer of a scale leaves none. */
  readonly time: string | undefined;
  /** Top-level fields that this writer cannot set: `status` of the object itself, all but it of its status. */
  readonly resetFields: readonly string[];
}

function unmanaged(writer: Writer): FieldSet {
  return unionOf(writer.resetFields.map((field) => setOfPath(`f:${field}`)));
}

/** Leaves out what nobody manages and what the writer cannot set. */
function managedOnly(fields: FieldSet, writer: Writer): FieldSet {
  return withoutTrees(difference(fields, UNMANAGED), unmanaged(writer));
}

/**
 * Sets `next.metadata.managedFields` after an update, or a creation where `live` is undefined: who writes manages what
 * changed, and others lose it. A client that sends an empty list of managers resets it.
 */
export function trackUpdate(live: KubeObject | undefined, next: KubeObject, schema: Schema, writer: Writer): void {
  const given = next.metadata.managedFields;
  const before = recordOf(live, given, writer);
  if (live !== undefined && before.length === 0) {
    // Nobody manages it, and an update is no beginning.
    delete next.metadata.managedFields;
    return;
  }
  const base = live === undefined ? emptyObject(next, schema) : withRequired(live, schema);
  // Required lists count as null, for a list that is there and empty is not new when it fills.
  const { added, modified, removed } = compare(base, withRequired(next, schema), schema);
  const changed = managedOnly(union(added, modified), writer);
  const gone = managedOnly(removed, writer);
  const self = {
    name: writer.manager,
    operation: 'Update',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  } as const;
  const own = before.find((it) => isSameManager(self, it));
  const others = before.filter((it) => it !== own).map((it) => withoutFields(it, union(changed, gone)));
  const fields = difference(union(own?.fields ?? EMPTY_SET, changed), gone);
  const time = own !== undefined && sameFields(own.fields, fields) ? own.time : writer.time;
  const isNothingNew = isEmptySet(changed) && isEmptySet(gone);
  const managers = isNothingNew ? before : capUpdates([...others, { ...self, time, fields }]);
  next.metadata.managedFields = writeManagers(managers);
  if (next.metadata.managedFields.length === 0) delete next.metadata.managedFields;
}

/** The record to start from: what a client sends counts only if it is a whole one, and only of the object itself. */
function recordOf(
  live: KubeObject | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
  { subresource }: Writer,
): Manager[] {
  const kept = readManagers(live?.metadata.managedFields);
  if (subresource !== '' || given === undefined) return kept;
  const [first] = given;
  if (first === undefined || (given.length === 1 && Object.keys(first).length === 0)) return [];
  return given.every(isWholeEntry) ? readManagers(given) : kept;
}

function isWholeEntry({ operation, apiVersion, fieldsType }: ManagedFieldsEntry): boolean {
  return (operation === 'Apply' || operation === 'Update') && !!apiVersion && fieldsType === 'FieldsV1';
}

function sameFields(a: FieldSet, b: FieldSet): boolean {
  return isEmptySet(difference(a, b)) && isEmptySet(difference(b, a));
}

/** What an object of the kind is before anything is set. */
function emptyObject({ apiVersion, kind }: KubeObject, schema: Schema): unknown {
  const empty = { apiVersion, kind, metadata: {} };
  fillEmpty(empty, schema);
  fillRequired(empty, schema);
  return empty;
}

/**
 * The live object with an applied configuration over it; fields that this manager applied before, applies no more and
 * nobody else manages are gone. Throws ApiError 409 where others manage fields that would change, unless `force`.
 */
export function applyServerSide(
  live: KubeObject | undefined,
  applied: object,
  schema: Schema,
  writer: Writer & { readonly force: boolean },
): KubeObject {
  const empty = emptyObject(applied as KubeObject, schema);
  const base = live ?? (empty as KubeObject);
  const recorded = readManagers(live?.metadata.managedFields);
  const before = live !== undefined && recorded.length === 0 ? beforeFirstApply(empty, live, schema, writer) : recorded;
  const self = {
    name: writer.manager,
    operation: 'Apply',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  } as const;
  const own = before.find((it) => isSameManager(self, it));
  const others = before.filter((it) => it !== own);
  const fields = managedOnly(fieldsOf(applied, schema), writer);
  const wanted = withoutReset(applied, writer);
  const merged = mergeApplied(base, wanted, schema);
  const theirs = unionOf(others.map((it) => it.fields));
  const object = pruneApplied(merged, schema, own?.fields ?? EMPTY_SET, fields, theirs) as KubeObject;
  const { added, modified, removed } = compare(withRequired(base, schema), withRequired(object, schema), schema);
  const changed = managedOnly(union(added, modified), writer);
  const conflicts = others.map((it) => ({ manager: it, fields: intersection(it.fields, changed) }));
  const real = conflicts.filter((it) => !isEmptySet(it.fields));
  if (real.length > 0 && !writer.force) throw conflictError(real);
  const rest = others.map((it) => withoutFields(it, union(changed, removed)));
  // An apply that changes nothing of the object is no new time, and none at all for a manager who comes by it.
  const isSame = isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);
  const time = isSame && !asksForReset(base, applied, schema, writer) ? own?.time : writer.time;
  const result = deepClone(object);
  result.metadata.managedFields = writeManagers([...rest, { ...self, time, fields }]);
  if (result.metadata.managedFields.length === 0) delete result.metadata.managedFields;
  return result;
}

/** Whether an apply asks to change what it cannot: it counts as a change, though none is made. */
function asksForReset(base: KubeObject, applied: object, schema: Schema, { resetFields }: Writer): boolean {
  const [live, wanted] = [base, applied] as Record<string, unknown>[];
  return resetFields.some((field) => {
    const [before, after] = [live?.[field], wanted?.[field]];
    return after !== undefined && !deepEqual(mergeApplied(before, after, fieldSchema(schema, field)), before);
  });
}

function fieldSchema(schema: Schema, field: string): Schema {
  return resolve(schema).properties?.[field] ?? {};
}

/** Of an object without a record, all that is there belongs to those who came before. */
function beforeFirstApply(empty: unknown, live: KubeObject, schema: Schema, writer: Writer): Manager[] {
  const { added, modified } = compare(empty, withRequired(live, schema), schema);
  const fields = managedOnly(union(added, modified), { ...writer, resetFields: [] });
  const { apiVersion, time } = writer;
  return [{ name: 'before-first-apply', operation: 'Update', apiVersion, subresource: '', time, fields }];
}

/** An applied resourceVersion is a precondition and no field to merge. */
function withoutReset(applied: object, { resetFields }: Writer): unknown {
  const kept = Object.entries(applied).filter(([field]) => !resetFields.includes(field));
  return Object.fromEntries(kept);
}

interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const found = conflicts.map(({ manager, fields }) => ({
    who: managerText(manager),
    paths: [...pathsIn(fields)].map(pathText).sort(),
  }));
  const count = found.reduce((sum, { paths }) => sum + paths.length, 0);
  const causes = found.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const [only] = causes;
  const text =
    count === 1
      ? `${only?.message}: ${only?.field}`
      : found
          .map(({ who, paths }) => `conflicts with ${who}:\n${paths.map((path) => `- ${path}`).join('\n')}`)
          .join('\n');
  return applyConflict(causes, `Apply failed with ${count} conflict${count === 1 ? '' : 's'}: ${text}`);
}

export { type AppliedConfiguration, checkApplied, convertApplied } from './check.js';
