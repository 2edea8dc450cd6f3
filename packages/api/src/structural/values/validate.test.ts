import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorText, path } from '../../field-errors.js';
import type { JsonSchema } from '../json-schema.js';
import { isKnownFormat } from './formats.js';
import { validateValue } from './validate.js';

const errors = (value: unknown, schema: JsonSchema) => validateValue(value, schema, path('a')).map(errorText);

test('a value of another type is told by the types', () => {
  assert.deepEqual(errors('x', { type: 'integer' }), [
    'a: Invalid value: "string": a in body must be of type integer: "string"'.replace('a in', ' in'),
  ]);
  assert.deepEqual(errors(null, { type: 'string' }), [
    'a: Invalid value: "null":  in body must be of type string: "null"',
  ]);
  assert.deepEqual(errors(null, { type: 'string', nullable: true }), []);
  assert.deepEqual(errors(1, { type: 'number' }), []);
  assert.deepEqual(errors(1.5, { type: 'integer' }), [
    'a: Invalid value: "number":  in body must be of type integer: "number"',
    'a: Invalid value: "": Checked value must be of type integer (default format) in ',
  ]);
});

test('limits of numbers, texts, lists and objects are those of OpenAPI', () => {
  assert.deepEqual(errors(11, { type: 'integer', maximum: 10 }), [
    'a: Invalid value: 11:  in body should be less than or equal to 10',
  ]);
  assert.deepEqual(errors(1, { type: 'integer', minimum: 1, exclusiveMinimum: true }), [
    'a: Invalid value: 1:  in body should be greater than 1',
  ]);
  assert.deepEqual(errors(7, { multipleOf: 2 }), ['a: Invalid value: 7:  in body should be a multiple of 2']);
  assert.deepEqual(errors('äöü', { maxLength: 2 }), ['a: Too long: may not be more than 2 bytes']);
  assert.deepEqual(errors('b', { pattern: '^a+$' }), [`a: Invalid value: "b":  in body should match '^a+$'`]);
  assert.deepEqual(errors([1, 2], { maxItems: 1 }), ['a: Too many: 2: must have at most 1 item']);
  assert.deepEqual(errors({ b: 1 }, { required: ['c'], properties: { b: { type: 'string' } } }), [
    'a.b: Invalid value: "integer": b in body must be of type string: "integer"',
    'a.c: Required value',
  ]);
  assert.deepEqual(errors(3, { enum: [1, 'x'] }), ['a: Unsupported value: 3: supported values: "1", "x"']);
});

test('of several schemas the one that fits best tells why it does not', () => {
  const oneOf = [{ type: 'integer' }, { type: 'object', required: ['b'] }];
  assert.deepEqual(errors({}, { oneOf }), [
    'a: Invalid value: "": "" must validate one and only one schema (oneOf). Found none valid',
    'a.b: Required value',
  ]);
  assert.deepEqual(errors(1, { anyOf: [{ minimum: 2 }, { maximum: 0 }] }), [
    'a: Invalid value: "": "" must validate at least one schema (anyOf)',
    'a: Invalid value: 1:  in body should be greater than or equal to 2',
  ]);
  assert.deepEqual(errors(1, { not: { type: 'integer' } }), [
    'a: Invalid value: "": "" must not validate the schema (not)',
  ]);
});

test('formats take what they are for', () => {
  const fine: Readonly<Record<string, readonly string[]>> = {
    'date-time': ['2024-02-29T10:00:00Z', '2024-02-29t10:00:00.5+01:00'],
    date: ['2024-02-29'],
    ipv4: ['127.0.0.1'],
    ipv6: ['::1'],
    cidr: ['10.0.0.0/8'],
    mac: ['01:23:45:67:89:ab', '0123.4567.89ab'],
    uuid: ['A987FBC9-4BED-3078-CF07-9141BA07C9F3'],
    isbn: ['0321751043', '978-0321751041'],
    creditcard: ['4111 1111 1111 1111'],
    hexcolor: ['#fff'],
    rgbcolor: ['rgb(1, 2,255)'],
    duration: ['22 ns', '1h', '3 weeks'],
    email: ['a@b.c', 'A B <a@b.c>'],
    uri: ['/a', 'https://a/b?c'],
    hostname: ['a.example', 'localhost'],
    byte: ['YQ=='],
    'k8s-short-name': ['a-b'],
  };
  const wrong: Readonly<Record<string, readonly string[]>> = {
    'date-time': ['2024-02-30T10:00:00Z', '2024-02-29T24:00:00Z', '2024-02-29'],
    date: ['2023-02-29', '24-1-1'],
    ipv4: ['::1', '256.1.1.1'],
    isbn: ['0321751044'],
    creditcard: ['4111 1111 1111 1112'],
    duration: ['x', '5'],
    email: ['a', '@b'],
    uri: ['a b', ''],
    hostname: ['-a', 'a..b'],
    uuid: ['a'],
  };
  for (const [format, texts] of Object.entries(fine))
    for (const text of texts) assert.deepEqual(errors(text, { type: 'string', format }), [], `${format} ${text}`);
  for (const [format, texts] of Object.entries(wrong))
    for (const text of texts) assert.equal(errors(text, { type: 'string', format }).length, 1, `${format} ${text}`);
});

test('a text of any form comes to an answer, whatever format it is to be of', () => {
  const formats = ['email', 'hostname', 'mac', 'duration', 'uri', 'date-time', 'isbn', 'rgbcolor', 'k8s-long-name'];
  assert.ok(formats.every((format) => isKnownFormat(format, 'string')));
  const repeated = fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 3000 }));
  fc.assert(
    fc.property(fc.constantFrom(...formats), repeated, (format, [text, times]) => {
      assert.ok(validateValue(text.repeat(times), { type: 'string', format }, path('a')).length <= 1);
    }),
    { numRuns: 300 },
  );
});
