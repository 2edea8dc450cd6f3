import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { controllerRevision } from '../kinds/apps/controller-revision.js';
import { deployment } from '../kinds/apps/deployment.js';
import { pod } from '../kinds/core/pod.js';
import { deepEqual } from '../object.js';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, createMergePatch, patchedText } from './index.js';

test('json patch: operations apply in order to a copy', () => {
  const live = { a: [1, 2], b: { c: 1 } };
  const operations = [
    { op: 'test', path: '/b/c', value: 1 },
    { op: 'add', path: '/a/-', value: 3 },
    { op: 'add', path: '/a/-1', value: 9 },
    { op: 'remove', path: '/a/0' },
    { op: 'move', from: '/b/c', path: '/d' },
    { op: 'copy', from: '/d', path: '/b/e' },
  ];
  assert.deepEqual(applyJsonPatch(live, operations), { a: [2, 3, 9], b: { e: 1 }, d: 1 });
  assert.deepEqual(live, { a: [1, 2], b: { c: 1 } });
});

test('json patch: what cannot be applied is refused whole', () => {
  const rejected = { code: 422, message: 'the server rejected our request due to an error in our request' };
  const bad = [
    [{ op: 'test', path: '/a', value: 2 }],
    [{ op: 'remove', path: '/nope' }],
    [{ op: 'replace', path: '/nope/deep', value: 1 }],
    [{ op: 'odd', path: '/a' }],
    [{ op: 'add', path: '/list/9', value: 1 }],
  ];
  for (const operations of bad) assert.throws(() => applyJsonPatch({ a: 1, list: [] }, operations), rejected);
  assert.throws(() => applyJsonPatch({}, {}), { code: 400 });
  assert.throws(() => applyJsonPatch({}, new Array(10_001).fill(null)), { code: 413 });
});

test('merge patch: null deletes, lists are replaced', () => {
  const live = { a: 1, b: { c: 1, d: 2 }, l: [1, 2] };
  assert.deepEqual(applyMergePatch(live, { a: null, b: { c: null, e: 3 }, l: [9] }), { b: { d: 2, e: 3 }, l: [9] });
});

test('JSON patch: a field is replaced also where there is none, an item is not', () => {
  const set = (path: string) => applyJsonPatch({ a: { b: 1 }, l: [1] }, [{ op: 'replace', path, value: 2 }]);
  assert.deepEqual(set('/a/c'), { a: { b: 1, c: 2 }, l: [1] });
  assert.deepEqual(set('/l/0'), { a: { b: 1 }, l: [2] });
  assert.throws(() => set('/l/1'), { code: 422 });
  assert.throws(() => set('/x/y'), { code: 422 });
  for (const op of ['add', 'remove', 'replace'])
    assert.throws(() => applyJsonPatch({ a: 'text' }, [{ op, path: '/a/b', value: 1 }]), { code: 422 });
});

const key = fc.constantFrom('a', 'b', 'c');
const tree = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.integer(), fc.array(fc.integer(), { maxLength: 2 })),
  node: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('node'))),
})).node;

test('merge patch: the patch between two objects makes one of the other', () => {
  fc.assert(
    fc.property(tree, tree, (from, to) => {
      assert.ok(deepEqual(applyMergePatch(from, createMergePatch(from, to)), to));
    }),
  );
});

const live = {
  spec: {
    containers: [
      { name: 'a', image: 'a:1', ports: [{ containerPort: 80, protocol: 'TCP' }] },
      { name: 'b', image: 'b:1' },
    ],
  },
  metadata: { finalizers: ['x/1', 'x/2'] },
};
const patched = (patch: object): unknown => applyStrategicMergePatch(live, patch, pod.schema);

const names = (object: unknown) => (object as typeof live).spec.containers.map((it) => it.name);

test('strategic merge patch: items merge by their key, and the patch says their order', () => {
  const [a, b, c] = [live.spec.containers[0], { name: 'b', image: 'b:2' }, { name: 'c', image: 'c:1' }];
  assert.deepEqual((patched({ spec: { containers: [b, c] } }) as typeof live).spec.containers, [a, b, c]);
  assert.deepEqual(names(patched({ spec: { containers: [c] } })), ['c', 'a', 'b']);
  assert.deepEqual(names(patched({ spec: { containers: [c, b] } })), ['c', 'a', 'b']);
  assert.deepEqual(names(patched({ spec: { containers: [b, { name: 'a' }] } })), ['b', 'a']);
  assert.deepEqual(names(patched({ spec: { containers: [{ name: 'd' }, { name: 'a' }, c] } })), ['d', 'a', 'c', 'b']);
  const plain = (finalizers: string[]) => (patched({ metadata: { finalizers } }) as typeof live).metadata.finalizers;
  assert.deepEqual(plain(['x/3']), ['x/3', 'x/1', 'x/2']);
  assert.deepEqual(plain(['x/2', 'x/3', 'x/2']), ['x/1', 'x/2', 'x/3']);
});

test('strategic merge patch: an order that is asked for goes before all', () => {
  const order = (...wanted: string[]) => wanted.map((name) => ({ name }));
  const added = { name: 'c', image: 'c:1' };
  const spec = { '$setElementOrder/containers': order('a', 'b', 'c'), containers: [added] };
  assert.deepEqual(names(patched({ spec })), ['a', 'b', 'c']);
  assert.deepEqual(names(patched({ spec: { '$setElementOrder/containers': order('b', 'x', 'a') } })), ['b', 'a']);
  assert.deepEqual(names(patched({ spec: { ...spec, '$setElementOrder/containers': order('c', 'b') } })), [
    'c',
    'a',
    'b',
  ]);
});

test('strategic merge patch: twenty thousand items are merged in their number, not its square', () => {
  const many = (image: string) => Array.from({ length: 20_000 }, (_, index) => ({ name: `c${index}`, image }));
  const wanted = many('new').reverse();
  const order = { '$setElementOrder/containers': wanted.map(({ name }) => ({ name })) };
  const before = { spec: { containers: many('old') } };
  const result = applyStrategicMergePatch(before, { spec: { containers: wanted, ...order } }, pod.schema);
  assert.deepEqual((result as typeof before).spec.containers, wanted);
});

test('strategic merge patch: what is new takes along neither directives nor nulls', () => {
  const spec = {
    securityContext: { $patch: 'replace', runAsUser: 1 },
    affinity: { nodeAffinity: { $patch: 'delete' }, podAffinity: null, podAntiAffinity: {} },
    volumes: [
      { name: 'v', emptyDir: null },
      { name: 'w', $patch: 'delete' },
    ],
  };
  const result = patched({ spec }) as { spec: object };
  assert.deepEqual(result.spec, { ...live.spec, affinity: { podAntiAffinity: {} }, volumes: [{ name: 'v' }] });
});

test('strategic merge patch: a patch that contradicts itself is refused', () => {
  const cases: [object, number, RegExp][] = [
    [
      { spec: { containers: [{ name: 'a' }, 'x'] } },
      500,
      /^list element types are not identical: \[\[map.*] \[map\[name:a] x]]$/,
    ],
    [{ metadata: { finalizers: [['x']] } }, 500, /^list element types are not identical/],
    [{ metadata: { $retainKeys: 'x' } }, 400, /^invalid patch format of retainKeys$/],
    [{ metadata: { $retainKeys: ['x'], y: 1 } }, 400, /^invalid patch format of retainKeys$/],
    [{ metadata: { $patch: 'merge' } }, 500, /^unknown patch type: merge in map: map\[\$patch:merge\]$/],
    [{ spec: { '$setElementOrder/containers': 'a' } }, 500, /^expected a \[\]interface {}, but received a string$/],
  ];
  for (const [patch, code, message] of cases)
    assert.throws(() => patched(patch), { code, message }, JSON.stringify(patch));
});

test('strategic merge patch: of what may hold anything, maps and lists cannot be merged further in', () => {
  const at = (live: object, data: object) =>
    applyStrategicMergePatch({ data: live }, { data }, controllerRevision.schema) as { data: object };
  assert.deepEqual(at({ a: { b: 1 }, c: 1 }, { c: 2, d: { e: [1] }, a: 'x' }).data, { a: 'x', c: 2, d: { e: [1] } });
  const message = 'unable to find api field in struct RawExtension for the json field "a"';
  assert.throws(() => at({ a: { b: 1 } }, { a: { c: 1 } }), { code: 500, message });
  assert.throws(() => at({ a: [1] }, { a: [2] }), { code: 500, message });
});

test('strategic merge patch: $patch deletes and replaces', () => {
  const deleted = patched({ spec: { containers: [{ name: 'a', $patch: 'delete' }] } });
  assert.deepEqual((deleted as typeof live).spec.containers, [{ name: 'b', image: 'b:1' }]);
  const replaced = patched({ spec: { containers: [{ $patch: 'replace' }, { name: 'z' }] } });
  assert.deepEqual((replaced as typeof live).spec.containers, [{ name: 'z' }]);
  assert.deepEqual(patched({ metadata: { $patch: 'replace', name: 'n' } }), { ...live, metadata: { name: 'n' } });
  assert.throws(() => patched({ spec: { containers: [{ name: 'n', $patch: 'odd' }] } }), {
    message: 'unknown patch type: odd in map: map[$patch:odd name:n]',
  });
});

test('strategic merge patch: order, deletion from plain lists', () => {
  const ordered = patched({
    spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: 'b:2' }] },
  });
  assert.deepEqual(
    (ordered as typeof live).spec.containers.map((it) => it.name),
    ['b', 'a'],
  );
  const without = patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['x/1'] } });
  assert.deepEqual((without as typeof live).metadata.finalizers, ['x/2']);
  assert.throws(
    () =>
      patched({ spec: { '$setElementOrder/containers': [{ name: 'z' }], containers: [{ name: 'a', image: 'x' }] } }),
    {
      code: 500,
      message:
        /^The order in patch list:\n\[map\[image:x name:a\]\]\n doesn't match \$setElementOrder list:\n\[map\[name:z\]\]\n$/,
    },
  );
});

test('strategic merge patch: $retainKeys drops the members that are not named', () => {
  const before = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  assert.deepEqual(applyStrategicMergePatch(before, patch, deployment.schema), {
    spec: { strategy: { type: 'Recreate' } },
  });
});

test('strategic merge patch: an item without its key is refused', () => {
  assert.throws(() => patched({ spec: { containers: [{ image: 'x' }] } }), {
    message: 'map: map[image:x] does not contain declared merge key: name',
  });
});

test('copies of a growing map end at the limit of what a patch may make', () => {
  const live = { data: { a: 'x'.repeat(1000) } };
  const copies = Array.from({ length: 26 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/c${index}` }));
  assert.throws(() => applyJsonPatch(live, copies), {
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: /the accumulated size increase of copy operations is \d+, exceeding the limit 3145728/,
  });
  const few = applyJsonPatch(live, copies.slice(0, 3)) as { data: Record<string, unknown> };
  assert.deepEqual(Object.keys(few.data), ['a', 'c0', 'c1', 'c2']);
  for (const bad of [7, 'x', true, [], {}]) assert.throws(() => applyJsonPatch(live, [bad]), { code: 422 });
});

test('the text of a patched object is sorted where the patch came by, in the order of Go elsewhere', () => {
  const object = {
    metadata: { uid: 'u', labels: { b: '1', a: '<' }, name: 'n' },
    spec: { containers: [{ image: 'i', name: 'c' }], volumes: [{ hostPath: { path: '/' }, name: 'v' }] },
    apiVersion: 'v1',
  };
  const merged = patchedText(object, pod.schema, { spec: { nodeName: 'x' } });
  assert.equal(
    merged,
    '{"apiVersion":"v1","metadata":{"name":"n","uid":"u","labels":{"a":"\\u003c","b":"1"}},' +
      '"spec":{"containers":[{"name":"c","image":"i"}],"volumes":[{"name":"v","hostPath":{"path":"/"}}]}}',
  );
  const operations = [{ op: 'add', path: '/metadata/labels', value: { b: '1', a: '<' } }];
  assert.match(patchedText(object, pod.schema, operations), /"metadata":{"labels":{"b":"1","a":"\\u003c"},"name"/);
});

test('operations that nest values ever deeper are refused before anything recurses into them', () => {
  const TOO_DEEP = { code: 413, message: /nests values deeper than 1000/ };
  const copies: object[] = [];
  for (let index = 0, depth = 1; index < 14; index++, depth *= 2)
    copies.push({ op: 'copy', from: '/x', path: `/x${'/a'.repeat(depth)}` });
  assert.throws(() => applyJsonPatch({ x: { a: {} } }, copies), TOO_DEEP);
  const moves = Array.from({ length: 3_000 }, () => [
    { op: 'move', from: '/x', path: '/y' },
    { op: 'add', path: '/x', value: {} },
    { op: 'move', from: '/y', path: '/x/y' },
  ]);
  assert.throws(() => applyJsonPatch({ x: {} }, moves.flat()), { code: 413 });
  let value = {};
  for (let depth = 0; depth < 900; depth++) value = { a: value };
  const adds = [0, 1, 2].map((index) => ({ op: 'add', path: `/x${'/a'.repeat(900 * index)}`, value }));
  assert.throws(() => applyJsonPatch({}, adds), TOO_DEEP);
});

test('moves of what is large are counted, those of what is small are not felt', () => {
  const moves = (pairs: number) =>
    Array.from({ length: pairs }, () => [
      { op: 'move', from: '/x', path: '/y' },
      { op: 'move', from: '/y', path: '/x' },
    ]).flat();
  assert.deepEqual(applyJsonPatch({ x: [1] }, moves(5_000)), { x: [1] });
  assert.throws(() => applyJsonPatch({ x: new Array(10_000).fill(1) }, moves(100)), { code: 413 });
});
