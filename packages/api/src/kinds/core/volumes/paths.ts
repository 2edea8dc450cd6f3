/** Rules for paths, on a host and below a volume. */
import { type FieldError, invalid, type Path } from '../../../field-errors.js';

export function noBackSteps(value: string, path: Path): FieldError[] {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];
}

/** A path below a volume: relative, and never upwards. */
export function descendingPath(value: string, path: Path): FieldError[] {
  const errors = value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : [];
  return [...errors, ...noBackSteps(value, path)];
}

/** A path of a file that is put into a volume: names that begin with two dots are for what updates it. */
export function filePath(value: string, path: Path): FieldError[] {
  const errors = descendingPath(value, path);
  const isReserved = value.startsWith('..') && !value.startsWith('../');
  return isReserved ? [...errors, invalid(path, value, "must not start with '..'")] : errors;
}
