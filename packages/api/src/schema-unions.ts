/** Where values of several kinds may stand, as in the schemas of custom resources: which schema one of them is of. */
import { isRecord } from './object.js';
import { resolve, type Schema } from './schema.js';

const PROPS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

const props: Schema = { ref: PROPS };
const propsList: Schema = { type: 'array', items: props };
const texts: Schema = { type: 'array', items: { type: 'string' } };

export interface Union {
  readonly list?: Schema;
  /** As Go writes such a value: the form of a schema, that of a list, and whether it is a plain `true` or a schema. */
  goForm(schema: unknown, list: unknown, allows: boolean): Record<string, unknown>;
  /** What is said of a value that is none of them; without it such a value is none. */
  readonly otherwise?: string;
}

const UNIONS: ReadonlyMap<string, Union> = new Map<string, Union>([
  [`${PROPS}OrArray`, { list: propsList, goForm: (Schema, JSONSchemas) => ({ Schema, JSONSchemas }) }],
  [`${PROPS}OrStringArray`, { list: texts, goForm: (Schema, Property) => ({ Schema, Property }) }],
  [
    `${PROPS}OrBool`,
    {
      otherwise: 'boolean or JSON schema expected',
      goForm: (Schema, _list, Allows) => ({ Allows, Schema }),
    },
  ],
]);

export function unionOf({ type, name }: Schema): Union | undefined {
  return type === undefined && name !== undefined ? UNIONS.get(name) : undefined;
}

/** The schema of the value, if it is one that the union knows. */
export function memberOf(union: Union, value: unknown): Schema | undefined {
  if (Array.isArray(value)) return union.list;
  return isRecord(value) ? props : undefined;
}

/** Follows references, through unions too. */
export function resolveFor(schema: Schema, value: unknown): Schema {
  const node = resolve(schema);
  if (node.type !== undefined) return node;
  const union = unionOf(node);
  const member = union === undefined ? undefined : memberOf(union, value);
  return member === undefined ? node : resolve(member);
}
