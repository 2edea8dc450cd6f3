/**
 * How upstream writes an object of its own, unversioned types, as it does in errors about what may not change: Go's
 * names in Go's order, and every field. The types that are written so are listed in `schema/internal-types.json`, each
 * field as `GoName` or `GoName jsonName`, `*` for one whose fields stand in its place.
 */
import type { ObjectMeta } from './gen/types.js';
import { isPointer, saidEmpty } from './normalize.js';
import { isRecord } from './object.js';
import { readSchemaFile, resolve, type Schema, typeSchema } from './schema.js';
import { memberOf, type Union, unionOf } from './schema-unions.js';
import { unifiedDiff } from './unified-diff.js';

interface Field {
  readonly goName: string;
  readonly field: string;
}

const types: ReadonlyMap<string, readonly Field[]> = new Map(
  Object.entries(readSchemaFile<Record<string, readonly string[]>>('internal-types.json')).map(([name, fields]) => [
    name,
    fields.map((text) => {
      const [goName = '', field = `${goName[0]?.toLowerCase()}${goName.slice(1)}`] = text.split(' ');
      return { goName, field };
    }),
  ]),
);

/** `type` names the schema that the value is of, `as` what is written of it, such as the sources of a spec. */
export function internalForm(type: string, value: unknown, as = type): unknown {
  if (value === undefined || value === null) return null;
  return write(value, typeSchema(type), as);
}

/** As internalForm, of a list. */
export function internalList(type: string, values: readonly unknown[] | undefined): unknown {
  return values === undefined || values.length === 0 ? null : values.map((value) => internalForm(type, value));
}

/** What differs between two objects in that form. */
export function internalDiff(type: string, old: unknown, next: unknown, as = type): string {
  const text = (value: unknown) => goIndented(internalForm(type, value ?? {}, as));
  return unifiedDiff(text(old), text(next));
}

/** As Go writes it, which keeps JSON from being taken for HTML. */
function goIndented(value: unknown): string {
  return JSON.stringify(value, null, 1).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function write(value: unknown, schema: Schema, as?: string): unknown {
  const union = unionOf(resolve(schema));
  return union === undefined ? writeNode(value, resolve(schema), as) : writeUnion(value, union);
}

function writeUnion(value: unknown, union: Union): unknown {
  const member = memberOf(union, value);
  const written = member === undefined ? null : writeNode(value, resolve(member));
  const isList = Array.isArray(value);
  return union.goForm(isList ? null : written, isList ? written : null, member !== undefined || value === true);
}

function writeNode(value: unknown, node: Schema, as?: string): unknown {
  if (Array.isArray(value)) {
    const { items } = node;
    if (value.length === 0) return null;
    return items === undefined ? value : value.map((item) => write(item, items));
  }
  if (!isRecord(value)) return value;
  const { map } = node;
  if (map !== undefined) {
    const keys = Object.keys(value).sort();
    return keys.length === 0 ? null : Object.fromEntries(keys.map((key) => [key, write(value[key], map)]));
  }
  const fields = types.get(as ?? node.name ?? '');
  return fields === undefined ? value : writeFields(value, node, fields);
}

function writeFields(value: Record<string, unknown>, node: Schema, fields: readonly Field[]): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const { goName, field } of fields) {
    const property = node.properties?.[field];
    const own = value[field];
    if (goName === '*') Object.assign(written, shownMetadata(own as ObjectMeta | undefined));
    else if (property === undefined) written[goName] = own ?? null;
    else if (own !== undefined && own !== null) written[goName] = write(own, property);
    else written[goName] = saidEmpty(value, field, property) ?? zero(node, field, property);
  }
  return written;
}

/** Metadata is written as clients know it, in Go's order too. */
const METADATA = [
  ...(['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation'] as const),
  ...(['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations'] as const),
  ...(['ownerReferences', 'finalizers', 'managedFields'] as const),
];

function shownMetadata(metadata: ObjectMeta = {}): object {
  const fields = METADATA.filter((field) => metadata[field] !== undefined).map((field): [string, unknown] => {
    const value = metadata[field];
    const isMap = field === 'labels' || field === 'annotations';
    return [field, isMap ? Object.fromEntries(Object.entries(value ?? {}).sort()) : value];
  });
  return Object.fromEntries(fields);
}

function zero(node: Schema, field: string, property: Schema): unknown {
  const { type, format, properties, name } = resolve(property);
  if (properties !== undefined) return isRecord(property.default) && types.has(name ?? '') ? write({}, property) : null;
  if (isPointer(node, field)) return null;
  if (type === 'string') return format === 'quantity' ? '0' : format === undefined ? '' : null;
  if (type === 'integer' || type === 'number') return 0;
  return type === 'boolean' ? false : null;
}
