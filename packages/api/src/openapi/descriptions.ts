/** What types and fields are for, in a sentence each: what `kubectl explain` shows. */
import { readSchemaFile } from '../schema.js';

/**
 * By type (`Pod`), field of a type (`Pod.spec`), field of whatever type (`.spec`), and the same by the end of a type's name
 * (`*List`, `*List.items`), where `{}` stands for what is before it.
 */
const table = new Map(Object.entries(readSchemaFile<Readonly<Record<string, string>>>('descriptions.json')));
const endings = [...table.keys()].filter((key) => /^\*\w+$/.test(key)).map((key) => key.slice(1));

/** `typeName` is the OpenAPI name, such as `io.k8s.api.core.v1.Pod`. */
export function describeType(typeName: string): string | undefined {
  const type = shortName(typeName);
  const ending = endingOf(type);
  const own = table.get(type);
  if (own !== undefined || ending === undefined) return own;
  return table.get(`*${ending}`)?.replace('{}', type.slice(0, -ending.length));
}

export function describeField(typeName: string, field: string): string | undefined {
  const type = shortName(typeName);
  return table.get(`${type}.${field}`) ?? table.get(`*${endingOf(type)}.${field}`) ?? table.get(`.${field}`);
}

function shortName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf('.') + 1);
}

function endingOf(type: string): string | undefined {
  return endings.find((it) => type.endsWith(it) && type.length > it.length);
}
