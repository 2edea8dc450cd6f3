/** Values as Go prints them. */
import { isRecord } from './object.js';

/** A floating-point number as Go prints it: with an exponent from a million on, and below a ten-thousandth. */
export function goFloat(value: number | bigint): string {
  const number = Number(value);
  const size = Math.abs(number);
  const isPlain = size === 0 || (size >= 1e-4 && size < 1e6);
  const text = isPlain || !Number.isFinite(number) ? String(number) : number.toExponential();
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A number of which only its value is known: whole ones are taken for integers. */
export function goNumber(value: number | bigint): string {
  return typeof value === 'bigint' || Number.isInteger(value) ? value.toString() : goFloat(value);
}

/** Any value as Go prints it with %v. */
export function goText(value: unknown, number: (value: number | bigint) => string = goNumber): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map((item) => goText(item, number)).join(' ')}]`;
  if (typeof value === 'number' || typeof value === 'bigint') return number(value);
  if (!isRecord(value)) return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goText(value[key], number)}`).join(' ')}]`;
}

/** The type that Go's readers of JSON give a value. */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int64';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
