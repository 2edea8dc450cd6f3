/** Whether a configuration has the shape of its kind, with the words of the library that upstream merges by. */
import { encodeJson } from '../../exact-json.js';
import { quote } from '../../field-errors.js';
import { goFloat, goText, goTypeOf } from '../../go-text.js';
import { FAULTS_MAX } from '../../json.js';
import { isRecord } from '../../object.js';
import { resolve, type Schema } from '../../schema.js';
import { keysOf } from './elements.js';

/** All that is wrong with a value's shape, as one text. */
export function shapeProblem(value: unknown, schema: Schema): string | undefined {
  const problems: string[] = [];
  walk(value, schema, { tell: (text) => problems.push(text) < FAULTS_MAX, keepsUnknown: false });
  const [first] = problems;
  if (first === undefined || problems.length === 1) return first;
  return ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

interface Where {
  /** The value that this one is a part of, and its name there. */
  readonly parent?: Where;
  readonly element?: string;
  readonly tell: (text: string) => boolean;
  /** Fields that a custom resource does not declare are kept, here and below. */
  readonly keepsUnknown: boolean;
}

function below(where: Where, element: string): Where {
  return { ...where, parent: where, element };
}

/** Takes note of a problem; false when nobody wants to hear more. */
function tell(where: Where, text: string): boolean {
  const path: string[] = [];
  for (let at: Where | undefined = where; at !== undefined; at = at.parent) path.push(at.element ?? '');
  const place = path.reverse().join('');
  return where.tell(place === '' ? text : `${place}: ${text}`);
}

/** False when to be read no further. */
function walk(value: unknown, schema: Schema, where: Where): boolean {
  if (value === null || value === undefined) return true;
  const node = resolve(schema);
  const at = node.preserveUnknownFields === true && !where.keepsUnknown ? { ...where, keepsUnknown: true } : where;
  switch (isAnything(node) ? undefined : node.type) {
    case undefined:
      if (Array.isArray(value)) return walkItems(value, { ...node, ...schema }, at);
      return !isRecord(value) || walkFields(value, node, at);
    case 'object':
      if (!isRecord(value)) return tell(at, `expected map, got ${shown(value)}`);
      return walkFields(value, node, at);
    case 'array':
      if (!Array.isArray(value)) return tell(at, `expected list, got ${shown(value)}`);
      return walkItems(value, { ...node, ...schema }, at);
    default: {
      const problem = scalarProblem(value, node);
      return problem === undefined || tell(at, problem);
    }
  }
}

/** Values without a type of their own, and those that are one of several. */
function isAnything({ type, format, name }: Schema): boolean {
  return type === undefined || format === 'int-or-string' || name?.endsWith('.RawExtension') === true;
}

/** Fields are met in the order of their names, and one that is not known ends it. */
function walkFields(record: Record<string, unknown>, node: Schema, where: Where): boolean {
  const isFree = where.keepsUnknown || (node.properties === undefined && node.map === undefined);
  for (const field of Object.keys(record).sort()) {
    const property = node.properties !== undefined && Object.hasOwn(node.properties, field);
    const schema = property ? node.properties?.[field] : (node.map ?? (isFree ? {} : undefined));
    const at = below(where, `.${field}`);
    if (schema === undefined) return tell(at, 'field not declared in schema');
    if (!walk(record[field], schema, at)) return false;
  }
  return true;
}

function walkItems(list: readonly unknown[], schema: Schema, where: Where): boolean {
  const items = schema.items ?? {};
  if (schema.listType !== 'map' && schema.listType !== 'set') {
    return list.every((item, index) => walk(item, items, below(where, `[${index}]`)));
  }
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const problem = schema.listType === 'map' ? keyProblem(item, schema) : memberProblem(item);
    if (problem !== undefined) return tell(where, `element ${index}: ${problem}`);
    const [name, element] = schema.listType === 'map' ? keyName(item, schema) : [encodeJson(item), `[=${told(item)}]`];
    if (seen.has(name) && !tell(where, `duplicate entries for key ${element}`)) return false;
    seen.add(name);
    if (!walk(item, items, below(where, element))) return false;
  }
  return true;
}

/** Why an item of a keyed list cannot be told from others. */
function keyProblem(item: unknown, schema: Schema): string | undefined {
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isRecord(item)) return 'associative list with keys may not have non-map elements';
  const keys = schema.mapKeys ?? [];
  if (keys.length === 0 || keysOf(item, schema).length > 0) return undefined;
  const names = `[${keys.map(quote).join(' ')}]`;
  return `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`;
}

/** Why an item of a set cannot be told from others. */
function memberProblem(item: unknown): string | undefined {
  if (item === null) return "associative list without keys has an element that's an explicit null";
  if (Array.isArray(item)) return 'not supported: associative list with lists as elements';
  return isRecord(item) ? "associative list without keys has an element that's a map type" : undefined;
}

function keyName(item: unknown, schema: Schema): [name: string, element: string] {
  const keys = keysOf(item, schema);
  return [encodeJson(keys), `[${keys.map(([key, value]) => `${key}=${told(value)}`).join(',')}]`];
}

function scalarProblem(value: unknown, { type, format }: Schema): string | undefined {
  const isScalar = typeof value !== 'object';
  if (format !== undefined && ANY_SCALAR.has(format)) {
    return isScalar ? undefined : `expected any scalar, got ${shown(value)}`;
  }
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${shown(value)}`;
    case 'integer':
    case 'number':
      if (typeof value === 'number' || typeof value === 'bigint') return undefined;
      return `expected numeric (int or float), got ${goTypeOf(value)}`;
    default:
      if (typeof value === 'string') return undefined;
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  }
}

/** Texts whose format somebody else reads, later. */
const ANY_SCALAR = new Set(['quantity', 'date-time', 'micro-time']);

/** As Go writes any value in its own syntax. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'bigint') return goFloat(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isRecord(value)) return String(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map((key) => `${quote(key)}:${goSyntax(value[key])}`).join(', ')}}`;
}

function shown(value: unknown): string {
  return `&{${goText(value, goFloat)}}`;
}

/** A value in a path. */
function told(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'bigint') return goFloat(value);
  if (Array.isArray(value)) return `[${value.map(told).join(',')}]`;
  if (!isRecord(value)) return String(value);
  return Object.entries(value)
    .map(([key, item]) => `${key}=${told(item)}`)
    .join('');
}
