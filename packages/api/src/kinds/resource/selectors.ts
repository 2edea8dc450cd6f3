/** Selectors of devices: expressions that say of a device whether it will do. */
import { compileDeviceSelector } from '@keelson/cel';
import { type FieldError, forbidden, internal, invalid, type Path, required, tooLong } from '../../field-errors.js';
import type { DeviceSelector } from '../../gen/types.js';
import { EXPRESSION_BYTES_MAX, SELECTORS_MAX } from './limits.js';
import { validateSlice } from './lists.js';

/** `isStored`: the very expressions were accepted before, and are not compiled again. */
export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  path: Path,
  isStored: boolean,
): FieldError[] {
  return validateSlice(selectors, SELECTORS_MAX, (it, at) => validateSelector(it, at, isStored), path);
}

function validateSelector({ cel }: DeviceSelector, path: Path, isStored: boolean): FieldError[] {
  if (cel === undefined) return [required(path.child('cel'))];
  if (isStored) return [];
  const at = path.child('cel', 'expression');
  const expression = cel.expression ?? '';
  if (Buffer.byteLength(expression) > EXPRESSION_BYTES_MAX) return [tooLong(at, EXPRESSION_BYTES_MAX)];
  const compiled = compileDeviceSelector(expression);
  if (!('problem' in compiled)) return [];
  switch (compiled.kind) {
    case 'invalid':
      return [invalid(at, expression, compiled.problem)];
    case 'too costly':
      return [forbidden(at, compiled.problem)];
    case 'internal':
      return [internal(at, compiled.problem)];
  }
}
