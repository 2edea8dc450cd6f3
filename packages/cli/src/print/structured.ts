import { encodeGoJson, isRecord } from '@keelson/api';

/** JSON as Go writes it: fields by alphabet, four spaces, HTML's characters escaped. */
export function jsonText(value: unknown, indent = 4): string {
  return encodeGoJson(sortFields(value), indent);
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort().map((key) => [key, sortFields(value[key])]));
}
