/** Properties of custom kinds over schemas and values by chance, and what hostile ones cost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyServerSide,
  type CustomResourceDefinition,
  customKind,
  decodeObject,
  encodeJson,
  type Kind,
  type KubeObject,
  parseJson,
  toTable,
  trackUpdate,
} from '../src/index.js';

type Loose = Record<string, unknown>;

/** The same numbers for the same seed. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ['a', 'b', 'c', 'metadata', 'kind'];
const SCALARS: readonly Loose[] = [
  { type: 'string', default: 'x' },
  { type: 'string', maxLength: 2, pattern: '^[a-z]*$', nullable: true },
  { type: 'integer', minimum: 0, default: 3 },
  { type: 'number' },
  { type: 'boolean', default: false },
  { 'x-kubernetes-int-or-string': true, default: '5%' },
];

function schemaBy(roll: (below: number) => number, depth: number): Loose {
  const kind = depth === 0 ? 0 : roll(6);
  const below = () => schemaBy(roll, depth - 1);
  switch (kind) {
    case 1:
      return { type: 'array', items: below() };
    case 2:
      return { type: 'object', additionalProperties: below() };
    case 3: {
      const properties = Object.fromEntries(NAMES.slice(0, 1 + roll(3)).map((name) => [name, below()]));
      return { type: 'object', properties, ...(roll(3) === 0 ? { default: {} } : {}) };
    }
    case 4:
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: below() } };
    case 5:
      return {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        properties: { spec: below(), status: below() },
        'x-kubernetes-validations': [{ rule: 'has(self.spec) || !has(self.spec)' }],
      };
    default:
      return SCALARS[roll(SCALARS.length)]!;
  }
}

function valueBy(roll: (below: number) => number, depth: number): unknown {
  switch (roll(depth === 0 ? 6 : 9)) {
    case 0:
      return null;
    case 1:
      return roll(2) === 0;
    case 2:
      return roll(100) - 50;
    case 3:
      return roll(100) / 8;
    case 4:
      return 'abc'.slice(roll(3));
    case 5:
      return {};
    case 6:
      return Array.from({ length: roll(4) }, () => valueBy(roll, depth - 1));
    default: {
      const names = [...NAMES, 'spec', 'apiVersion', 'z'].filter(() => roll(2) === 0);
      return Object.fromEntries(names.map((name) => [name, valueBy(roll, depth - 1)]));
    }
  }
}

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

const body = (spec: unknown): Loose => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a', namespace: 'b' },
  spec,
});

/** Undefined where metadata within is of the wrong type. */
function readBy(kind: Kind, value: unknown): KubeObject | undefined {
  try {
    return decodeObject(kind, structuredClone(value), { fieldValidation: 'Warn' }).object;
  } catch {
    return undefined;
  }
}

test('reading, filling and refreshing end where they come to, and what they are given stays as it is', () => {
  const roll = dice(7);
  let count = 0;
  for (let round = 0; round < 1_500; round++) {
    const kind = kindOf({ type: 'object', properties: { spec: schemaBy(roll, 3) } });
    const sent = body(valueBy(roll, 4));
    const text = encodeJson(sent);
    const object = readBy(kind, sent);
    assert.equal(encodeJson(sent), text);
    if (object === undefined) continue;
    count++;
    assert.deepEqual(readBy(kind, object), object);
    kind.defaults(object);
    const once = structuredClone(object);
    kind.defaults(object);
    assert.deepEqual(object, once);
    assert.deepEqual(readBy(kind, object), once);
    kind.strategy.prepareForCreate(object);
    const fresh = kind.refreshed!(object);
    assert.deepEqual(kind.refreshed!(fresh), fresh);
    const errors = kind.validate(object);
    for (const error of errors) assert.equal(typeof error.detail, 'string');
    // What was refused may stay, and what is applied over nothing is the object itself.
    object.metadata.resourceVersion = '1';
    const writer = { manager: 'm', apiVersion: 'example.com/v1', subresource: '', time: undefined, resetFields: [] };
    trackUpdate(undefined, object, kind, writer);
    const { managedFields: _managers, ...metadata } = once.metadata;
    const applied = applyServerSide(undefined, { ...once, metadata }, kind, { ...writer, force: false });
    assert.deepEqual((applied as KubeObject & Loose)['spec'], (once as KubeObject & Loose)['spec']);
  }
  assert.ok(count > 1_000, String(count));
});

/** How often the time of something doubles when its input does: about 1 for what is linear. */
function growth(work: (size: number) => void, size: number): number {
  const time = (of: number) => {
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round++) {
      const { user } = process.cpuUsage();
      work(of);
      least = Math.min(least, process.cpuUsage().user - user);
    }
    return Math.max(least, 1_000);
  };
  time(size);
  return Math.log2(time(4 * size) / time(size)) / 2;
}

const keyed = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: {
            type: 'object',
            properties: { k: { type: 'string', pattern: '^(k|kk)*[0-9]+$' }, v: { type: 'integer', maximum: 3 } },
          },
        },
      },
    },
  },
};

test('all that is done to an object takes time in proportion to it, right or wrong', () => {
  const kind = kindOf(keyed);
  for (const v of [1, 5]) {
    const made = (size: number) => {
      const list = Array.from({ length: size }, (_, index) => ({ k: `k${index}`, v }));
      const { object } = decodeObject(kind, body({ list }), { fieldValidation: 'Warn' });
      kind.defaults(object);
      object.metadata.resourceVersion = '1';
      return object as KubeObject & { spec: { list: unknown[] } };
    };
    const work = (size: number) => {
      const [old, next] = [made(size), made(size)];
      next.spec.list.reverse();
      kind.validate(old);
      kind.validateUpdate(next, old);
      kind.refreshed!(old);
    };
    // Whatever else the machine does only makes a look worse: one good look of several shows what the work is.
    let least = growth(work, 1_500);
    for (let look = 1; look < 6 && least >= 1.5; look++) least = Math.min(least, growth(work, 1_500));
    assert.ok(least < 1.5, `v ${v}: grows with power ${least}`);
  }
});

test('hostile patterns, depths and defaults end soon, and are refused where they are too much', () => {
  const pattern = kindOf({ type: 'object', properties: { spec: { type: 'string', pattern: '^(a+)+$' } } });
  const long = decodeObject(pattern, body(`${'a'.repeat(50_000)}!`), { fieldValidation: 'Warn' }).object;
  assert.match(pattern.validate(long)[0]?.detail ?? '', /should match '\^\(a\+\)\+\$'/);

  let deep: Loose = { type: 'string' };
  for (let depth = 0; depth < 500; depth++) deep = { type: 'object', properties: { a: deep } };
  const nested = kindOf({ type: 'object', properties: { spec: deep } });
  const { value } = parseJson(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`);
  const object = decodeObject(nested, body(value), { fieldValidation: 'Warn' }).object;
  nested.defaults(object);
  assert.match(nested.validate(object)[0]?.detail ?? '', /in body must be of type string/);

  const items = { type: 'object', properties: { v: { type: 'string', default: 'x'.repeat(100_000) } } };
  const large = kindOf({ type: 'object', properties: { spec: { type: 'array', items } } });
  const many = decodeObject(large, body(Array.from({ length: 20_000 }, () => ({}))), { fieldValidation: 'Warn' });
  assert.throws(() => large.defaults(many.object), { code: 413 });
});

test('a column whose path leads everywhere, again and again, is empty', () => {
  const jsonPath = `.spec${'..a'.repeat(12)}..nope`;
  const kind = kindOf(
    { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    { additionalPrinterColumns: [{ name: 'x', type: 'string', jsonPath }] },
  );
  const { value } = parseJson(`${'{"a":'.repeat(400)}1${'}'.repeat(400)}`);
  const { object } = decodeObject(kind, body(value), { fieldValidation: 'Warn' });
  const { rows } = toTable(kind, [object], { now: new Date(0), includeObject: 'None' });
  assert.deepEqual(rows[0]?.cells, ['a', null]);
});

test('fields that objects of the language have are fields like others', () => {
  const kind = kindOf({
    type: 'object',
    properties: { spec: { type: 'object', properties: { a: { type: 'string', default: 'x' } } } },
  });
  const { value, notes } = parseJson(
    '{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"__proto__":{"b":1},"constructor":1,"toString":2}}',
  );
  const { object, warnings } = decodeObject(kind, value, { fieldValidation: 'Warn', notes });
  assert.deepEqual(warnings, [
    'unknown field "spec.__proto__"',
    'unknown field "spec.constructor"',
    'unknown field "spec.toString"',
  ]);
  kind.defaults(object);
  assert.deepEqual((object as KubeObject & Loose)['spec'], { a: 'x' });
});
