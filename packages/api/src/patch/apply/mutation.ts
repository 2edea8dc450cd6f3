import type { Kind } from '../../kind.js';
import { apiVersionOf, isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { isOwnedByField } from './elements.js';
import { mergeApplied } from './merge-applied.js';
import { shapeProblem } from './typed.js';

/** An object with a change merged into it as an apply would, but owned by nobody. Throws what is wrong with the change. */
export function mergeMutation(kind: Kind, live: object, change: object): Record<string, unknown> {
  const body = { ...change, apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind };
  const problem = shapeProblem(body, kind.schema);
  if (problem !== undefined) throw new Error(`failed to convert patch object to typed object: ${problem}`);
  const wholes = wholesIn(body, kind.schema, '');
  if (wholes.length > 0)
    throw new Error(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${wholes.join(', ')}`);
  return mergeApplied(live, body, kind.schema) as Record<string, unknown>;
}

/** The paths of what can only be replaced as a whole. */
function wholesIn(value: unknown, schema: Schema, path: string): string[] {
  const node = { ...resolve(schema), ...schema };
  if (isRecord(value)) {
    const own = isOwnedByField(schema) ? [] : [path];
    const fields = Object.entries(value).flatMap(([name, item]) => {
      const field = node.properties?.[name];
      return field === undefined ? [] : wholesIn(item, field, `${path}.${name}`);
    });
    return [...own, ...fields];
  }
  if (!Array.isArray(value)) return [];
  const own = node.listType === 'map' || node.listType === 'set' ? [] : [path];
  return [...own, ...value.flatMap((item, index) => wholesIn(item, node.items ?? {}, `${path}[${index}]`))];
}
