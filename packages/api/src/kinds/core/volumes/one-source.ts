/** A volume has one source. Which of several counts is the first in upstream's order; the others are refused. */
import { type FieldError, forbidden, type Path, required } from '../../../field-errors.js';

export interface SourceRule<T> {
  readonly field: keyof T & string;
  /** Whether the volume has it. */
  given(volume: T): boolean;
  validate(volume: T, path: Path): FieldError[];
  /** Where the refusal points, if not at the field. */
  readonly refusedAt: string;
  /** Counts beside another. */
  readonly besideOthers: boolean;
  /** What is asked even of one that is refused. */
  validateRefused(volume: T, path: Path): FieldError[];
}

interface Settings<T> {
  /** Where errors within point, if not at the field. */
  readonly at?: string;
  readonly refusedAt?: string;
  readonly besideOthers?: boolean;
  readonly always?: (volume: T, path: Path) => FieldError[];
}

/** A rule for one field of a volume. `path` is the field's, `root` the volume's. */
export function source<T extends object, K extends keyof T & string>(
  field: K,
  validate: (source: NonNullable<T[K]>, path: Path, volume: T, root: Path) => FieldError[],
  { at = field, refusedAt = field, besideOthers = false, always = () => [] }: Settings<T> = {},
): SourceRule<T> {
  return {
    field,
    refusedAt,
    besideOthers,
    given: (volume) => volume[field] !== undefined,
    validateRefused: always,
    validate(volume, path) {
      const own = volume[field];
      if (own === undefined || own === null) return [];
      return [...validate(own, path.child(at), volume, path), ...always(volume, path)];
    },
  };
}

export function validateOneSource<T>(volume: T, rules: readonly SourceRule<T>[], path: Path): FieldError[] {
  const errors: FieldError[] = [];
  let count = 0;
  for (const rule of rules) {
    if (!rule.given(volume)) continue;
    if (count > 0 && !rule.besideOthers) {
      errors.push(forbidden(path.child(rule.refusedAt), 'may not specify more than 1 volume type'));
      errors.push(...rule.validateRefused(volume, path));
      continue;
    }
    count++;
    errors.push(...rule.validate(volume, path));
  }
  return count === 0 ? [...errors, required(path, 'must specify a volume type')] : errors;
}
