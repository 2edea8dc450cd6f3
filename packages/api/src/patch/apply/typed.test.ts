import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap } from '../../kinds/core/config-map.js';
import { allKinds } from '../../kinds/index.js';
import { resolve, type Schema, typeSchema } from '../../schema.js';
import { shapeProblem } from './typed.js';

/** A place in a kind's schema: what stands there, how it is called, and an object with a value put there. */
interface Place {
  readonly schema: Schema;
  readonly path: string;
  readonly put: (value: unknown) => unknown;
}

const DEPTH_MAX = 9;

/** Every place of a schema down to a depth; a type inside itself is gone through once. */
function* placesOf(place: Place, depth = 0, inside: readonly string[] = []): Generator<Place> {
  yield place;
  const node = { ...resolve(place.schema), ...place.schema };
  const { name = '' } = resolve(place.schema);
  if (depth === DEPTH_MAX || inside.includes(name)) return;
  const path = name === '' ? inside : [...inside, name];
  for (const [field, schema] of Object.entries(node.properties ?? {})) {
    const put = (value: unknown) => place.put({ [field]: value });
    yield* placesOf({ schema, path: `${place.path}.${field}`, put }, depth + 1, path);
  }
  if (node.map !== undefined) {
    const put = (value: unknown) => place.put({ any: value });
    yield* placesOf({ schema: node.map, path: `${place.path}.any`, put }, depth + 1, path);
  }
  const { items } = node;
  if (items === undefined || node.listType === 'set') return;
  const keys = node.listType === 'map' ? keysFor(items, node.mapKeys ?? []) : {};
  const element =
    node.listType === 'map'
      ? `[${Object.entries(keys).map(([key, value]) => `${key}=${JSON.stringify(value)}`)}]`
      : '[0]';
  const put = (value: unknown) => place.put([isKeyless(value) ? value : { ...keys, ...(value as object) }]);
  for (const below of placesOf({ schema: items, path: `${place.path}${element}`, put }, depth + 1, path)) {
    const isKey = Object.keys(keys).some((key) => below.path === `${place.path}${element}.${key}`);
    if (!isKey && !(node.listType === 'map' && below.schema === items)) yield below;
  }
}

const isKeyless = (value: unknown): boolean => typeof value !== 'object' || value === null || Array.isArray(value);

function keysFor(items: Schema, names: readonly string[]): Record<string, unknown> {
  const properties = resolve(items).properties ?? {};
  const keyFor = (name: string) => (resolve(properties[name] ?? {}).type === 'integer' ? 80 : 'k');
  return Object.fromEntries([...names].sort().map((name) => [name, keyFor(name)]));
}

/** What is said of a list of a map where `schema` is wanted, and of a boolean; undefined where either may stand. */
function refusals(schema: Schema): { list?: string; boolean?: string } {
  const { type, format, name } = resolve(schema);
  if (type === undefined || format === 'int-or-string' || name?.endsWith('.RawExtension') === true) return {};
  if (['quantity', 'date-time', 'micro-time'].includes(format ?? ''))
    return { list: 'expected any scalar, got &{[map[x:1]]}' };
  switch (type) {
    case 'object':
      return { list: 'expected map, got &{[map[x:1]]}', boolean: 'expected map, got &{true}' };
    case 'array':
      return { boolean: 'expected list, got &{true}' };
    case 'boolean':
      return { list: 'expected boolean, got &{[map[x:1]]}' };
    case 'string': {
      const list = '[]interface {}{map[string]interface {}{"x":1}}';
      return {
        list: `expected string, got &value.valueUnstructured{Value:${list}}`,
        boolean: 'expected string, got &value.valueUnstructured{Value:true}',
      };
    }
    default:
      return {
        list: 'expected numeric (int or float), got []interface {}',
        boolean: 'expected numeric (int or float), got bool',
      };
  }
}

test('a value of another shape is told by its place, wherever in whatever kind it stands', () => {
  let count = 0;
  for (const kind of allKinds) {
    for (const { schema, path, put } of placesOf({ schema: kind.schema, path: '', put: (value) => value })) {
      if (path === '') continue;
      const { list, boolean } = refusals(schema);
      const told = (text: string | undefined) => (text === undefined ? undefined : `${path}: ${text}`);
      if (resolve(schema).type !== 'array') {
        assert.equal(shapeProblem(put([{ x: 1 }]), kind.schema), told(list), `${kind.kind}${path}`);
      }
      assert.equal(shapeProblem(put(true), kind.schema), told(boolean), `${kind.kind}${path}`);
      assert.equal(shapeProblem(put(null), kind.schema), undefined, `${kind.kind}${path}`);
      const node = resolve(schema);
      if (node.properties !== undefined && node.map === undefined) {
        const unknown = `${path}.nope: field not declared in schema`;
        assert.equal(shapeProblem(put({ nope: 1 }), kind.schema), unknown, `${kind.kind}${path}`);
      }
      count += 1;
    }
  }
  assert.ok(count > 10_000, `${count} places`);
});

const pod = (spec: object): unknown => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
const podProblem = (spec: object) => shapeProblem(pod(spec), typeSchema('io.k8s.api.core.v1.Pod'));

test('everything wrong is told, fields in the order of their names; an unknown one ends its struct', () => {
  assert.equal(
    podProblem({ volumes: 5, containers: [{ name: 'c', image: 1 }], nope: 1, hostname: true }),
    [
      'errors:',
      '  .spec.containers[name="c"].image: expected string, got &value.valueUnstructured{Value:1}',
      '  .spec.hostname: expected string, got &value.valueUnstructured{Value:true}',
      '  .spec.nope: field not declared in schema',
    ].join('\n'),
  );
});

test('items of keyed lists are told by their keys, with defaults for those left out', () => {
  const ports = (...list: unknown[]) => ({ containers: [{ name: 'c', ports: list }] });
  const at = '.spec.containers[name="c"].ports';
  assert.equal(
    podProblem(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' })),
    `${at}: duplicate entries for key [containerPort=80,protocol="TCP"]`,
  );
  assert.equal(podProblem(ports({ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' })), undefined);
  assert.equal(
    podProblem(ports({ containerPort: 2_000_000, x: 1 })),
    `${at}[containerPort=2e+06,protocol="TCP"].x: field not declared in schema`,
  );
  assert.equal(podProblem(ports(null)), `${at}: element 0: associative list with keys may not have a null element`);
  assert.equal(podProblem(ports('x')), `${at}: element 0: associative list with keys may not have non-map elements`);
  assert.equal(podProblem({ containers: [{}, { name: '' }] }), '.spec.containers: duplicate entries for key [name=""]');
  assert.equal(
    podProblem({ containers: [{ name: null }, {}, { name: {} }] })?.split(':')[0],
    '.spec.containers[name=].name',
  );
  assert.equal(
    podProblem({ initContainers: [1, 2], containers: [{ name: 'c', tty: 1 }, null, { name: 'd', tty: 1 }] }),
    [
      'errors:',
      '  .spec.containers[name="c"].tty: expected boolean, got &{1}',
      '  .spec.containers: element 1: associative list with keys may not have a null element',
      '  .spec.initContainers: element 0: associative list with keys may not have non-map elements',
    ].join('\n'),
  );
});

test('an item without any of its keys cannot be told from others', () => {
  const schema: Schema = {
    type: 'array',
    listType: 'map',
    mapKeys: ['b', 'a'],
    items: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' }, c: { type: 'string' } } },
  };
  assert.equal(
    shapeProblem([{ c: 'x' }], schema),
    `element 0: associative list with keys has an element that omits all key fields ["b" "a"] (and doesn't have default values for any key fields)`,
  );
  assert.equal(shapeProblem([{ a: 'x' }, { a: 'x', b: 'y' }], schema), undefined);
  assert.equal(
    shapeProblem(
      [
        { b: 'y', a: 'x' },
        { a: 'x', b: 'y' },
      ],
      schema,
    ),
    'duplicate entries for key [a="x",b="y"]',
  );
});

test('members of sets are scalars, each once', () => {
  const meta = (finalizers: unknown) => shapeProblem({ metadata: { finalizers } }, configMap.schema);
  const at = '.metadata.finalizers';
  assert.equal(meta(['a', 'b', 'a']), `${at}: duplicate entries for key [="a"]`);
  assert.equal(meta([{}]), `${at}: element 0: associative list without keys has an element that's a map type`);
  assert.equal(meta(['a', ['b']]), `${at}: element 1: not supported: associative list with lists as elements`);
  assert.equal(meta([null]), `${at}: element 0: associative list without keys has an element that's an explicit null`);
  assert.equal(meta([1]), `${at}[=1]: expected string, got &value.valueUnstructured{Value:1}`);
});

test('of very much that is wrong only so much is told', () => {
  const text = shapeProblem(
    { data: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [at, at])) },
    configMap.schema,
  );
  assert.equal(text?.split('\n').length, 101);
});

const keyed: Schema = {
  type: 'array',
  listType: 'map',
  mapKeys: ['k', 'p'],
  items: {
    type: 'object',
    properties: { k: { type: 'string' }, p: { type: 'string' }, q: { type: 'string', default: 'x' } },
  },
};
const small: Schema = {
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
    'errors:\n  .map.a: expected numeric (int or float), got string\n  .text: expected string, got &value.valueUnstructured{Value:1}',
  ],
];

for (const [value, problem] of cases) {
  test(`the shape of ${JSON.stringify(value)}`, () => assert.equal(shapeProblem(value, small), problem));
}
