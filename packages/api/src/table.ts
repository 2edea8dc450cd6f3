/** Tables: the rows that `kubectl get` shows, made by the server. */

import type { ListMeta, ObjectMeta } from './gen/types.js';
import { type Column, innerForm, type Kind, type KubeObject, type RowCondition } from './kind.js';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: unknown;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly columnDefinitions: readonly TableColumnDefinition[];
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  readonly now: Date;
  readonly includeObject: IncludeObject;
  readonly metadata?: ListMeta;
  /** False leaves the column definitions out, as every watch event but the first does. */
  readonly withColumns?: boolean;
}

export const TABLE_API_VERSION = 'meta.k8s.io/v1';

/** `inner`: the same objects as they are stored, where that is another form; cells and metadata are of it. */
export function toTable<T extends KubeObject>(
  kind: Kind<T>,
  objects: readonly T[],
  options: TableOptions,
  inner?: readonly KubeObject[],
): Table {
  return {
    kind: 'Table',
    apiVersion: TABLE_API_VERSION,
    metadata: options.metadata ?? {},
    columnDefinitions: options.withColumns === false ? [] : kind.columns.map(columnDefinition),
    rows: objects.map((object, index) => tableRow(kind, object, inner?.[index] ?? innerForm(kind, object), options)),
  };
}

function columnDefinition<T>(column: Column<T>): TableColumnDefinition {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
  };
}

function tableRow<T extends KubeObject>(
  kind: Kind<T>,
  object: T,
  inner: KubeObject,
  { now, includeObject }: TableOptions,
): TableRow {
  const conditions = kind.rowConditions?.(inner as T) ?? [];
  const row = {
    cells: kind.columns.map((column) => column.value(inner as T, { now })),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  switch (includeObject) {
    case 'None':
      return row;
    case 'Metadata':
      return { ...row, object: partialObjectMetadata(kind, inner) };
    case 'Object':
      return { ...row, object };
  }
}

/** The metadata alone of an object as it is stored, without annotations that stand for what is a field inside. */
export function partialObjectMetadata(
  { innerAnnotations }: Pick<Kind, 'innerAnnotations'>,
  object: KubeObject,
): {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
} {
  const { metadata } = object;
  const type = { kind: 'PartialObjectMetadata', apiVersion: TABLE_API_VERSION };
  const { annotations } = metadata;
  if (annotations === undefined || !innerAnnotations.some((key) => annotations[key] !== undefined)) {
    return { ...type, metadata };
  }
  const kept = Object.entries(annotations).filter(([key]) => !innerAnnotations.includes(key));
  const { annotations: _all, ...rest } = metadata;
  return { ...type, metadata: kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) } };
}
