/** Whether a value has the shape of a schema, in the words of structured-merge-diff. */
import { encodeJson } from '../../exact-json.js';
import { goText, goTypeOf } from '../../go-text.js';
import { isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { keyElement } from './elements.js';
import { pathText } from './field-set.js';

/** What is wrong with the shape of the value; undefined where nothing is. */
export function shapeProblem(value: unknown, schema: Schema): string | undefined {
  const problems: string[] = [];
  visit(value, schema, '', problems);
  if (problems.length < 2) return problems[0];
  return ['errors:', ...problems.map((it) => `  ${it}`)].join('\n');
}

/** More than these are not told. */
const PROBLEMS_MAX = 100;

function visit(value: unknown, schema: Schema, path: string, problems: string[]): void {
  if (value === null || value === undefined || problems.length >= PROBLEMS_MAX) return;
  const node = resolve(schema);
  const tell = (problem: string) => void problems.push(path === '' ? problem : `${path}: ${problem}`);
  const type = kindOf(node);
  if (type === 'any' || type === 'map') {
    if (isRecord(value)) visitFields(value, node, path, problems);
    else if (Array.isArray(value) && type === 'any') visitItems(value, { ...node, ...schema }, path, problems);
    else if (type === 'map') tell(`expected map, got &{${goText(value)}}`);
  } else if (type === 'list') {
    if (Array.isArray(value)) visitItems(value, { ...node, ...schema }, path, problems);
    else tell(`expected list, got &{${goText(value)}}`);
  } else if (!SCALARS[type](value)) tell(unexpected(type, value));
}

type Scalar = 'numeric' | 'string' | 'boolean' | 'scalar';

const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';

const SCALARS: Readonly<Record<Scalar, (value: unknown) => boolean>> = {
  numeric: isNumber,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  scalar: (value) => typeof value !== 'object',
};

function unexpected(type: Scalar, value: unknown): string {
  switch (type) {
    case 'numeric':
      return `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'string':
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case 'boolean':
      return `expected boolean, got &{${goText(value)}}`;
    case 'scalar':
      return `expected any scalar, got &{${goText(value)}}`;
  }
}

/** What values of the schema are to those who only merge them: a text with a format may be any scalar. */
function kindOf({ type, format = '' }: Schema): Scalar | 'map' | 'list' | 'any' {
  if (format === 'quantity' || format === 'int-or-string') return 'scalar';
  switch (type) {
    case 'object':
      return 'map';
    case 'array':
      return 'list';
    case 'integer':
    case 'number':
      return 'numeric';
    case 'boolean':
      return 'boolean';
    case 'string':
      return format === '' || format === 'byte' ? 'string' : 'scalar';
    default:
      return 'any';
  }
}

function visitFields(object: Record<string, unknown>, node: Schema, path: string, problems: string[]): void {
  const { properties, map } = node;
  if (properties === undefined && map === undefined) return;
  for (const [field, value] of Object.entries(object)) {
    const property = properties !== undefined && Object.hasOwn(properties, field) ? properties[field] : map;
    if (property === undefined) {
      problems.push(`${path}.${field}: field not declared in schema`);
      return;
    }
    visit(value, property, `${path}.${field}`, problems);
  }
}

function visitItems(list: readonly unknown[], schema: Schema, path: string, problems: string[]): void {
  const { items = {}, listType } = schema;
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    let own = `[${index}]`;
    if (listType === 'map' || listType === 'set') {
      const problem = listType === 'map' ? keyProblem(item, schema) : memberProblem(item);
      if (problem !== undefined) {
        problems.push(`${path}: element ${index}: ${problem}`);
        return;
      }
      const element = listType === 'map' ? keyElement(item, schema) : `v:${encodeJson(item)}`;
      own = pathText([element]);
      if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${own}`);
      seen.add(element);
    }
    visit(item, items, `${path}${own}`, problems);
  }
}

function keyProblem(item: unknown, schema: Schema): string | undefined {
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isRecord(item)) return 'associative list with keys may not have non-map elements';
  if (keyElement(item, schema) !== 'k:{}') return undefined;
  const keys = (schema.mapKeys ?? []).map((key) => JSON.stringify(key)).join(' ');
  return `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`;
}

function memberProblem(item: unknown): string | undefined {
  if (item === null) return "associative list without keys has an element that's an explicit null";
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
  return typeof item === 'object' ? "associative list without keys has an element that's a map type" : undefined;
}

/** As Go writes any value in its own syntax. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isRecord(value)) return goText(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`).join(', ')}}`;
}
