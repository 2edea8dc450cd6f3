import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aggregatedGroups, apiGroupList, apiResourceList, compareVersions, versionsOf } from '../discovery.js';
import { groupVersionsOf } from '../group-priorities.js';
import { allKinds } from '../kinds/index.js';
import { KindRegistry } from '../registry.js';
import { readSchemaFile, typeNames, typeSchema } from '../schema.js';
import { runSteps } from '../steps.js';
import { OpenApiDocuments } from './documents.js';

const registry = new KindRegistry(allKinds);
const documents = new OpenApiDocuments(registry);
const v3 = (path: string) => JSON.parse(String(documents.v3(path)));
const v2 = () => JSON.parse(String(runSteps(documents.v2('json'))));

interface OpenApi {
  readonly paths: Record<string, Record<string, { parameters?: { name: string }[]; [key: string]: unknown }>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}

test('kubectl finds of every kind what it writes, and that fields are checked', () => {
  for (const { group, version, plural, verbs, kind } of allKinds) {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const { paths } = v3(path) as OpenApi;
    const item = Object.entries(paths).find(([name]) => name.endsWith(`/${plural}/{name}`))?.[1];
    if (!verbs.includes('patch')) continue;
    assert.deepEqual(item?.['patch']?.['x-kubernetes-group-version-kind'], { group, version, kind });
    assert.ok(
      item?.['patch']?.parameters?.some(({ name }) => name === 'fieldValidation'),
      plural,
    );
  }
});

test('every reference leads somewhere', () => {
  const { paths } = JSON.parse(String(runSteps(documents.v3Index()))) as { paths: Record<string, unknown> };
  for (const path of Object.keys(paths)) {
    const document = v3(path) as OpenApi;
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    for (const name of new Set(names)) assert.ok(document.components.schemas[name], `${path}: ${name}`);
  }
  const older = v2() as { definitions: Record<string, unknown> };
  for (const match of JSON.stringify(older).matchAll(/"#\/definitions\/([^"]+)"/g))
    assert.ok(older.definitions[match[1] ?? '']);
});

test('schemas say how lists merge', () => {
  const { components } = v3('api/v1') as OpenApi;
  const spec = components.schemas['io.k8s.api.core.v1.PodSpec'] as {
    properties: Record<string, Record<string, unknown>>;
  };
  const { containers } = spec.properties;
  assert.equal(containers?.['x-kubernetes-patch-merge-key'], 'name');
  assert.deepEqual(containers?.['x-kubernetes-list-map-keys'], ['name']);
});

test('schemas say which values there are, of items too', () => {
  const protocols = ['SCTP', 'TCP', 'UDP'];
  const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
  const { components } = v3('api/v1') as OpenApi;
  const older = v2() as { definitions: Record<string, Record<string, unknown>> };
  for (const schemas of [components.schemas, older.definitions]) {
    const field = (type: string, name: string) => {
      const { properties } = schemas[`io.k8s.api.core.v1.${type}`] as { properties: Record<string, object> };
      return properties[name] as { enum?: string[]; items?: { enum?: string[] } };
    };
    assert.deepEqual(field('ServicePort', 'protocol').enum, protocols);
    assert.deepEqual(field('PersistentVolumeClaimSpec', 'accessModes').items?.enum, modes);
    assert.equal(field('PersistentVolumeClaimSpec', 'accessModes').enum, undefined);
    assert.equal(field('ServicePort', 'name').enum, undefined);
  }
});

test('the older document begins as gnostic messages do', () => {
  const bytes = runSteps(documents.v2('protobuf'));
  assert.equal(bytes.subarray(0, 5).toString('latin1'), '\n\x032.0');
});

test('discovery names groups, versions and resources', () => {
  const { groups } = apiGroupList(groupVersionsOf(registry)) as {
    groups: { name: string; preferredVersion: { version: string } }[];
  };
  assert.deepEqual(groups.find(({ name }) => name === 'autoscaling')?.preferredVersion, {
    groupVersion: 'autoscaling/v2',
    version: 'v2',
  });
  const { resources } = apiResourceList(registry, '', 'v1') as { resources: { name: string; group?: string }[] };
  assert.equal(resources.find(({ name }) => name === 'pods/eviction')?.group, 'policy');
  assert.equal(apiResourceList(registry, 'nope', 'v1'), undefined);
  assert.ok(aggregatedGroups(versionsOf(registry)).items.length >= groups.length);
});

test('versions: stable first, then the higher', () => {
  const versions = ['v1alpha1', 'v2beta1', 'v1', 'odd', 'v10', 'v1beta2', 'v2'];
  assert.deepEqual(versions.sort(compareVersions), ['v10', 'v2', 'v1', 'v2beta1', 'v1beta2', 'v1alpha1', 'odd']);
});

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

test('every kind, and what people ask about it, is described', () => {
  const described = (path: string, type: string) =>
    (v3(path) as unknown as OpenApi).components.schemas[type] as Described;
  for (const { group, version, typeName, listKind } of allKinds) {
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const kind = described(path, typeName);
    assert.ok(kind.description, typeName);
    for (const [field, { description }] of Object.entries(kind.properties ?? {})) {
      if (['apiVersion', 'kind', 'metadata', 'spec', 'status'].includes(field))
        assert.ok(description, `${typeName}.${field}`);
    }
    const list = described(path, typeName.replace(/\w+$/, listKind));
    if (list !== undefined) assert.match(list.description ?? '', /^Several objects of the kind \w+\.$/);
  }
  const core = (type: string) => described('api/v1', `io.k8s.api.core.v1.${type}`);
  for (const type of ['PodSpec', 'Container', 'Probe', 'ServiceSpec', 'SecurityContext', 'VolumeMount']) {
    const missing = Object.entries(core(type).properties ?? {}).filter(([, field]) => !field.description);
    assert.deepEqual(
      missing.map(([field]) => field),
      [],
      type,
    );
  }
  const older = v2() as { definitions: Record<string, Described> };
  const containers = older.definitions['io.k8s.api.core.v1.PodSpec']?.properties?.['containers'];
  assert.equal(containers?.description, core('PodSpec').properties?.['containers']?.description);
});

test('the table of descriptions speaks only of types and fields that there are, a sentence each', () => {
  const types = new Map(typeNames().map((name) => [name.slice(name.lastIndexOf('.') + 1), new Set<string>()]));
  for (const name of typeNames()) {
    const fields = types.get(name.slice(name.lastIndexOf('.') + 1))!;
    for (const field of Object.keys(typeSchema(name).properties ?? {})) fields.add(field);
  }
  const matching = (type: string) =>
    [...types].filter(([name]) =>
      type === '' ? true : type.startsWith('*') ? name.endsWith(type.slice(1)) : name === type,
    );
  for (const [key, text] of Object.entries(readSchemaFile<Record<string, string>>('descriptions.json'))) {
    const [type = '', field] = key.split('.');
    const found = matching(type).filter(([, fields]) => field === undefined || fields.has(field));
    assert.ok(found.length > 0, key);
    assert.match(text, /^[A-Z].*\.$/, key);
  }
});

test('a kind that comes or goes makes new what is about it, and leaves the rest as it was', () => {
  const kinds = new KindRegistry(allKinds);
  const own = new OpenApiDocuments(kinds);
  const [core, apps] = [own.v3('api/v1'), own.v3('apis/apps/v1')];
  const before = runSteps(own.v2('protobuf'));
  const index = String(runSteps(own.v3Index()));
  kinds.remove('apps', 'v1', 'deployments');
  assert.equal(own.v3('api/v1'), core);
  assert.notEqual(own.v3('apis/apps/v1'), apps);
  assert.ok(!String(own.v3('apis/apps/v1')).includes('/deployments/'));
  assert.ok(!String(runSteps(own.v2('protobuf'))).includes('/deployments/{name}'));
  kinds.add(allKinds.find((it) => it.plural === 'deployments')!);
  assert.deepEqual(runSteps(own.v2('protobuf')).length, before.length);
  const paths = (text: string) => Object.keys((JSON.parse(text) as { paths: object }).paths);
  assert.deepEqual(paths(String(runSteps(own.v3Index()))), paths(index));
});
