import { parseFieldSelector } from '@keelson/api';

/** What a field selector demands to be equal. */
export function equalities(fieldSelector: string | undefined): { field: string; value: string }[] {
  if (!fieldSelector) return [];
  try {
    return parseFieldSelector(fieldSelector).requirements.filter((it) => it.operator === '=');
  } catch {
    return []; // refused later, in its place
  }
}
