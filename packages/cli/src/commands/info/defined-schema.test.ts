import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds, discovery, KindRegistry, type KubeObject } from '@keelson/api';
import { ApiClient, discoveredIn } from '@keelson/client';
import { MemoryTransport } from '@keelson/client/testing';
import { ManualClock } from '@keelson/service/testing';
import { type MappedResource, ResourceMapper } from '../../cluster/mapper.js';
import { definedSchema } from './defined-schema.js';

const mapper = new ResourceMapper(
  discoveredIn(discovery.aggregatedGroups(discovery.versionsOf(new KindRegistry(allKinds))), {}),
);
const cups = { group: 'example.com', version: 'v1', plural: 'cups', kind: 'Cup' } as MappedResource;

test('a definition tells the fields of its kind', async () => {
  const client = new ApiClient(new MemoryTransport({ clock: new ManualClock() }));
  assert.equal(await definedSchema({ client, mapper }, cups), undefined);
  const spec = {
    type: 'object',
    required: ['size'],
    properties: {
      size: { type: 'integer' },
      port: { 'x-kubernetes-int-or-string': true },
      tags: { type: 'array', items: { type: 'string' } },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      inner: { type: 'object', 'x-kubernetes-embedded-resource': true },
    },
  };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  const definition = { metadata: { name: 'cups.example.com' }, spec: { versions: [{ name: 'v1', schema }] } };
  await client.create(mapper.find('customresourcedefinitions'), definition as KubeObject);
  const found = await definedSchema({ client, mapper }, cups);
  assert.deepEqual(Object.keys(found?.properties ?? {}).sort(), ['apiVersion', 'kind', 'metadata', 'spec']);
  const inside = found?.properties?.['spec'];
  assert.deepEqual(inside?.required, ['size']);
  const { size, port, tags, labels, inner } = inside?.properties ?? {};
  assert.deepEqual(
    [size, port, tags, labels, Object.keys(inner?.properties ?? {})],
    [
      { type: 'integer' },
      { properties: {} },
      { items: { type: 'string' } },
      { map: { type: 'string' } },
      ['apiVersion', 'kind', 'metadata'],
    ],
  );
  assert.equal(await definedSchema({ client, mapper }, { ...cups, version: 'v2' }), undefined);
});
