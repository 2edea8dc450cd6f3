/** Rules of a pod's volumes as a list. */
import { duplicate, type FieldError, invalid, type Path, required } from '../../../field-errors.js';
import type { Volume } from '../../../gen/types.js';
import { dnsLabel } from '../../rules.js';
import { claimName, type PodVolumeOptions, validatePodSource } from './pod-sources.js';

export interface CheckedVolumes {
  readonly errors: FieldError[];
  /** Those that have no error: what mounts may name. */
  readonly valid: ReadonlyMap<string, Volume>;
}

export function validateVolumes(
  volumes: readonly Volume[],
  path: Path,
  options: PodVolumeOptions = {},
): CheckedVolumes {
  const errors: FieldError[] = [];
  const valid = new Map<string, Volume>();
  const made = claimsMadeFor(volumes, options);
  for (const [index, volume] of volumes.entries()) {
    const at = path.index(index);
    const name = volume.name ?? '';
    const own = [...validatePodSource(volume, at, options), ...validateName(name, at.child('name'))];
    if (valid.has(name)) own.push(duplicate(at.child('name'), name));
    if (own.length === 0) valid.set(name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim === undefined || !made.has(claim)) continue;
    const text = 'must not reference a PVC that gets created for an ephemeral volume';
    errors.push(invalid(at.child('persistentVolumeClaim', 'claimName'), claim, text));
  }
  return { errors, valid };
}

function validateName(name: string, path: Path): FieldError[] {
  return name === '' ? [required(path)] : dnsLabel(name, path);
}

function claimsMadeFor(volumes: readonly Volume[], { podName = '' }: PodVolumeOptions): ReadonlySet<string> {
  if (podName === '') return new Set();
  const ephemeral = volumes.filter((volume) => volume.ephemeral !== undefined);
  return new Set(ephemeral.map((volume) => claimName(podName, volume.name ?? '')));
}
