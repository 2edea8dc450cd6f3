import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../../schema.js';
import { shapeProblem } from './typed.js';

const keyed: Schema = {
  type: 'array',
  listType: 'map',
  mapKeys: ['k', 'p'],
  items: {
    type: 'object',
    properties: { k: { type: 'string' }, p: { type: 'string' }, q: { type: 'string', default: 'x' } },
  },
};
const schema: Schema = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    when: { type: 'string', format: 'date-time' },
    number: { type: 'integer' },
    flag: { type: 'boolean' },
    list: { type: 'array', items: { type: 'string' } },
    set: { type: 'array', listType: 'set', items: { type: 'string' } },
    map: { type: 'object', map: { type: 'integer' } },
    keyed,
    free: { type: 'object' },
    any: {},
  },
};

const cases: readonly (readonly [value: unknown, problem: string | undefined])[] = [
  [
    { text: 'a', when: 1, number: 1.5, flag: true, list: [], map: { a: 1 }, free: { a: [1] }, any: [{ b: 1 }] },
    undefined,
  ],
  [{ text: null, list: null, map: null, keyed: null }, undefined],
  [{ nope: 1 }, '.nope: field not declared in schema'],
  [{ text: 1 }, '.text: expected string, got &value.valueUnstructured{Value:1}'],
  [{ number: 'a' }, '.number: expected numeric (int or float), got string'],
  [{ flag: 'a' }, '.flag: expected boolean, got &{a}'],
  [{ when: [] }, '.when: expected any scalar, got &{[]}'],
  [{ list: { a: 1 } }, '.list: expected list, got &{map[a:1]}'],
  [{ map: 'a' }, '.map: expected map, got &{a}'],
  [{ set: ['a', 'a'] }, '.set: duplicate entries for key [="a"]'],
  [{ set: [{}] }, ".set: element 0: associative list without keys has an element that's a map type"],
  [{ keyed: [{ k: 'a' }, { k: 'a', p: 'b' }] }, undefined],
  [{ keyed: [{ k: 'a' }, { k: 'a' }] }, '.keyed: duplicate entries for key [k="a"]'],
  [
    { keyed: [{ q: 'a' }] },
    '.keyed: element 0: associative list with keys has an element that omits all key fields ["k" "p"] (and doesn\'t have default values for any key fields)',
  ],
  [{ keyed: [{ k: 'a', q: 1 }] }, '.keyed[k="a"].q: expected string, got &value.valueUnstructured{Value:1}'],
  [
    { text: 1, map: { a: 'b' } },
    'errors:\n  .text: expected string, got &value.valueUnstructured{Value:1}\n  .map.a: expected numeric (int or float), got string',
  ],
];

for (const [value, problem] of cases) {
  test(`the shape of ${JSON.stringify(value)}`, () => assert.equal(shapeProblem(value, schema), problem));
}
