import { age } from '../duration.js';
import type { Column, KubeObject } from '../kind.js';

export { nameColumn } from '../kind.js';

/** The age since creation. */
export function ageColumn<T extends KubeObject>(): Column<T> {
  return { name: 'Age', type: 'string', value: (it, { now }) => age(it.metadata.creationTimestamp, now) };
}
