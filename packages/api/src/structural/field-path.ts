/** Paths such as `.spec.names['a']` in rules and selectable fields: names of properties and keys of maps. */
import { LETTER_ESCAPES } from '@keelson/cel';
import { Path } from '../field-errors.js';
import { conversionProblem } from './convertible.js';
import { additionalOf, type JsonSchema, propertyOf, valuesOf } from './json-schema.js';

export type FoundField =
  | { readonly path: Path; readonly root: string; readonly schema: JsonSchema | undefined }
  | { readonly problem: string };

class PathError extends Error {}

/** Whether the path leads to something that the schema has. */
export function findField(text: string, schema: JsonSchema, { brackets = true } = {}): FoundField {
  try {
    return walk(text, schema, brackets);
  } catch (error) {
    if (error instanceof PathError) return { problem: error.message };
    throw error;
  }
}

/** As rules say it; where the schema is none that can be told. */
export function isFieldPath(text: string, schema: JsonSchema): boolean {
  return conversionProblem(schema) !== undefined || 'path' in findField(text, schema);
}

function walk(text: string, schema: JsonSchema, brackets: boolean): FoundField {
  const tokens = tokenize(text);
  const next = (): string => {
    const { value } = tokens.next();
    if (value === undefined) throw new PathError('unexpected end of JSON path');
    return value;
  };
  let [path, root] = [new Path(), ''];
  let at: JsonSchema | undefined = schema;
  const step = (name: string): void => {
    const found = descend(at, name);
    path = found.isNamed ? path.child(name) : path.key(name);
    if (root === '') root = name;
    at = found.schema;
  };
  for (const token of tokens) {
    if (token === '.') step(next());
    else if (token === '[') {
      if (!brackets) throw new PathError('array notation is not allowed');
      step(unquote(next()));
      const end = next();
      if (end !== ']') throw new PathError(`expected ] but got ${end}`);
    } else throw new PathError(`expected [ or . but got: ${token}`);
  }
  return { path, root, schema: at };
}

function descend(schema: JsonSchema | undefined, name: string): { schema: JsonSchema | undefined; isNamed: boolean } {
  const isNamed = schema !== undefined && Object.keys(schema.properties ?? {}).length > 0;
  if (schema !== undefined && isNamed) {
    const property = propertyOf(schema, name);
    if (property === undefined) throw new PathError('does not refer to a valid field');
    return { schema: property, isNamed };
  }
  if (schema === undefined || additionalOf(schema.additionalProperties) === undefined)
    throw new PathError('does not refer to a valid field');
  return { schema: valuesOf(schema), isNamed };
}

const TOKEN = /[.[\]]|'(?:.*?[^\\])??'|'.*|[^.[\]]+/sy;

/** Delimiters, and the texts between them; within quotes there are none. A quote that does not end takes the rest. */
function* tokenize(text: string): Generator<string, undefined> {
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) yield pattern.exec(text)![0];
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...LETTER_ESCAPES,
  "'": "'",
  '\\': '\\',
};

function unquote(token: string): string {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'"))
    throw new PathError(`expected single quoted string but got ${token}`);
  return token.slice(1, -1).replace(/\\./g, (text) => {
    const plain = ESCAPES[text[1] ?? ''];
    if (plain === undefined) throw new PathError(`invalid string literal: invalid escape char ${text}`);
    return plain;
  });
}
