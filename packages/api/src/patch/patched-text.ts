/** The JSON text that upstream makes of a patched object, which its refusals show. */
import { encodeGoJson } from '../exact-json.js';
import { goOrder } from '../go-order.js';
import { isRecord } from '../object.js';
import { resolve, type Schema } from '../schema.js';

/** Where a patch came by: there fields are sorted. What it brought along is as it came. */
interface Traces {
  readonly touched: Set<string>;
  readonly brought: Set<string>;
}

export function patchedText(value: unknown, schema: Schema, patch: unknown): string {
  const traces: Traces = { touched: new Set(['']), brought: new Set() };
  if (Array.isArray(patch)) for (const operation of patch) traceOperation(operation, traces);
  else traceMerge(patch, '', traces);
  return encodeGoJson(ordered(value, schema, '', traces));
}

function traceOperation(operation: unknown, { touched, brought }: Traces): void {
  if (!isRecord(operation)) return;
  for (const pointer of [operation['path'], operation['from']]) {
    if (typeof pointer !== 'string') continue;
    for (let at = pointer.indexOf('/', 1); at > 0; at = pointer.indexOf('/', at + 1)) touched.add(pointer.slice(0, at));
  }
  if (operation['op'] !== 'test') brought.add(String(operation['path']));
}

function traceMerge(patch: unknown, pointer: string, traces: Traces): void {
  if (!isRecord(patch)) {
    traces.brought.add(pointer);
    return;
  }
  traces.touched.add(pointer);
  for (const [key, item] of Object.entries(patch)) traceMerge(item, `${pointer}/${escaped(key)}`, traces);
}

function escaped(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** `isMap`: it is within an object that is of no Go type, so that all of it is maps. */
function ordered(value: unknown, schema: Schema, pointer: string, traces: Traces, isMap = false): unknown {
  if (traces.brought.has(pointer)) return value;
  const node = resolve(schema);
  if (Array.isArray(value)) {
    const items = schema.items ?? node.items ?? {};
    return value.map((item, index) => ordered(item, items, `${pointer}/${index}`, traces, isMap));
  }
  if (!isRecord(value)) return value;
  const order = goOrder(node);
  const isUntyped = isMap || (node.properties !== undefined && node.name === undefined);
  const isSorted = isUntyped || traces.touched.has(pointer) || node.map !== undefined;
  const fields = Object.entries(value);
  if (isSorted) fields.sort(([a], [b]) => (a < b ? -1 : 1));
  else if (order !== undefined) fields.sort(([a], [b]) => (order.get(a) ?? -1) - (order.get(b) ?? -1));
  return Object.fromEntries(
    fields.map(([key, item]) => {
      const below = node.properties?.[key] ?? node.map ?? {};
      return [key, ordered(item, below, `${pointer}/${escaped(key)}`, traces, isUntyped)];
    }),
  );
}
