/** Who manages which fields, as metadata.managedFields keeps it. */

import { quote } from '../../field-errors.js';
import type { ManagedFieldsEntry } from '../../gen/types.js';
import type { Steps } from '../../steps.js';
import {
  difference,
  type FieldSet,
  fromFieldsV1,
  fromWritten,
  isEmptySet,
  setOfPath,
  toFieldsV1,
  unionOf,
} from './field-set.js';

export type ManagerOperation = 'Apply' | 'Update';

export interface Manager {
  readonly name: string;
  readonly operation: ManagerOperation;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** Fields that the server keeps, and that therefore nobody manages. */
export const UNMANAGED: FieldSet = unionOf([
  setOfPath('f:apiVersion'),
  setOfPath('f:kind'),
  setOfPath('f:metadata'),
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'].map((field) =>
    setOfPath('f:metadata', `f:${field}`),
  ),
  setOfPath('f:metadata', 'f:managedFields'),
  setOfPath('f:metadata', 'f:resourceVersion'),
]);

/** The managers that an object names; `isOurs`: writeManagers made these entries. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined, isOurs: boolean): Manager[] {
  return (entries ?? []).map((entry) => ({
    name: entry.manager ?? '',
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time,
    fields: isOurs ? fromWritten(entry.fieldsV1) : fromFieldsV1(entry.fieldsV1),
  }));
}

/** Managers of nothing are left out; those that apply come first, then the older ones. */
export function* writeManagers(managers: readonly Manager[]): Steps<ManagedFieldsEntry[]> {
  const sorted = managers
    .filter(({ fields }) => !isEmptySet(fields))
    .sort((a, b) => order(a) - order(b) || compareText(a.time ?? '', b.time ?? '') || compareText(a.name, b.name));
  const entries: ManagedFieldsEntry[] = [];
  for (const { name, operation, apiVersion, subresource, time, fields } of sorted) {
    entries.push({
      manager: name,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: yield* toFieldsV1(fields),
      ...(subresource === '' ? {} : { subresource }),
    });
    yield;
  }
  return entries;
}

function order({ operation }: Manager): number {
  return operation === 'Apply' ? 0 : 1;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One manager is one name, operation and subresource; of updates also one version. */
export function isSameManager(a: Omit<Manager, 'fields' | 'time'>, b: Manager): boolean {
  const sameWho = a.name === b.name && a.operation === b.operation && a.subresource === b.subresource;
  return sameWho && (a.operation === 'Apply' || a.apiVersion === b.apiVersion);
}

/** `"creator" using v1`, as conflicts name a manager. */
export function managerText({ name, operation, apiVersion, subresource }: Manager): string {
  const who = subresource === '' ? quote(name) : `${quote(name)} with subresource ${quote(subresource)}`;
  return operation === 'Apply' ? who : `${who} using ${apiVersion}`;
}

export function withoutFields(manager: Manager, fields: FieldSet): Manager {
  return isEmptySet(fields) ? manager : { ...manager, fields: difference(manager.fields, fields) };
}

/** Managers by update beyond this number are merged into one, oldest first. */
const UPDATE_MANAGERS_MAX = 10;
const ANCIENT = 'ancient-changes';

export function capUpdates(managers: readonly Manager[]): Manager[] {
  const updates = managers.filter((it) => it.operation === 'Update' && !isEmptySet(it.fields));
  const excess = updates.length - UPDATE_MANAGERS_MAX;
  if (excess <= 0) return [...managers];
  const oldest = [...updates].sort((a, b) => compareText(a.time ?? '', b.time ?? '')).slice(0, excess + 1);
  const rest = managers.filter((it) => !oldest.includes(it));
  const versions = new Set(oldest.map((it) => it.apiVersion));
  const merged = [...versions].map((apiVersion): Manager => {
    const same = oldest.filter((it) => it.apiVersion === apiVersion);
    const fields = unionOf(same.map((it) => it.fields));
    return { name: ANCIENT, operation: 'Update', apiVersion, subresource: '', time: same.at(-1)?.time, fields };
  });
  return [...rest, ...merged];
}
