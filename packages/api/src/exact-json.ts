/** JSON in which no integer of 64 bits is rounded; see int64.ts. */
import { parseJson } from './json.js';

/** A text that a server or the store wrote, as a value. */
export function decodeJson(text: string): unknown {
  return /\d{16}/.test(text) ? parseJson(text).value : JSON.parse(text);
}

export function encodeJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError) || !holdsBigInt(value)) throw error;
    return written(value, indent ?? 0, '') ?? 'null';
  }
}

function holdsBigInt(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return typeof value === 'bigint';
  return Object.values(value).some(holdsBigInt);
}

/** What JSON.stringify writes, with bigints as the integers that they are. */
function written(value: unknown, indent: number, margin: string): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = margin + ' '.repeat(indent);
  const parts = Array.isArray(value)
    ? value.map((item) => written(item, indent, inner) ?? 'null')
    : Object.entries(value).flatMap(([key, item]) => {
        const text = written(item, indent, inner);
        return text === undefined ? [] : [`${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${text}`];
      });
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (indent === 0 || parts.length === 0) return `${open}${parts.join(',')}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON to the byte as Go writes it: characters that mean something in HTML are escaped. */
export function encodeGoJson(value: unknown, indent?: number): string {
  return encodeJson(value, indent).replace(/[<>&\u2028\u2029]/g, (char) => ESCAPES[char] ?? char);
}
