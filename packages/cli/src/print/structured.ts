import { encodeGoJson, sortedFields } from '@keelson/api';

/** JSON as Go writes it: fields by alphabet, four spaces, HTML's characters escaped. */
export function jsonText(value: unknown, indent = 4): string {
  return encodeGoJson(sortedFields(value), indent);
}
