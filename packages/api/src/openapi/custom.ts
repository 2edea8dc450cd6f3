/** Schemas of kinds whose types have no name of their own. */
import type { Kind } from '../kind.js';
import { typeNameOf } from '../schema.js';
import { describeField } from './descriptions.js';
import { type Dialect, type Json, refTo } from './schemas.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** The name of the schema of a type that a kind's operations are about, its own or another; undefined if there is none. */
export function schemaNameOf(of: Kind, group: string, version: string, kind: string): string | undefined {
  const isOwn = of.published !== undefined && group === of.group && version === of.version;
  return isOwn ? customSchemaName(group, version, kind) : typeNameOf(group, version, kind);
}

/** The group reversed, then version and kind. */
function customSchemaName(group: string, version: string, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** The schemas of a kind and of its lists, by their names; none of one that has a type. */
export function customSchemas(kind: Kind, dialect: Dialect): [string, Json][] {
  const { group, version, published, listKind } = kind;
  if (published === undefined) return [];
  const name = customSchemaName(group, version, kind.kind);
  const paths = Object.keys(kind.selectableFields).map((fieldPath) => ({ fieldPath }));
  const extensions = (of: string): Json => ({
    'x-kubernetes-group-version-kind': [{ group, version, kind: of }],
    ...(paths.length === 0 ? {} : { 'x-kubernetes-selectable-fields': paths }),
  });
  return [
    [name, { ...published(dialect), ...extensions(kind.kind) }],
    [customSchemaName(group, version, listKind), { ...listSchema(kind, name, dialect), ...extensions(listKind) }],
  ];
}

function listSchema({ kind, listKind }: Kind, name: string, dialect: Dialect): Json {
  const text = (field: string) => describeField(listKind, field);
  return {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { description: text('apiVersion'), type: 'string' },
      items: { description: text('items'), type: 'array', items: refTo(name, dialect) },
      kind: { description: text('kind'), type: 'string' },
      metadata: refTo(`${META}.ListMeta`, dialect, text('metadata')),
    },
  };
}
