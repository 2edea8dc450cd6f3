/** What classes of storage say to their drivers, and which driver that is. */
import { type FieldError, invalid, path, required, tooLong } from '../../field-errors.js';
import { qualifiedNameErrors } from '../../names.js';

const BYTES_MAX = 256 * 1024;
const COUNT_MAX = 512;

export function validateProvisioner(name: string | undefined, field: string): FieldError[] {
  const value = (name ?? '').toLowerCase();
  if (value === '') return [required(field)];
  return qualifiedNameErrors(value).map((text) => invalid(field, value, text));
}

export function validateParameters(parameters: Readonly<Record<string, string>> = {}): FieldError[] {
  const at = path('parameters');
  const entries = Object.entries(parameters);
  if (entries.length > COUNT_MAX) return [tooLong(at, COUNT_MAX)];
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(Object.hasOwn(parameters, '') ? [invalid(at, '', 'field can not be empty.')] : []),
    ...(size > BYTES_MAX ? [tooLong(at, BYTES_MAX)] : []),
  ];
}
