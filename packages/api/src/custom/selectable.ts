/** Fields that custom resources can be selected by. */
import type { SelectableField } from '../gen/types.js';
import type { FieldReader, KubeObject } from '../kind.js';
import { firstOf, readablePath } from './paths.js';

export function customSelectors(fields: readonly SelectableField[] = []): Record<string, FieldReader<KubeObject>> {
  return Object.fromEntries(fields.map(({ jsonPath = '' }) => [jsonPath.replace(/^\./, ''), readerOf(jsonPath)]));
}

function readerOf(text: string): FieldReader<KubeObject> {
  const path = readablePath(text);
  return (it) => {
    const value = path === undefined ? undefined : firstOf(path, it);
    return value === undefined || value === null ? '' : String(value);
  };
}
