/** Small helpers over API objects. */
import { decodeJson } from './exact-json.js';
import type { ObjectMeta, OwnerReference } from './gen/types.js';

type Meta = { readonly metadata: ObjectMeta };

export function deepClone<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(deepClone) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const key of Object.keys(copy)) {
    const item = copy[key];
    if (item !== null && typeof item === 'object') copy[key] = deepClone(item);
  }
  return copy as T;
}

/** A copy to be changed. What its managers' fields are is never changed in place, and stays shared. */
export function cloneObject<T extends Meta>(object: T): T {
  const { managedFields, ...metadata } = object.metadata;
  if (managedFields === undefined || managedFields === null) return deepClone(object);
  const copy = deepClone({ ...object, metadata });
  copy.metadata.managedFields = managedFields.map((entry) => ({ ...entry }));
  return copy;
}

/** Equality of JSON values; a field that is undefined is one that is absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) {
    const other = b as unknown[];
    return a.length === other.length && a.every((item, index) => deepEqual(item, other[index]));
  }
  return equalFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

function equalFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  for (const key of Object.keys(a)) if (!deepEqual(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/** A text that two JSON values share exactly if they are deeply equal: to look one up among many. */
export function identityText(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(identityText).join(',')}]`;
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${identityText(item)}`).join(',')}}`;
}

/** The value with the fields of its objects by alphabet, and without those that are undefined. */
export function sortedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedFields);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort().map((key) => [key, sortedFields(value[key])]));
}

/** Equality in which an empty list or map is an absent one, as Go's semantic equality has it. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  return deepEqual(dropEmpty(a), dropEmpty(b));
}

/** Equality of objects in their full form, in which only required lists and maps are null, and only when stored. */
export function equalInForm(a: unknown, b: unknown): boolean {
  return deepEqual(dropNull(a), dropNull(b));
}

function dropNull(value: unknown): unknown {
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  if (Array.isArray(value)) return value.map(dropNull);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, dropNull(item)]));
}

function dropEmpty(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(dropEmpty);
  if (typeof value !== 'object') return value;
  const fields = Object.entries(value as Record<string, unknown>)
    .map(([key, item]) => [key, dropEmpty(item)] as const)
    .filter(([, item]) => item !== undefined);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Whether two JSON texts say the same. */
export function jsonEqual(a: string, b: string): boolean {
  return a === b || deepEqual(decodeJson(a), decodeJson(b));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The owner that manages the object, if any. */
export function controllerOf(it: Meta): OwnerReference | undefined {
  return it.metadata.ownerReferences?.find((ref) => ref.controller === true);
}

export function isControlledBy(it: Meta, owner: Meta): boolean {
  return controllerOf(it)?.uid === owner.metadata.uid;
}

/** A reference that makes `owner` the controller of what carries it. */
export function controllerReference(
  owner: Meta,
  gvk: { readonly group: string; readonly version: string; readonly kind: string },
): OwnerReference {
  return {
    apiVersion: apiVersionOf(gvk.group, gvk.version),
    kind: gvk.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  if (slash < 0) return { group: '', version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

export function labelsOf(it: Meta): Readonly<Record<string, string>> {
  return it.metadata.labels ?? {};
}

export function annotationOf(it: Meta, key: string): string | undefined {
  return it.metadata.annotations?.[key];
}

/** `namespace/name`, or the name alone in no namespace: the key that caches and queues use. */
export function objectKey(it: Meta): string {
  const { namespace, name = '' } = it.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function isBeingDeleted(it: Meta): boolean {
  return it.metadata.deletionTimestamp !== undefined && it.metadata.deletionTimestamp !== null;
}
