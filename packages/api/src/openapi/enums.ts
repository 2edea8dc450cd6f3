/** Which values a field may have, where it is one of some. */
import { readSchemaFile } from '../schema.js';

const table = readSchemaFile<Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>('enums.json');

/** Of a list or map, which values its items may have. */
export function valuesOf(typeName: string, field: string): readonly string[] | undefined {
  return table[typeName]?.[field];
}
