import {
  allKinds,
  createMergePatch,
  createThreeWayStrategicPatch,
  deepEqual,
  isRecord,
  KindRegistry,
  type KubeObject,
  type PatchType,
} from '@keelson/api';
import type { MappedResource } from '../../cluster/mapper.js';
import { lastApplied, withLastApplied } from './last-applied.js';

export interface ApplyPatch {
  readonly type: PatchType;
  readonly patch: Record<string, unknown>;
  readonly isEmpty: boolean;
}

const kinds = new KindRegistry(allKinds);

/** The patch that brings `live` to what the manifest says, and takes out what the manifest said last time and says no more. */
export function applyPatch(resource: MappedResource, manifest: KubeObject, live: KubeObject): ApplyPatch {
  const wanted = withLastApplied(manifest);
  const original = lastApplied(live) ?? {};
  const schema = kinds.find(resource.group, resource.version, resource.plural)?.schema;
  const type = schema === undefined ? 'merge' : 'strategic';
  const patch =
    schema === undefined
      ? threeWayMergePatch(original, wanted, live)
      : createThreeWayStrategicPatch(original, wanted, live, schema);
  return { type, patch, isEmpty: Object.keys(patch).length === 0 };
}

/** Three-way for kinds without a schema: additions from live to wanted, deletions from original to wanted. */
export function threeWayMergePatch(original: unknown, wanted: unknown, live: unknown): Record<string, unknown> {
  const additions = withoutNulls(createMergePatch(live, wanted));
  const deletions = onlyNulls(createMergePatch(original, wanted));
  return mergeDeep(deletions, additions);
}

function withoutNulls(patch: Record<string, unknown>): Record<string, unknown> {
  return filterFields(patch, (value) => value !== null);
}

function onlyNulls(patch: Record<string, unknown>): Record<string, unknown> {
  return filterFields(patch, (value) => value === null);
}

function filterFields(patch: Record<string, unknown>, isWanted: (leaf: unknown) => boolean): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(patch)) {
    if (isRecord(value)) {
      const nested = filterFields(value, isWanted);
      if (Object.keys(nested).length > 0) kept[key] = nested;
    } else if (isWanted(value)) kept[key] = value;
  }
  return kept;
}

function mergeDeep(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = merged[key];
    merged[key] = isRecord(before) && isRecord(value) && !deepEqual(before, value) ? mergeDeep(before, value) : value;
  }
  return merged;
}
