import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector } from './field.js';

const read = (field: string): string => ({ 'metadata.name': 'a', 'status.phase': 'Running' })[field] ?? '';

test('a field selector compares fields', () => {
  assert.equal(parseFieldSelector('metadata.name=a,status.phase!=Failed').matches(read), true);
  assert.equal(parseFieldSelector('metadata.name==b').matches(read), false);
  assert.equal(parseFieldSelector('spec.nodeName=').matches(read), true);
  assert.equal(parseFieldSelector('').empty, true);
});

test('commas, equal signs and backslashes are escaped', () => {
  const matcher = parseFieldSelector('a=x\\,y\\=z\\\\');
  assert.deepEqual(matcher.requirements, [{ field: 'a', operator: '=', value: 'x,y=z\\' }]);
  assert.equal(matcher.toString(), 'a=x\\,y\\=z\\\\');
});

test('a term that compares nothing is refused', () => {
  const message = "invalid selector: 'metadata.name'; can't understand 'metadata.name'";
  assert.throws(() => parseFieldSelector('metadata.name'), { name: 'SelectorError', message });
});
