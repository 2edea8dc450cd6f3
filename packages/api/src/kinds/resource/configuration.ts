/** Rules of configuration for drivers, in claims, classes and allocations; and of tolerations of devices. */
import { type FieldError, invalid, type Path, required, tooLong } from '../../field-errors.js';
import type { DeviceToleration, OpaqueDeviceConfiguration } from '../../gen/types.js';
import { validateLabelName } from '../../meta.js';
import { labelValueErrors } from '../../names.js';
import { isRecord } from '../../object.js';
import { driverName } from '../core/volumes/source-rules.js';
import { oneOf } from '../rules.js';
import { PARAMETER_BYTES_MAX } from './limits.js';

export function validateOpaque(
  opaque: OpaqueDeviceConfiguration | undefined,
  path: Path,
  isStored: boolean,
): FieldError[] {
  const at = path.child('opaque');
  if (opaque === undefined) return [required(at)];
  return [
    ...driverName(opaque.driver, at.child('driver')),
    ...validateRawObject(opaque.parameters, at.child('parameters'), isStored),
  ];
}

/** Any JSON object, of which the API server knows nothing. */
export function validateRawObject(value: unknown, path: Path, isStored: boolean): FieldError[] {
  if (value === undefined || value === null) return [required(path)];
  if (!isStored && Buffer.byteLength(JSON.stringify(value)) > PARAMETER_BYTES_MAX) {
    return [tooLong(path, PARAMETER_BYTES_MAX)];
  }
  return isRecord(value) ? [] : [invalid(path, '<value omitted>', 'must be a valid JSON object')];
}

export const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None'];

export function validateTolerations(tolerations: readonly DeviceToleration[] = [], path: Path): FieldError[] {
  return tolerations.flatMap((it, index) => validateToleration(it, path.index(index)));
}

function validateToleration(
  { key = '', operator = '', value = '', effect = '' }: DeviceToleration,
  at: Path,
): FieldError[] {
  return [
    ...(key === '' ? [] : validateLabelName(key, at.child('key'))),
    ...validateOperator(operator, value, at),
    ...(effect === '' ? [] : oneOf(effect, TAINT_EFFECTS, at.child('effect'))),
  ];
}

function validateOperator(operator: string, value: string, at: Path): FieldError[] {
  const atValue = at.child('value');
  if (operator === 'Exists')
    return value === '' ? [] : [invalid(atValue, value, 'must be empty for operator `Exists`')];
  if (operator === 'Equal') return validateLabelValue(value, atValue);
  return operator === ''
    ? [required(at.child('operator'))]
    : oneOf(operator, ['Equal', 'Exists'], at.child('operator'));
}

export function validateLabelValue(value: string, path: Path): FieldError[] {
  return labelValueErrors(value).map((text) => invalid(path, value, text));
}
