import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKinds } from '../kinds/index.js';
import { KindRegistry } from '../registry.js';
import { runSteps } from '../steps.js';
import { OpenApiDocuments } from './documents.js';
import { type ForeignV2, foreignV2 } from './foreign.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const get = (name: string) => ({ get: { responses: { 200: { description: 'OK', schema: ref(name) } } } });

const document = (description: string) => ({
  swagger: '2.0',
  paths: {
    '/apis/a.io/v1/things': get('io.a.Thing'),
    '/apis/apps/v1/deployments': get('io.a.Lie'),
    '/apis/a.io/v2/x': {},
  },
  definitions: {
    'io.a.Thing': { type: 'object', properties: { metadata: ref(META), again: ref('io.a.Thing') } },
    [META]: { description, type: 'object' },
    'io.a.Lie': { type: 'string' },
    unused: { type: 'string' },
  },
});
const taken = (of: unknown) => runSteps(foreignV2(of, '/apis/a.io/v1/'));

function merged(...v2: ForeignV2[]) {
  const others = {
    generation: 1,
    v2: () => v2,
    v3: () => new Map([['apis/a.io/v1', '/openapi/v3/apis/a.io/v1?hash=1']]),
  };
  const documents = new OpenApiDocuments(new KindRegistry(allKinds), others);
  const parsed = (body: Buffer) => JSON.parse(body.toString());
  return {
    v2: parsed(runSteps(documents.v2('json'))) as {
      paths: Record<string, { get: { responses: Record<string, { schema: object }> } }>;
      definitions: Record<string, { description?: string; properties?: Record<string, object> }>;
    },
    protobuf: runSteps(documents.v2('protobuf')),
    v3: parsed(runSteps(documents.v3Index())) as { paths: Record<string, object> },
  };
}

test('of another server’s document its own paths are taken, and what they speak of', () => {
  const { paths, definitions } = taken(document('other'));
  assert.deepEqual(
    paths.map(([name]) => name),
    ['/apis/a.io/v1/things'],
  );
  assert.deepEqual(definitions.map(([name]) => name).sort(), ['io.a.Thing', META].sort());
});

test('a definition that is another one of the same name gets a name of its own, and is spoken of by it', () => {
  const second = { paths: [], definitions: taken(document('third')).definitions };
  const { v2, protobuf, v3 } = merged(taken(document('other')), taken(document('other')), second);
  assert.equal(v2.definitions[`${META}_v2`]?.description, 'other');
  assert.equal(v2.definitions[`${META}_v3`]?.description, 'third');
  assert.equal(v2.definitions['io.a.Thing_v2'], undefined);
  assert.ok((v2.definitions[META]?.description ?? '').length > 10);
  assert.deepEqual(v2.definitions['io.a.Thing']?.properties?.['metadata'], ref(`${META}_v2`));
  assert.deepEqual(v2.definitions['io.a.Thing']?.properties?.['again'], ref('io.a.Thing'));
  assert.deepEqual(v2.paths['/apis/a.io/v1/things']?.get.responses['200']?.schema, ref('io.a.Thing'));
  assert.ok(!JSON.stringify(v2.paths['/apis/apps/v1/namespaces/{namespace}/deployments']).includes('Lie'));
  assert.ok(protobuf.includes(`${META}_v2`));
  assert.deepEqual(v3.paths['apis/a.io/v1'], { serverRelativeURL: '/openapi/v3/apis/a.io/v1?hash=1' });
  assert.ok(v3.paths['apis/apps/v1']);
});

test('what is no document, or too deep, is refused', () => {
  let deep: object = {};
  for (let depth = 0; depth < 10_000; depth++) deep = { items: deep };
  const path = '/apis/a.io/v1/x';
  for (const bad of [7, {}, { paths: 7 }, { paths: { [path]: deep } }, { paths: { [path]: { get: {} } } }])
    assert.throws(() => taken(bad), Error);
  assert.deepEqual(taken({ paths: {} }), { paths: [], definitions: [] });
});
