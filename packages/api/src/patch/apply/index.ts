/** Server-side apply, and the record of who manages what that every write keeps. */
import { type ApiError, applyConflict } from '../../errors.js';
import type { ManagedFieldsEntry } from '../../gen/types.js';
import type { KubeObject } from '../../kind.js';
import { fillEmpty, fillRequired, withRequired } from '../../normalize.js';
import { cloneObject, deepEqual } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { runSteps, type Steps } from '../../steps.js';
import { type AppliedConfiguration, checkApplied, convertApplied, failed, misshapenLive } from './check.js';
import { compare, compareSteps, fieldsOf } from './compare.js';
import { KeylessItemError } from './elements.js';
import {
  difference,
  EMPTY_SET,
  equalSets,
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
import { fieldsLastApplied, keepLastApplied } from './last-applied.js';
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
import { checkVersions, OtherVersionError, type Shapes } from './versions.js';

export { mergeMutation } from './mutation.js';

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

/** The same as trackUpdateSteps, all of it at once. */
export function trackUpdate(live: KubeObject | undefined, next: KubeObject, shapes: Shapes, writer: Writer): void {
  runSteps(trackUpdateSteps(live, next, shapes, writer));
}

/**
 * Sets `next.metadata.managedFields` after an update, or a creation where `live` is undefined: who writes manages what
 * changed, and others lose it. A client that sends an empty list of managers resets it.
 */
export function* trackUpdateSteps(
  live: KubeObject | undefined,
  next: KubeObject,
  shapes: Shapes,
  writer: Writer,
): Steps<void> {
  try {
    yield* recordUpdate(live, next, shapes, writer);
  } catch (error) {
    if (!(error instanceof KeylessItemError || error instanceof OtherVersionError)) throw error;
    delete next.metadata.managedFields;
  }
}

function* recordUpdate(live: KubeObject | undefined, next: KubeObject, shapes: Shapes, writer: Writer): Steps<void> {
  const { schema } = shapes;
  const given = next.metadata.managedFields;
  const before = recordOf(live, given, writer);
  if (live !== undefined && before.length === 0) {
    // Nobody manages it, and an update is no beginning.
    delete next.metadata.managedFields;
    return;
  }
  yield;
  const base = live === undefined ? emptyObject(next, schema) : withRequired(withoutManagers(live), schema);
  yield;
  checkVersions(before, writer.apiVersion, shapes, [base, withoutManagers(next)]);
  yield;
  // Required lists count as null, for a list that is there and empty is not new when it fills.
  const wanted = withRequired(withoutManagers(next), schema);
  yield;
  const { added, modified, removed } = yield* compareSteps(base, wanted, schema);
  yield;
  const changed = managedOnly(union(added, modified), writer);
  yield;
  const gone = managedOnly(removed, writer);
  yield;
  if (isEmptySet(changed) && isEmptySet(gone)) {
    setManagers(next, yield* writeManagers(before));
    return;
  }
  const self = {
    name: writer.manager,
    operation: 'Update',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  } as const;
  const own = before.find((it) => isSameManager(self, it));
  const touched = union(changed, gone);
  yield;
  const others: Manager[] = [];
  for (const it of before) {
    if (it === own) continue;
    others.push(withoutFields(it, touched));
    yield;
  }
  const kept = union(own?.fields ?? EMPTY_SET, changed);
  yield;
  const fields = difference(kept, gone);
  yield;
  const time = own !== undefined && equalSets(own.fields, fields) ? own.time : writer.time;
  yield;
  setManagers(next, yield* writeManagers(capUpdates([...others, { ...self, time, fields }])));
}

function setManagers({ metadata }: KubeObject, managers: ManagedFieldsEntry[]): void {
  if (managers.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managers;
}

/** The record itself is managed by nobody, and may be as large as the object. */
function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _left, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The record to start from: what a client sends counts only if it is a whole one, and only of the object itself. */
function recordOf(
  live: KubeObject | undefined,
  given: readonly ManagedFieldsEntry[] | undefined,
  { subresource }: Writer,
): Manager[] {
  const kept = readManagers(live?.metadata.managedFields, true);
  if (subresource !== '' || given === undefined) return kept;
  const [first] = given;
  if (first === undefined || (given.length === 1 && Object.keys(first).length === 0)) return [];
  return given.every(isWholeEntry) ? readManagers(given, false) : kept;
}

function isWholeEntry({ operation, apiVersion, fieldsType }: ManagedFieldsEntry): boolean {
  return (operation === 'Apply' || operation === 'Update') && !!apiVersion && fieldsType === 'FieldsV1';
}

/** What an object of the kind is before anything is set. */
function emptyObject({ apiVersion, kind }: KubeObject, schema: Schema): unknown {
  const empty = { apiVersion, kind, metadata: {} };
  fillEmpty(empty, schema);
  fillRequired(empty, schema);
  return empty;
}

/** The same as applyServerSideSteps, all of it at once. */
export function applyServerSide(
  live: KubeObject | undefined,
  applied: object,
  shapes: Shapes,
  writer: Writer & { readonly force: boolean },
): KubeObject {
  return runSteps(applyServerSideSteps(live, applied, shapes, writer));
}

/**
 * The live object with an applied configuration over it; fields that this manager applied before, applies no more and
 * nobody else manages are gone. Throws ApiError 409 where others manage fields that would change, unless `force`.
 */
export function* applyServerSideSteps(
  live: KubeObject | undefined,
  applied: object,
  shapes: Shapes,
  writer: Writer & { readonly force: boolean },
): Steps<KubeObject> {
  try {
    return yield* applyOver(live, applied, shapes, writer);
  } catch (error) {
    if (error instanceof OtherVersionError) throw failed(error.message);
    throw live !== undefined && error instanceof KeylessItemError ? misshapenLive(live, shapes.schema) : error;
  }
}

function* applyOver(
  live: KubeObject | undefined,
  applied: object,
  shapes: Shapes,
  writer: Writer & { readonly force: boolean },
): Steps<KubeObject> {
  const { schema } = shapes;
  const empty = emptyObject(applied as KubeObject, schema);
  const base = live ?? (empty as KubeObject);
  const recorded = readManagers(live?.metadata.managedFields, true);
  const before = live !== undefined && recorded.length === 0 ? beforeFirstApply(empty, live, schema, writer) : recorded;
  yield;
  checkVersions(before, writer.apiVersion, shapes, [withoutManagers(base)]);
  yield;
  const self = {
    name: writer.manager,
    operation: 'Apply',
    apiVersion: writer.apiVersion,
    subresource: writer.subresource,
  } as const;
  const own = before.find((it) => isSameManager(self, it));
  const others = before.filter((it) => it !== own);
  const spoken = withoutTrees(fieldsOf(applied, schema), unmanaged(writer));
  yield;
  const fields = difference(spoken, UNMANAGED);
  yield;
  const merged = mergeApplied(base, withoutReset(applied, writer), schema);
  yield;
  const theirs = unionOf(others.map((it) => it.fields));
  yield;
  const object = pruneApplied(merged, schema, own?.fields ?? EMPTY_SET, union(spoken, theirs)) as KubeObject;
  yield;
  checkVersions(before, writer.apiVersion, shapes, [withoutManagers(object)]);
  yield;
  const [from, to] = [withRequired(withoutManagers(base), schema), withRequired(withoutManagers(object), schema)];
  yield;
  const { added, modified, removed } = yield* compareSteps(from, to, schema);
  yield;
  const changed = managedOnly(union(added, modified), writer);
  const conflicts = others.map((it) => ({ manager: it, fields: intersection(it.fields, changed) }));
  yield;
  if (live !== undefined && !writer.force && conflicts.some((it) => !isEmptySet(it.fields))) {
    const own = fieldsLastApplied(live, schema, writer);
    const real = conflicts.map((it) => ({ ...it, fields: difference(it.fields, own) }));
    const left = real.filter((it) => !isEmptySet(it.fields));
    if (left.length > 0) throw conflictError(left);
  }
  const touched = union(changed, removed);
  yield;
  const rest = others.map((it) => withoutFields(it, touched));
  yield;
  // An apply that changes nothing of the object is no new time, and none at all for a manager who comes by it.
  const isSame = isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);
  const time = isSame && !asksForReset(base, applied, schema, writer) ? own?.time : writer.time;
  const result = cloneObject(object);
  yield;
  keepLastApplied(result, applied, writer.manager);
  setManagers(result, yield* writeManagers([...rest, { ...self, time, fields }]));
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
    paths: [...pathsIn(fields)].map(pathText),
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

export { managersOfScaled, scaleManagers } from './scale-managers.js';
export { type AppliedConfiguration, checkApplied, convertApplied };
