import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isApiError, type KubeObject } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';

const reason = (wanted: string) => (error: unknown) => isApiError(error, wanted);

test('a created object has what the server gives it and is read back', async () => {
  const { registry, reader, configMaps, store, close } = await world();
  const { object, code } = await registry.create(
    configMaps,
    request(configMaps, 'create', '', configMap('a')),
    context,
  );
  assert.equal(code, 201);
  assert.match(object.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(object.metadata.resourceVersion, String(store.revision));
  assert.equal(object.metadata.managedFields, undefined);
  const read = await reader.get(configMaps, request(configMaps, 'get', 'a'));
  // As it is sent: what a body said to be empty is remembered beside.
  assert.deepEqual(JSON.parse(JSON.stringify(read.object)), JSON.parse(JSON.stringify(object)));
  assert.deepEqual(store.keys(), ['/registry/configmaps/default/a']);
  await close();
});

test('what exists is not created again, and what is not there is not found', async () => {
  const { registry, reader, configMaps, close } = await world();
  const create = request(configMaps, 'create', '', configMap('a'));
  await registry.create(configMaps, create, context);
  await assert.rejects(registry.create(configMaps, create, context), reason('AlreadyExists'));
  await assert.rejects(reader.get(configMaps, request(configMaps, 'get', 'b')), reason('NotFound'));
  await close();
});

test('a generated name is tried again when it is taken', async () => {
  const { registry, configMaps, store, close } = await world();
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } };
  let taken = '';
  store.beforeTxn = (key) => {
    taken = key;
    store.put(key, { metadata: { name: 'theirs' } });
  };
  const { object } = await registry.create(configMaps, request(configMaps, 'create', '', body), context);
  assert.match(object.metadata.name ?? '', /^x-[a-z0-9]{5}$/);
  assert.notEqual(`/registry/configmaps/default/${object.metadata.name}`, taken);
  assert.equal(store.keys().length, 2);
  await close();
});

test('an update with an old version conflicts, one without changes writes nothing', async () => {
  const { registry, configMaps, store, close } = await world();
  const made = await registry.create(
    configMaps,
    request(configMaps, 'create', '', configMap('a', { k: '1' })),
    context,
  );
  const same = await registry.update(configMaps, request(configMaps, 'update', 'a', made.object), context);
  assert.equal(same.object.metadata.resourceVersion, made.object.metadata.resourceVersion);
  const before = store.revision;
  const next = { ...made.object, data: { k: '2' } };
  const changed = await registry.update(configMaps, request(configMaps, 'update', 'a', next), context);
  assert.equal(Number(changed.object.metadata.resourceVersion), before + 1);
  await assert.rejects(
    registry.update(configMaps, request(configMaps, 'update', 'a', next), context),
    reason('Conflict'),
  );
  await close();
});

test('a patch is applied again to what another writer left', async () => {
  const { registry, configMaps, store, close } = await world();
  await registry.create(configMaps, request(configMaps, 'create', '', configMap('a', { k: '1' })), context);
  store.beforeTxn = () => {
    const current = configMaps.cache.get('default/a')!.object as KubeObject & { data: object };
    store.put('/registry/configmaps/default/a', { ...current, data: { ...current.data, other: '2' } });
  };
  const patch = request(configMaps, 'patch', 'a', { data: { mine: '3' } }, {}, 'application/merge-patch+json');
  const { object } = await registry.patch(configMaps, patch, context);
  assert.deepEqual((object as KubeObject & { data: object }).data, { k: '1', other: '2', mine: '3' });
  await close();
});

test('a dry run answers as if and stores nothing', async () => {
  const { registry, deleter, configMaps, store, close } = await world();
  const dry = { dryRun: ['All'] };
  const create = request(configMaps, 'create', '', configMap('a'), dry);
  const { code } = await registry.create(configMaps, create, context);
  assert.equal(code, 201);
  assert.deepEqual(store.keys(), []);
  await registry.create(configMaps, request(configMaps, 'create', '', configMap('a')), context);
  await deleter.delete(configMaps, request(configMaps, 'delete', 'a', undefined, dry), context);
  assert.deepEqual(store.keys(), ['/registry/configmaps/default/a']);
  await close();
});

test('a spec change counts a generation, the status does not', async () => {
  const { registry, deployments, close } = await world();
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const body = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  };
  await registry.create(deployments, request(deployments, 'create', '', body), context);
  const merge = 'application/merge-patch+json';
  const label = request(deployments, 'patch', 'd', { metadata: { labels: { x: 'y' } } }, {}, merge);
  assert.equal((await registry.patch(deployments, label, context)).object.metadata.generation, 1);
  const scale = request(deployments, 'patch', 'd', { spec: { replicas: 3 }, status: { replicas: 9 } }, {}, merge);
  const { object } = await registry.patch(deployments, scale, context);
  assert.equal(object.metadata.generation, 2);
  assert.equal((object as { status?: { replicas?: number } }).status?.replicas, undefined);
  await close();
});

test('appliers who disagree conflict until one forces', async () => {
  const { registry, configMaps, close } = await world();
  const apply = (manager: string, value: string, force = false) =>
    registry.patch(
      configMaps,
      request(
        configMaps,
        'patch',
        'a',
        configMap('a', { k: value }),
        { fieldManager: manager, force },
        'application/apply-patch+yaml',
      ),
      context,
    );
  assert.equal((await apply('one', '1')).code, 201);
  await assert.rejects(apply('two', '2'), (error: unknown) => {
    assert.ok(isApiError(error, 'Conflict'));
    assert.deepEqual(
      error.details?.causes?.map(({ field }) => field),
      ['.data.k'],
    );
    return true;
  });
  const { object } = await apply('two', '2', true);
  assert.deepEqual(
    object.metadata.managedFields?.map(({ manager }) => manager),
    ['two'],
  );
  await close();
});

test('an object with finalizers stays until the last one is gone', async () => {
  const { registry, deleter, configMaps, store, close } = await world();
  const held = { ...configMap('a'), metadata: { name: 'a', finalizers: ['example.com/x'] } };
  await registry.create(configMaps, request(configMaps, 'create', '', held), context);
  const marked = await deleter.delete(configMaps, request(configMaps, 'delete', 'a'), context);
  assert.ok((marked.object as KubeObject).metadata.deletionTimestamp);
  assert.equal(store.keys().length, 1);
  const release = request(
    configMaps,
    'patch',
    'a',
    { metadata: { finalizers: null } },
    {},
    'application/merge-patch+json',
  );
  await registry.patch(configMaps, release, context);
  assert.deepEqual(store.keys(), []);
  await close();
});
