/** Rules of volumes into which several sources are put together: no two of them may write one file. */
import { type FieldError, forbidden, invalid, type Path } from '../../../field-errors.js';
import type {
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../gen/types.js';
import { requiredString } from '../../rules.js';
import { fileMode, validateDownwardFile, validateItem } from './files.js';
import { filePath } from './paths.js';

const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'] as const;

export function projected({ defaultMode, sources = [] }: ProjectedVolumeSource, path: Path): FieldError[] {
  const taken = new Set<string>();
  return [
    ...fileMode(defaultMode, path.child('defaultMode')),
    ...sources.flatMap((it, index) => validateProjection(it, path, path.child('sources').index(index), taken)),
  ];
}

function validateProjection(it: VolumeProjection, root: Path, path: Path, taken: Set<string>): FieldError[] {
  const errors = (['secret', 'configMap'] as const).flatMap((field) => {
    const own = it[field];
    if (own === undefined) return [];
    const at = path.child(field);
    return [
      ...requiredString(own.name, at.child('name')),
      ...(own.items ?? []).flatMap((item: KeyToPath, index) => [
        ...validateItem(item, at.child('items').index(index)),
        ...claimPath(item.path, own.name ?? '', root, taken),
      ]),
    ];
  });
  for (const file of it.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(file, path.child('downwardAPI')));
    errors.push(...claimPath(file.path, file.path ?? '', root, taken));
  }
  if (it.serviceAccountToken !== undefined) errors.push(...validateToken(it.serviceAccountToken, root, path));
  const count = PROJECTIONS.filter((field) => it[field] !== undefined).length;
  return count > 1 ? [...errors, forbidden(path, 'may not specify more than 1 volume type per source')] : errors;
}

function claimPath(file: string | undefined, value: string, root: Path, taken: Set<string>): FieldError[] {
  if (file === undefined || file === '') return [];
  if (taken.has(file)) return [invalid(root, value, 'conflicting duplicate paths')];
  taken.add(file);
  return [];
}

const SECONDS_MIN = 600;
const SECONDS_MAX = 2 ** 32;

/** Errors of a token's path point at the volume. */
function validateToken(token: ServiceAccountTokenProjection, root: Path, path: Path): FieldError[] {
  const at = path.child('serviceAccountToken', 'expirationSeconds');
  const { path: file = '' } = token;
  const atPath = root.child('path');
  return [
    ...tokenSeconds(token.expirationSeconds, at),
    ...(file === '' ? requiredString(file, atPath) : filePath(file, atPath)),
  ];
}

/** For how long a token is asked for, by a volume or by a driver. */
export function tokenSeconds(seconds: number | undefined, path: Path): FieldError[] {
  if (seconds === undefined) return [];
  if (seconds < SECONDS_MIN) return [invalid(path, seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds <= SECONDS_MAX) return [];
  return [invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')];
}
