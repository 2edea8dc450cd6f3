import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './json.js';

test('every JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseJson(text), { value: JSON.parse(text), duplicates: [] });
    }),
  );
});

test('fields given twice are told by their path, and the last one counts', () => {
  const { value, duplicates } = parseJson('{"a":1,"b":[{"c":1,"c":2}],"a":3}');
  assert.deepEqual(value, { a: 3, b: [{ c: 2 }] });
  assert.deepEqual(duplicates, ['b[0].c', 'a']);
});

test('syntax errors are told as Go tells them', () => {
  const pairs: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['{', 'unexpected end of JSON input'],
    ['not json', "invalid character 'o' in literal null (expecting 'u')"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['1 x', "invalid character 'x' after top-level value"],
    ['yes', "invalid character 'y' looking for beginning of value"],
  ];
  for (const [text, message] of pairs) assert.throws(() => parseJson(text), { name: 'JsonSyntaxError', message }, text);
});

test('a field named __proto__ is a field', () => {
  const { value } = parseJson('{"__proto__":{"polluted":true}}');
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('nesting without end is refused, not followed', () => {
  assert.throws(() => parseJson('['.repeat(20_000)), { message: 'exceeded max depth' });
});
