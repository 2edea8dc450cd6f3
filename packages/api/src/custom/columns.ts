/** Columns of custom resources, as their definition asks for them. */
import { age } from '../duration.js';
import type { CustomResourceColumnDefinition } from '../gen/types.js';
import { type JsonPath, valueText } from '../json-path/index.js';
import { type Cell, type Column, type KubeObject, nameColumn } from '../kind.js';
import { firstOf, readablePath } from './paths.js';

export const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.',
  jsonPath: '.metadata.creationTimestamp',
};

type Cells = (value: unknown, now: Date) => Cell;

/** From the first column whose path cannot be read on there are none. */
export function customColumns(definitions: readonly CustomResourceColumnDefinition[] = []): Column<KubeObject>[] {
  const columns: Column<KubeObject>[] = [nameColumn()];
  for (const definition of definitions.length === 0 ? [AGE] : definitions) {
    const path = readablePath(definition.jsonPath ?? '');
    if (path === undefined) break;
    columns.push(customColumn(definition, path));
  }
  return columns;
}

function customColumn(definition: CustomResourceColumnDefinition, path: JsonPath): Column<KubeObject> {
  const { name = '', type = '', format, description, priority, jsonPath } = definition;
  const cell = CELLS[type] ?? (() => null);
  return {
    name,
    type: type as Column<KubeObject>['type'],
    ...(format === undefined ? {} : { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority === undefined ? {} : { priority }),
    value(it, { now }) {
      const value = firstOf(path, it);
      return value === undefined ? null : cell(value, now);
    },
  };
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

const CELLS: Readonly<Record<string, Cells>> = {
  integer: (value) =>
    isNumber(value) ? (typeof value === 'bigint' ? (value as unknown as number) : Math.trunc(value)) : null,
  number: (value) => (isNumber(value) ? Number(value) : null),
  boolean: (value) => (typeof value === 'boolean' ? value : null),
  string: (value) => (value === null ? '<no value>' : valueText(value)),
  date: (value, now) => (typeof value === 'string' ? dateText(value, now) : null),
};

function dateText(text: string, now: Date): string {
  if (text === '' || text === 'null') return '<unknown>';
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  return isTime && !Number.isNaN(Date.parse(text.replace(',', '.'))) ? age(text, now) : '<invalid>';
}
