import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from '../decode.js';
import { errorText } from '../field-errors.js';
import type { CustomResourceDefinition } from '../gen/types.js';
import { parseJson } from '../json.js';
import type { Kind } from '../kind.js';
import { toTable } from '../table.js';
import { customKind } from './custom-kind.js';

type Loose = Record<string, unknown>;

function kindOf(schema: Loose, version: Loose = {}): Kind {
  const crd = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
    },
  };
  return customKind(crd as unknown as CustomResourceDefinition, 'v1');
}

function read(kind: Kind, text: string) {
  const { value, notes } = parseJson(text);
  return decodeObject(kind, value, { fieldValidation: 'Warn', notes });
}

function created(kind: Kind, fields: Loose) {
  const metadata = { name: 'a', namespace: 'b' };
  const { object } = decodeObject(kind, { metadata, ...fields }, { fieldValidation: 'Ignore' });
  kind.defaults(object);
  kind.strategy.prepareForCreate(object);
  return object as typeof object & Loose;
}

const spec = (properties: Loose, rest: Loose = {}) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...rest } },
});

test('what a schema does not know is dropped and told, at every depth, after fields given twice', () => {
  const kind = kindOf(
    spec({
      a: { type: 'string' },
      list: { type: 'array', items: { type: 'object', properties: { b: { type: 'integer' } } } },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    }),
  );
  const text =
    '{"metadata":{"name":"a","x":1},"spec":{"z":1,"a":"1","a":"2","list":[{"b":1,"c":2}],"free":{"d":{"e":1}}},"y":1}';
  const { object, warnings } = read(kind, text);
  assert.deepEqual(warnings, [
    'duplicate field "spec.a"',
    'unknown field "metadata.x"',
    'unknown field "spec.list[0].c"',
    'unknown field "spec.z"',
    'unknown field "y"',
  ]);
  assert.deepEqual(object, {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    spec: { a: '2', list: [{ b: 1 }], free: { d: { e: 1 } } },
  });
});

test('defaults are put in where nothing is said, and where null says nothing', () => {
  const kind = kindOf(
    spec({
      a: { type: 'string', default: 'x' },
      b: { type: 'string', nullable: true, default: 'x' },
      c: { type: 'string' },
      d: { type: 'object', default: {}, properties: { e: { type: 'integer', default: 1 } } },
    }),
  );
  const it = created(kind, { spec: { a: null, b: null, c: null } });
  assert.deepEqual(it['spec'], { a: 'x', b: null, d: { e: 1 } });
});

test('values are held to the schema, sets and maps to what they are, rules to the end', () => {
  const kind = kindOf(
    spec(
      {
        a: { type: 'string', maxLength: 2 },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      },
      { 'x-kubernetes-validations': [{ rule: "self.a != 'x'", message: 'no x' }] },
    ),
  );
  const errors = (fields: Loose) => kind.validate(created(kind, { spec: fields })).map(errorText);
  assert.deepEqual(errors({ a: 'xx', set: ['a', 'b', 'a'] }), ['spec.set[2]: Duplicate value: "a"']);
  assert.deepEqual(errors({ a: 'x' }), ['spec: Invalid value: no x']);
  assert.deepEqual(errors({ a: 'xxx' }), [
    'spec.a: Too long: may not be more than 2 bytes',
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  ]);
});

test('columns are what the definition says, or the age', () => {
  const now = new Date('2024-01-02T00:00:00Z');
  const it = created(kindOf(spec({ n: { type: 'integer' } })), { spec: { n: 3 } });
  it.metadata.creationTimestamp = '2024-01-01T00:00:00Z';
  const cells = (version: Loose) =>
    toTable(kindOf(spec({ n: { type: 'integer' } }), version), [it], { now, includeObject: 'None' }).rows[0]?.cells;
  assert.deepEqual(cells({}), ['a', '24h']);
  const column = (type: string, jsonPath: string) => ({ name: 'x', type, jsonPath });
  const additionalPrinterColumns = [
    ...[
      column('integer', '.spec.n'),
      column('string', '.spec.n'),
      column('string', '.spec'),
      column('date', '.spec.n'),
    ],
    ...[column('string', '.spec.nope'), column('date', '.metadata.creationTimestamp'), column('string', '.metadata[')],
  ];
  assert.deepEqual(cells({ additionalPrinterColumns }), ['a', 3, '3', '{"n":3}', null, null, '24h']);
});
