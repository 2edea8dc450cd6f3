import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deployment } from '../kinds/apps/deployment.js';
import { pod } from '../kinds/core/pod.js';
import { deepEqual } from '../object.js';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch, createMergePatch } from './index.js';

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

test('strategic merge patch: items merge by their key, new ones go last', () => {
  const result = patched({
    spec: {
      containers: [
        { name: 'b', image: 'b:2' },
        { name: 'c', image: 'c:1' },
      ],
    },
  });
  assert.deepEqual((result as typeof live).spec.containers, [
    live.spec.containers[0],
    { name: 'b', image: 'b:2' },
    { name: 'c', image: 'c:1' },
  ]);
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
