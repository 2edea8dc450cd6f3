import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeJson, encodeJson } from './exact-json.js';
import { parseJson } from './json.js';

test('every JSON value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(text));
      const { value: read, duplicates } = parseJson(text);
      assert.deepEqual([read, duplicates], [JSON.parse(text), []]);
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

test('integers of 64 bits go through unrounded, larger numbers as they always did', () => {
  const exact =
    '[9007199254740991,9007199254740993,-9223372036854775808,9223372036854775807,{"a":3546343826724305832}]';
  for (const read of [(text: string) => parseJson(text).value, decodeJson])
    assert.equal(encodeJson(read(exact)), exact);
  assert.equal(encodeJson(decodeJson('[9223372036854775808,1e3,1.0,-0]')), '[9223372036854776000,1000,1,0]');
  const indented = encodeJson({ a: decodeJson('9007199254740993'), b: [], c: undefined, d: [{}] }, 2);
  assert.equal(indented, '{\n  "a": 9007199254740993,\n  "b": [],\n  "d": [\n    {}\n  ]\n}');
});

test('what fits a number is one, so that values can be compared and computed with', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(text));
      assert.deepEqual(decodeJson(text), JSON.parse(text));
      assert.equal(encodeJson(value), text);
    }),
  );
  assert.equal(parseJson('0000000001'.slice(9)).value, 1);
  assert.equal(parseJson('1000000000000000').value, 1e15);
});

test('a reader knows the order of fields, those given again, and how numbers were written', () => {
  const { value, notes } = parseJson('{"b":1.0,"10":[1e2],"b":2}');
  const note = notes.get(value as object);
  assert.deepEqual(note?.fields, [
    ['b', 1],
    ['10', [100]],
    ['b', 2],
  ]);
  assert.equal(note?.numbers?.get('b'), '1.0');
  assert.equal(notes.get((value as { 10: object })[10])?.numbers?.get('0'), '1e2');
  assert.deepEqual(Object.keys(value as object), ['10', 'b']);
});
