import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customKind } from '../custom/custom-kind.js';
import type { CustomResourceDefinition } from '../gen/types.js';
import { KindRegistry } from '../registry.js';
import { runSteps } from '../steps.js';
import { OpenApiDocuments } from './documents.js';

type Loose = Record<string, unknown>;

const openAPIV3Schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['a', 'nothing'],
      properties: {
        a: { type: 'string', default: 'x', enum: ['x', 'y'], description: 'A letter.' },
        port: { 'x-kubernetes-int-or-string': true },
        nothing: { type: 'object', nullable: true, properties: { b: { type: 'string' } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { c: { type: 'string' } } },
        some: { type: 'integer', oneOf: [{ minimum: 1 }, { maximum: -1 }] },
        inner: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          properties: { spec: { type: 'object' } },
        },
        keyed: {
          type: 'array',
          items: { type: 'object', required: ['k'], properties: { k: { type: 'string' } } },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
        },
      },
    },
  },
};

const crd = {
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema },
        selectableFields: [{ jsonPath: '.spec.a' }],
        subresources: { status: {}, scale: { specReplicasPath: '.spec.some', statusReplicasPath: '.status.some' } },
      },
    ],
  },
} as unknown as CustomResourceDefinition;

const registry = new KindRegistry([customKind(crd, 'v1')]);
const inSpec = (schema: Loose): Record<string, Loose> =>
  ((schema['properties'] as Loose)['spec'] as { properties: Record<string, Loose> }).properties;

test('the newer document shows a definition’s schema as it is, and what every resource has', () => {
  const document = JSON.parse(String(new OpenApiDocuments(registry).v3('apis/example.com/v1'))) as {
    components: { schemas: Record<string, Loose> };
  };
  const { schemas } = document.components;
  const thing = schemas['com.example.v1.Thing']!;
  assert.deepEqual(thing['x-kubernetes-group-version-kind'], [{ group: 'example.com', version: 'v1', kind: 'Thing' }]);
  assert.deepEqual(thing['x-kubernetes-selectable-fields'], [{ fieldPath: 'spec.a' }]);
  assert.deepEqual(thing['required'], ['spec']);
  assert.deepEqual(Object.keys(thing['properties'] as Loose).sort(), ['apiVersion', 'kind', 'metadata', 'spec']);
  const spec = inSpec(thing);
  assert.deepEqual(spec['a'], { type: 'string', default: 'x', enum: ['x', 'y'], description: 'A letter.' });
  assert.deepEqual(spec['port'], {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
  });
  assert.equal(spec['nothing']?.['nullable'], true);
  assert.deepEqual(spec['inner']?.['required'], ['kind', 'apiVersion']);
  assert.deepEqual(spec['keyed']?.['x-kubernetes-list-map-keys'], ['k']);
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((it) => it[1] ?? '');
  for (const name of new Set(names)) assert.ok(schemas[name], name);
});

test('the older document leaves out what its clients do not understand', () => {
  const { definitions, paths } = JSON.parse(String(runSteps(new OpenApiDocuments(registry).v2('json')))) as {
    definitions: Record<string, Loose>;
    paths: Loose;
  };
  const spec = inSpec(definitions['com.example.v1.Thing']!);
  assert.deepEqual(spec['a'], { type: 'string', enum: ['x', 'y'], description: 'A letter.' });
  assert.deepEqual(spec['port'], { 'x-kubernetes-int-or-string': true });
  assert.deepEqual(spec['nothing'], {});
  assert.deepEqual(spec['free'], { 'x-kubernetes-preserve-unknown-fields': true });
  assert.deepEqual(spec['some'], { type: 'integer' });
  assert.deepEqual(((definitions['com.example.v1.Thing']!['properties'] as Loose)['spec'] as Loose)['required'], ['a']);
  assert.ok(definitions['com.example.v1.ThingList']);
  const patch = (paths['/apis/example.com/v1/namespaces/{namespace}/things/{name}'] as Record<string, Loose>)['patch'];
  assert.doesNotMatch(JSON.stringify(patch), /strategic-merge-patch/);
  for (const match of JSON.stringify({ definitions, paths }).matchAll(/"#\/definitions\/([^"]+)"/g))
    assert.ok(definitions[match[1] ?? ''], match[1]);
  assert.ok(runSteps(new OpenApiDocuments(registry).v2('protobuf')).length > 1000);
});
