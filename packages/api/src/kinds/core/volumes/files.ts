/** Rules of files that volumes are made of: from config maps, secrets, and the pod's own fields. */
import { type FieldError, invalid, type Path, required } from '../../../field-errors.js';
import type { DownwardAPIVolumeFile, KeyToPath } from '../../../gen/types.js';
import { requiredString } from '../../rules.js';
import { validateResourceFieldRef, validateVolumeFieldRef } from '../pod-spec/env.js';
import { filePath } from './paths.js';

const FILE_MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';

export function fileMode(mode: number | undefined, path: Path): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, FILE_MODE_TEXT)] : [];
}

export function validateItems(items: readonly KeyToPath[], path: Path): FieldError[] {
  return items.flatMap((item, index) => validateItem(item, path.index(index)));
}

export function validateItem(item: KeyToPath, at: Path): FieldError[] {
  return [
    ...requiredString(item.key, at.child('key')),
    ...requiredString(item.path, at.child('path')),
    ...filePath(item.path ?? '', at.child('path')),
    ...fileMode(item.mode, at.child('mode')),
  ];
}

export function validateDownwardFile(file: DownwardAPIVolumeFile, path: Path): FieldError[] {
  const errors = requiredString(file.path, path.child('path'));
  errors.push(...filePath(file.path ?? '', path.child('path')));
  if (file.fieldRef !== undefined) {
    errors.push(...validateVolumeFieldRef(file.fieldRef, path.child('fieldRef')));
    if (file.resourceFieldRef !== undefined) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, path.child('resourceFieldRef'), true));
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...fileMode(file.mode, path.child('mode'))];
}
