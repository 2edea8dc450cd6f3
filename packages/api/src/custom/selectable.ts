/** Fields that custom resources can be selected by. */
import type { SelectableField } from '../gen/types.js';
import { JsonPath, JsonPathError } from '../json-path/index.js';
import type { FieldReader, KubeObject } from '../kind.js';

export function customSelectors(fields: readonly SelectableField[] = []): Record<string, FieldReader<KubeObject>> {
  return Object.fromEntries(fields.map(({ jsonPath = '' }) => [jsonPath.replace(/^\./, ''), readerOf(jsonPath)]));
}

function readerOf(text: string): FieldReader<KubeObject> {
  try {
    const path = new JsonPath(`{${text}}`);
    return (it) => {
      const [value] = path.values(it);
      return value === undefined || value === null ? '' : String(value);
    };
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    return () => '';
  }
}
