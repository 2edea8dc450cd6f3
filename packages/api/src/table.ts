/** Tables: the rows that `kubectl get` shows, made by the server. */

import type { ListMeta, ObjectMeta } from './gen/types.js';
import type { Column, Kind, KubeObject, RowCondition } from './kind.js';

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

export function toTable<T extends KubeObject>(kind: Kind<T>, objects: readonly T[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: TABLE_API_VERSION,
    metadata: options.metadata ?? {},
    columnDefinitions: options.withColumns === false ? [] : kind.columns.map(columnDefinition),
    rows: objects.map((object) => tableRow(kind, object, options)),
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

function tableRow<T extends KubeObject>(kind: Kind<T>, object: T, { now, includeObject }: TableOptions): TableRow {
  const conditions = kind.rowConditions?.(object) ?? [];
  const row = {
    cells: kind.columns.map((column) => column.value(object, { now })),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  switch (includeObject) {
    case 'None':
      return row;
    case 'Metadata':
      return { ...row, object: partialObjectMetadata(object) };
    case 'Object':
      return { ...row, object };
  }
}

/** The object's metadata alone. */
export function partialObjectMetadata(object: KubeObject): {
  kind: string;
  apiVersion: string;
  metadata: ObjectMeta;
} {
  return { kind: 'PartialObjectMetadata', apiVersion: TABLE_API_VERSION, metadata: object.metadata };
}
