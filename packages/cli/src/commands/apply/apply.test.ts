import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import type { MappedResource } from '../../cluster/mapper.js';
import { LAST_APPLIED, lastApplied, withLastApplied } from './last-applied.js';
import { applyPatch } from './patch.js';

const deployments = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
} as MappedResource;
const widgets = {
  group: 'example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
} as MappedResource;

function deployment(spec: object, labels?: Record<string, string>): KubeObject {
  const metadata = { name: 'web', namespace: 'default', ...(labels === undefined ? {} : { labels }) };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec } as KubeObject;
}

const container = (name: string, image: string) => ({ name, image });
const template = (...containers: object[]) => ({ template: { spec: { containers } } });

/** The object as the server keeps it: what was applied, with what others have set since. */
function live(applied: KubeObject, change: (it: { spec: object }) => void = () => {}): KubeObject {
  const object = withLastApplied(applied);
  change(object as never);
  return object;
}

test("the annotation is the manifest's own text, fields by alphabet, as kubectl writes it", () => {
  const object = withLastApplied(deployment({ replicas: 1 }));
  assert.equal(
    object.metadata.annotations?.[LAST_APPLIED],
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"annotations":{},"name":"web","namespace":"default"},"spec":{"replicas":1}}\n',
  );
  assert.deepEqual((lastApplied(object) as { spec: object }).spec, { replicas: 1 });
  assert.deepEqual(withLastApplied(object), object);
});

test('nothing new is an empty patch, whatever the server has added', () => {
  const manifest = deployment({ replicas: 1 });
  const now = live(manifest, (it) => Object.assign(it.spec, { paused: true, strategy: { type: 'Recreate' } }));
  assert.equal(applyPatch(deployments, manifest, now).isEmpty, true);
});

test('what the manifest says no more is taken out; what others set stays', () => {
  const before = deployment({ replicas: 1, minReadySeconds: 5 }, { a: '1', b: '2' });
  const now = live(before, (it) => Object.assign(it.spec, { paused: true }));
  const { patch, type } = applyPatch(deployments, deployment({ replicas: 2 }, { a: '1' }), now);
  assert.equal(type, 'strategic');
  assert.deepEqual(patch['spec'], { replicas: 2, minReadySeconds: null });
  assert.deepEqual((patch['metadata'] as { labels: object }).labels, { b: null });
});

test('containers are merged by name', () => {
  const before = deployment(template(container('a', 'x'), container('b', 'y')));
  const now = live(before, (it) => {
    const { containers } = (it as never as { spec: { template: { spec: { containers: object[] } } } }).spec.template
      .spec;
    containers.push(container('injected', 'z'));
  });
  const { patch } = applyPatch(deployments, deployment(template(container('a', 'x2'))), now);
  const { containers } = (patch as { spec: { template: { spec: { containers: object[] } } } }).spec.template.spec;
  assert.deepEqual(
    [...containers].sort((a, b) => ((a as { name: string }).name < (b as { name: string }).name ? -1 : 1)),
    [
      { name: 'a', image: 'x2' },
      { $patch: 'delete', name: 'b' },
    ],
  );
});

test('a kind without a schema gets a merge patch by the same three ways', () => {
  const widget = (spec: object) =>
    ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec }) as KubeObject;
  const now = live(widget({ size: 1, colour: 'red' }), (it) => Object.assign(it.spec, { other: true }));
  const { patch, type } = applyPatch(widgets, widget({ size: 2 }), now);
  assert.equal(type, 'merge');
  assert.deepEqual(patch['spec'], { size: 2, colour: null });
});
