import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../kind.js';
import { resolve, type Schema } from '../schema.js';
import { allKinds } from './index.js';

const LARGEST = 2n ** 63n - 1n;

/** An object with everything that a schema knows in it, and every integer of 64 bits as large as it can be. */
function full(schema: Schema, depth: number): unknown {
  const node = resolve(schema);
  if (node.format === 'int64') return LARGEST;
  if (node.format === 'quantity') return '1';
  if (node.format === 'int-or-string' || node.type === 'integer' || node.type === 'number') return 1;
  if (node.type === 'boolean') return true;
  if (node.type === 'string') return node.format === 'date-time' ? '2024-01-01T00:00:00Z' : 'x';
  if (node.type === 'array') return depth > 9 ? [] : [full(node.items ?? {}, depth + 1)];
  if (depth > 9) return {};
  if (node.properties !== undefined) {
    const fields = Object.entries(node.properties).map(
      ([key, it]) => [key, key === 'operator' ? 'Exists' : full(it, depth + 1)] as const,
    );
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  }
  return node.map === undefined ? {} : { x: full(node.map, depth + 1) };
}

for (const kind of allKinds) {
  test(`${kind.group}/${kind.kind} takes the largest integers`, () => {
    const object = () => full(kind.schema, 0) as KubeObject;
    const [next, old] = [object(), object()];
    kind.defaults(next);
    kind.defaults(old);
    assert.ok(Array.isArray(kind.validate(next)));
    assert.ok(Array.isArray(kind.validateUpdate(next, old)));
    assert.ok(Array.isArray(kind.validateStatusUpdate(next, old)));
    assert.ok(Array.isArray(kind.strategy.warnings(next, old)));
    for (const column of kind.columns) column.value(next, { now: new Date(0) });
    kind.strategy.prepareForUpdate(next, old);
    kind.strategy.prepareForStatusUpdate(next, old, '2026-01-01T00:00:00Z');
    kind.strategy.deletionGrace?.(next, LARGEST as unknown as number);
    kind.strategy.prepareForCreate(next);
    kind.complete(next);
  });
}
