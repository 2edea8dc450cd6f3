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
  const type = { apiVersion: 'example.com/v1', kind: 'Thing' };
  const { object } = decodeObject(kind, { ...type, metadata, ...fields }, { fieldValidation: 'Ignore' });
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
    '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a","x":1},"spec":{"z":1,"a":"1","a":"2","list":[{"b":1,"c":2}],"free":{"d":{"e":1}}},"y":1}';
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

test('a scale is at the places that the definition names, and says what is wrong there', () => {
  const scale = { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n', labelSelectorPath: '.status.sel' };
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const kind = kindOf(schema, { subresources: { status: {}, scale } });
  const access = kind.strategy.scale!;
  const it = created(kind, { spec: { n: 3 } });
  assert.deepEqual(access.get(it), { specReplicas: 3, statusReplicas: 0, selector: '' });
  access.set(it, 5);
  assert.deepEqual(it['spec'], { n: 5 });
  const bare = created(kind, {});
  assert.equal(access.get(bare).specReplicas, undefined);
  access.set(bare, 1);
  assert.deepEqual(bare['spec'], { n: 1 });
  const errors = (fields: Loose) => kind.validate(created(kind, fields)).map(errorText);
  assert.deepEqual(errors({ spec: { n: -1 } }), ['.spec.n: Invalid value: -1: should be a non-negative integer']);
  assert.deepEqual(errors({ spec: { n: 'x' } }), [
    '.spec.n: Invalid value: 0: .spec.n accessor error: x is of the type string, expected int64',
  ]);
  assert.deepEqual(errors({ spec: { n: 2 ** 31 } }), [
    '.spec.n: Invalid value: 2147483648: should be less than or equal to 2147483647',
  ]);
});

test('every change but one of metadata is a new generation, and the status is written apart', () => {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const kind = kindOf(schema, { subresources: { status: {} } });
  const old = created(kind, { spec: { a: 1 }, status: { b: 1 } });
  assert.deepEqual([old.metadata.generation, old['status']], [1, undefined]);
  const next = structuredClone(old);
  next.metadata.labels = { a: 'b' };
  next['status'] = { b: 2 };
  kind.strategy.prepareForUpdate(next, old);
  assert.deepEqual([next.metadata.generation, next['status']], [1, undefined]);
  next['other'] = 1;
  kind.strategy.prepareForUpdate(next, old);
  assert.equal(next.metadata.generation, 2);
  const updated = { ...structuredClone(old), spec: { a: 2 }, status: { b: 3 } };
  updated.metadata.labels = { c: 'd' };
  kind.strategy.prepareForStatusUpdate(updated, old, '');
  assert.deepEqual([updated.metadata.labels, updated.spec, updated.status], [undefined, { a: 1 }, { b: 3 }]);
});

test('what broke the schema before may stay, where it stays as it was', () => {
  const kind = kindOf(
    spec({
      a: { type: 'string', maxLength: 1 },
      b: { type: 'string' },
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: {
          type: 'object',
          properties: { k: { type: 'string' }, v: { type: 'integer', maximum: 1 } },
          'x-kubernetes-validations': [{ rule: 'self.v > 0', message: 'too small' }],
        },
      },
    }),
  );
  const of = (fields: Loose) => {
    const it = created(kind, { spec: fields });
    it.metadata.resourceVersion = '1';
    return it;
  };
  const update = (before: Loose, after: Loose) => kind.validateUpdate(of(after), of(before)).map(errorText);
  assert.deepEqual(update({ a: 'xx' }, { a: 'xx', b: 'new' }), []);
  assert.equal(update({ a: 'xx' }, { a: 'yy' })[0], 'spec.a: Too long: may not be more than 1 bytes');
  const [low, high] = [
    { k: 'low', v: -1 },
    { k: 'high', v: 5 },
  ];
  assert.deepEqual(update({ list: [low, high] }, { list: [high, low], b: 'new' }), []);
  assert.deepEqual(update({ list: [low] }, { list: [low, { k: 'other', v: 0 }] }), [
    'spec.list[1]: Invalid value: too small',
  ]);
});

test('a body that says another kind or version is refused as upstream refuses it', () => {
  const kind = kindOf({ type: 'object' });
  const refused = (body: Loose) => {
    try {
      return decodeObject(kind, body, { fieldValidation: 'Warn' }).refused?.message ?? '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const apiVersion = 'example.com/v1';
  assert.equal(
    refused({ apiVersion, kind: 'Other', metadata: { name: 'a' } }),
    'Other.example.com "a" is invalid: kind: Invalid value: "Other": must be Thing',
  );
  assert.equal(
    refused({ apiVersion: 'example.com/v2', kind: 'Thing' }),
    'the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)',
  );
  assert.equal(
    refused({ apiVersion, kind: 'Thing', metadata: { name: 1 } }),
    [
      'Thing in version "v1" cannot be handled as a Thing: ',
      'json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
    ].join(''),
  );
  assert.equal(refused({ apiVersion, kind: 'Thing' }), '');
  assert.equal(
    refused({ apiVersion, kind: 1 }),
    "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
  );
});

test('integers of 64 bits are integers, and are kept to the last digit', () => {
  const kind = kindOf(spec({ n: { type: 'integer', format: 'int64' }, small: { type: 'integer', format: 'int32' } }));
  const of = (fields: string) => {
    const { value } = parseJson(`{"spec":{${fields}}}`);
    const it = created(kind, value as Loose);
    return [kind.validate(it).map(errorText), it['spec']];
  };
  assert.deepEqual(of('"n":9223372036854775807'), [[], { n: 9223372036854775807n }]);
  assert.match(String(of('"small":9223372036854775807')[0]), /must be of type integer with format int32/);
});
