import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deployment } from '../kinds/apps/deployment.js';
import { deepEqual } from '../object.js';
import { applyStrategicMergePatch } from './strategic.js';
import { createStrategicPatch, createThreeWayStrategicPatch } from './three-way.js';

const container = (name: string, image: string, env: object[] = []) => ({ name, image, env });
const object = (containers: object[], more: object = {}) => ({
  metadata: { name: 'd' },
  spec: { template: { spec: { containers, ...more } } },
});

test('apply changes what was changed, deletes what was taken away and leaves what others set', () => {
  const original = object([container('a', 'a:1', [{ name: 'X', value: '1' }]), container('old', 'o')]);
  const modified = object([container('a', 'a:2', [])]);
  const live = object(
    [
      container('a', 'a:1', [
        { name: 'X', value: '1' },
        { name: 'INJECTED', value: 'y' },
      ]),
      container('old', 'o'),
      container('sidecar', 's'),
    ],
    { restartPolicy: 'Always' },
  );
  const patch = createThreeWayStrategicPatch(original, modified, live, deployment.schema);
  const result = applyStrategicMergePatch(live, patch, deployment.schema) as typeof live;
  assert.deepEqual(result, {
    metadata: { name: 'd' },
    spec: {
      template: {
        spec: {
          containers: [container('a', 'a:2', [{ name: 'INJECTED', value: 'y' }]), container('sidecar', 's')],
          restartPolicy: 'Always',
        },
      },
    },
  });
});

test('applying the same again sends nothing', () => {
  const same = object([container('a', 'a:1')]);
  assert.deepEqual(createThreeWayStrategicPatch(same, same, same, deployment.schema), {});
});

const named = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('x', 'y') }),
  { selector: (it) => it.name, maxLength: 4 },
);

test('the patch between two objects makes one of the other, in its order', () => {
  fc.assert(
    fc.property(named, named, (from, to) => {
      const patch = createStrategicPatch(object(from), object(to), deployment.schema);
      assert.ok(deepEqual(applyStrategicMergePatch(object(from), patch, deployment.schema), object(to)));
    }),
  );
});
