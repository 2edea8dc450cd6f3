/** Who manages the number of replicas of an object, as its scale tells it and as the object does. */
import type { ManagedFieldsEntry } from '../../gen/types.js';
import { runSteps } from '../../steps.js';
import { difference, type FieldSet, intersection, isEmptySet, setOfPath } from './field-set.js';
import { isSameManager, type Manager, readManagers, writeManagers } from './managers.js';

const SCALE = 'autoscaling/v1';
const IN_SCALE = setOfPath('f:spec', 'f:replicas');

const inObject = (path: readonly string[]): FieldSet => setOfPath(...path.map((field) => `f:${field}`));

/** The record of the object's scale: those of its managers who manage the number. */
export function scaleManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
  path: readonly string[],
): ManagedFieldsEntry[] {
  const own = inObject(path);
  const managers = readManagers(entries, true).filter(({ fields }) => !isEmptySet(intersection(fields, own)));
  return runSteps(writeManagers(managers.map((it) => ({ ...it, apiVersion: SCALE, fields: IN_SCALE }))));
}

/** The record of the object once its scale has the record `scaled`. */
export function managersOfScaled(
  entries: readonly ManagedFieldsEntry[] | undefined,
  scaled: readonly ManagedFieldsEntry[] | undefined,
  { path, apiVersion }: { readonly path: readonly string[]; readonly apiVersion: string },
): ManagedFieldsEntry[] {
  const own = inObject(path);
  const left = new Set(readManagers(scaled, true));
  const kept = readManagers(entries, true).flatMap((manager): Manager[] => {
    if (isEmptySet(intersection(manager.fields, own))) return [manager];
    const same = [...left].find((it) => isSameManager({ ...manager, apiVersion: SCALE }, it));
    if (same === undefined) return [{ ...manager, fields: difference(manager.fields, own) }];
    left.delete(same);
    return [manager];
  });
  const added = [...left].map((it) => ({ ...it, apiVersion, fields: own }));
  return runSteps(writeManagers([...kept, ...added]));
}
