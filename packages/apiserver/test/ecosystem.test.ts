/** Definitions as people install them: they apply without a warning, and their objects are accepted, defaulted, pruned and refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Feature, Loose, Sample } from './ecosystem/feature.js';
import { FEATURES } from './ecosystem/features.js';
import { options, ServerUnderTest } from './server-under-test.js';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GROUP = 'eco.example.com';
const admin = { cert: 'admin' };

let world: ServerUnderTest;
before(async () => {
  world = await ServerUnderTest.start();
});
after(() => world.stop());

const pluralOf = ({ kind }: Feature) => (kind === 'Entry' ? 'entries' : `${kind.toLowerCase()}s`);
const pathOf = (feature: Feature, version: string, name = '') =>
  `/apis/${GROUP}/${version}/${feature.scope === 'Cluster' ? '' : 'namespaces/default/'}${pluralOf(feature)}${name && `/${name}`}`;

function definitionOf(feature: Feature): object {
  const { kind, versions, scope = 'Namespaced' } = feature;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${pluralOf(feature)}.${GROUP}` },
    spec: {
      ...{ group: GROUP, scope, names: { plural: pluralOf(feature), kind } },
      versions: Object.entries(versions).map(([name, { schema, ...more }], at) => ({
        ...{ name, served: true, storage: at === 0, schema: { openAPIV3Schema: schema } },
        ...more,
      })),
    },
  };
}

async function served(path: string): Promise<void> {
  const end = Date.now() + 40_000;
  while ((await world.call('GET', path, admin)).status !== 200) {
    assert.ok(Date.now() < end, `${path} is not served`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function check(feature: Feature, sample: Sample): Promise<void> {
  const version = sample.version ?? Object.keys(feature.versions)[0]!;
  const metadata = { name: sample.name };
  const sent = { apiVersion: `${GROUP}/${version}`, kind: feature.kind, metadata, ...sample.sent };
  const { status, warning, body } = await world.call('POST', pathOf(feature, version), admin, sent);
  if (sample.refused !== undefined) {
    assert.deepEqual([status, body['reason']], [422, 'Invalid'], body.message);
    assert.match(body.message ?? '', sample.refused);
    return;
  }
  assert.equal(status, 201, body.message);
  if (sample.warned === undefined) assert.equal(warning, undefined);
  else assert.match(warning ?? '', sample.warned);
  const wanted = sample.stored ?? sample.sent;
  const stored = await world.call('GET', pathOf(feature, version, sample.name), admin);
  for (const read of [body, stored.body]) {
    const { apiVersion, kind, metadata: _metadata, ...rest } = read as Loose;
    assert.deepEqual([apiVersion, kind, rest], [sent.apiVersion, feature.kind, wanted]);
  }
}

for (const feature of FEATURES)
  describe(`${feature.of}: ${feature.what}`, options, () => {
    test('the definition is taken without a warning', options, async () => {
      const { status, warning, body } = await world.call('POST', DEFINITIONS, admin, definitionOf(feature));
      assert.deepEqual([status, warning], [201, undefined], body.message);
      for (const version of Object.keys(feature.versions)) await served(pathOf(feature, version));
    });
    for (const sample of feature.samples)
      test(`${sample.name} is ${sample.refused === undefined ? 'accepted' : 'refused'}`, options, () =>
        check(feature, sample),
      );
  });

test('what was set once stays', options, async () => {
  const path = pathOf(FEATURES.find(({ kind }) => kind === 'Credential')!, 'v1', 'whole');
  const { status, body } = await world.call(
    'PATCH',
    path,
    admin,
    { spec: { secretName: 't' } },
    'application/merge-patch+json',
  );
  assert.equal(status, 422);
  assert.match(body.message ?? '', /spec: Invalid value: secretName stays/);
});

test('a scale counts what the paths say, and fields select', options, async () => {
  const feature = FEATURES.find(({ kind }) => kind === 'Scaler')!;
  const path = pathOf(feature, 'v1alpha1', 'scaled');
  const status = { replicas: 1, selector: 'a=b' };
  await world.call('PATCH', `${path}/status`, admin, { status }, 'application/merge-patch+json');
  const patched = await world.call(
    'PATCH',
    `${path}/scale`,
    admin,
    { spec: { replicas: 5 } },
    'application/merge-patch+json',
  );
  assert.equal(patched.status, 200, patched.body.message);
  const { body } = await world.call('GET', `${path}/scale`, admin);
  assert.deepEqual([body['spec'], body['status']], [{ replicas: 5 }, status]);
  for (const [replicas, names] of [
    [5, ['scaled']],
    [6, []],
  ] as const) {
    const listed = await world.call(
      'GET',
      `${pathOf(feature, 'v1alpha1')}?fieldSelector=spec.replicas%3D${replicas}`,
      admin,
    );
    const items = listed.body['items'] as unknown as { metadata: { name: string } }[];
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      names,
    );
  }
});
