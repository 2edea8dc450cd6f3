import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiError, allKinds, encodeProtobuf, type KubeObject } from '@keelson/api';
import { configMap, context, request, world } from '../../test/world.js';
import { NO_OPINION } from '../auth/authorizer.js';

const MERGE = 'application/merge-patch+json';

const refused = (code: number, text: RegExp) => (error: unknown) => {
  const { code: found, message } = error as ApiError;
  assert.equal(found, code);
  assert.match(message, text);
  return true;
};

async function withConfigMap(metadata: object = {}) {
  const all = await world();
  const { registry, configMaps } = all;
  const body = { ...configMap('a', { k: '1' }), metadata: { name: 'a', ...metadata } };
  const { object } = await registry.create(configMaps, request(configMaps, 'create', '', body), context);
  const put = async (given: object) => {
    const next = { ...configMap('a', { k: '2' }), metadata: { name: 'a', ...given } };
    return (await registry.update(configMaps, request(configMaps, 'update', 'a', next), context)).object.metadata;
  };
  return { ...all, object, put };
}

for (const [how, given] of Object.entries({
  'leaves them out': {},
  'gives them as null': {
    uid: null,
    creationTimestamp: null,
    deletionTimestamp: null,
    deletionGracePeriodSeconds: null,
    generation: null,
    selfLink: null,
    resourceVersion: null,
    managedFields: null,
  },
  'gives them empty': { uid: '', creationTimestamp: null, selfLink: '', generation: 0, resourceVersion: '' },
  'gives others where only the server counts': {
    creationTimestamp: '2001-01-01T00:00:00Z',
    generation: 77,
    selfLink: '/x',
  },
})) {
  test(`what the server owns stays when an update ${how}`, async () => {
    const { object, put, close } = await withConfigMap();
    const { resourceVersion: _old, managedFields: _managers, ...before } = object.metadata;
    const { resourceVersion: _new, managedFields: _others, ...after } = await put(given);
    assert.deepEqual(after, before);
    await close();
  });

  test(`a deletion that waits goes on when an update ${how}`, async () => {
    const { deleter, configMaps, put, close } = await withConfigMap({ finalizers: ['example.com/x'] });
    const marked = await deleter.delete(configMaps, request(configMaps, 'delete', 'a'), context);
    const before = (marked.object as KubeObject).metadata;
    const after = await put({ ...given, finalizers: ['example.com/x'] });
    assert.ok(after.deletionTimestamp);
    assert.equal(after.deletionTimestamp, before.deletionTimestamp);
    assert.equal(after.deletionGracePeriodSeconds, before.deletionGracePeriodSeconds);
    await close();
  });
}

test('an update in protobuf has an empty uid', async () => {
  const { registry, configMaps, object, close } = await withConfigMap();
  const bytes = encodeProtobuf({ ...configMap('a', { k: '2' }), metadata: { name: 'a', uid: '' } });
  const update = request(configMaps, 'update', 'a', {});
  const body = { mediaType: 'application/vnd.kubernetes.protobuf', bytes };
  const { object: after } = await registry.update(configMaps, { ...update, body }, context);
  assert.equal(after.metadata.uid, object.metadata.uid);
  assert.equal(after.metadata.creationTimestamp, object.metadata.creationTimestamp);
  assert.deepEqual((after as unknown as { data: object }).data, { k: '2' });
  await close();
});

test('a patch that takes away what the server owns takes nothing', async () => {
  const { registry, configMaps, object, close } = await withConfigMap();
  const fields = { uid: null, creationTimestamp: null, resourceVersion: null, generation: null, managedFields: null };
  for (const [mediaType, body] of [
    [MERGE, { metadata: fields, data: { k: '3' } }],
    ['application/strategic-merge-patch+json', { metadata: fields, data: { k: '4' } }],
    ['application/json-patch+json', [{ op: 'remove', path: '/metadata/uid' }]],
  ] as const) {
    const patch = request(configMaps, 'patch', 'a', body, {}, mediaType);
    const { object: after } = await registry.patch(configMaps, patch, context);
    assert.equal(after.metadata.uid, object.metadata.uid);
    assert.equal(after.metadata.creationTimestamp, object.metadata.creationTimestamp);
  }
  await close();
});

test('an update is for the object that its uid names', async () => {
  const { put, object, close } = await withConfigMap();
  const { uid } = object.metadata;
  const text =
    `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, ` +
    `Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: ` +
    `Precondition failed: UID in precondition: other, UID in object meta: ${uid}`;
  await assert.rejects(put({ uid: 'other' }), refused(409, new RegExp(`^${text}$`)));
  assert.equal((await put({ uid })).uid, uid);
  await close();
});

test('what an update may not say is refused by its field', async () => {
  const { put, close } = await withConfigMap();
  await assert.rejects(put({ deletionTimestamp: '2035-06-01T12:00:00Z' }), refused(422, /deletionTimestamp/));
  await assert.rejects(put({ deletionGracePeriodSeconds: 5 }), refused(422, /deletionGracePeriodSeconds/));
  await assert.rejects(put({ resourceVersion: 'abc' }), refused(500, /^strconv.ParseUint: parsing "abc": invalid/));
  await assert.rejects(put({ resourceVersion: '99999999999999999999' }), refused(500, /value out of range$/));
  await assert.rejects(
    put({ name: '' }),
    refused(400, /\(a based on URL\) was undeterminable: name must be provided$/),
  );
  await close();
});

test('a generated name says how it was made only for as long as updates say so', async () => {
  const { registry, configMaps, close } = await world();
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'x-' } };
  const made = await registry.create(configMaps, request(configMaps, 'create', '', body), context);
  const { name = '' } = made.object.metadata;
  const { object } = await registry.update(configMaps, request(configMaps, 'update', name, configMap(name)), context);
  assert.equal(object.metadata.generateName, undefined);
  await close();
});

const CONDITIONAL = new Set([
  ...['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings', 'mutatingwebhookconfigurations'],
  ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'validatingwebhookconfigurations'],
  ...['customresourcedefinitions', 'apiservices', 'leases', 'runtimeclasses', 'poddisruptionbudgets'],
  ...['csidrivers', 'csinodes', 'csistoragecapacities', 'volumeattachments'],
]);
const CREATED_BY_UPDATE = new Set([
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  ...['leases', 'endpoints', 'services', 'limitranges', 'events'],
]);

test('each kind knows whether an update names its version and whether it makes what is not there', () => {
  const updatable = allKinds.filter((kind) => kind.verbs.includes('update'));
  assert.ok(updatable.length > 50);
  for (const { plural, strategy } of updatable) {
    assert.equal(strategy.allowUnconditionalUpdate, !CONDITIONAL.has(plural), plural);
    assert.equal(strategy.allowCreateOnUpdate, CREATED_BY_UPDATE.has(plural), plural);
  }
});

const lease = (metadata: object) => ({
  ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', ...metadata } },
  spec: { holderIdentity: 'me' },
});

test('an update makes a lease, and after that names its version', async () => {
  const { registry, collection, close } = await world();
  const leases = collection('leases', 'coordination.k8s.io');
  const put = (metadata: object) => registry.update(leases, request(leases, 'update', 'l', lease(metadata)), context);
  await assert.rejects(put({ uid: 'other' }), refused(409, /UID in precondition: other, UID in object meta: $/));
  const made = await put({ resourceVersion: '12' });
  assert.equal(made.code, 201);
  const unnamed =
    /^leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be spec/;
  await assert.rejects(put({}), refused(422, unnamed));
  await assert.rejects(put({ resourceVersion: '0' }), refused(422, unnamed));
  await assert.rejects(put({ resourceVersion: '1' }), refused(409, /has been modified/));
  assert.equal((await put({ resourceVersion: made.object.metadata.resourceVersion })).code, 200);
  await close();
});

test('who may not create does not create by update or apply', async () => {
  const { registry, collection, store, close } = await world([], {
    authorize: ({ verb }) => (verb === 'create' ? NO_OPINION : { allowed: true, reason: '' }),
  });
  const leases = collection('leases', 'coordination.k8s.io');
  const text =
    /^leases.coordination.k8s.io "l" is forbidden: User "tester" cannot create resource "leases" in API group/;
  await assert.rejects(registry.update(leases, request(leases, 'update', 'l', lease({})), context), refused(403, text));
  const options = { fieldManager: 'm' };
  const apply = request(leases, 'patch', 'l', lease({}), options, 'application/apply-patch+yaml');
  await assert.rejects(registry.patch(leases, apply, context), refused(403, text));
  assert.deepEqual(store.keys(), []);
  await close();
});

test('a deletion is of the object that its preconditions name', async () => {
  const { deleter, configMaps, object, close } = await withConfigMap();
  const { uid, resourceVersion } = object.metadata;
  const remove = (preconditions: object) =>
    deleter.delete(configMaps, request(configMaps, 'delete', 'a', { preconditions }), context);
  await assert.rejects(
    remove({ uid: 'other' }),
    refused(409, new RegExp(`on ConfigMap "a": the UID in the precondition \\(other\\) does not match.*\\(${uid}\\)`)),
  );
  await assert.rejects(remove({ resourceVersion: '7' }), refused(409, /the ResourceVersion in the precondition \(7\)/));
  assert.equal((await remove({ uid, resourceVersion })).type, 'status');
  await close();
});

test('integers of 64 bits come back as they were given, and count on', async () => {
  const { registry, deleter, configMaps, store, close } = await world();
  const text = (name: string) =>
    `{"metadata":{"name":"${name}","generation":9223372036854775807,"finalizers":["example.com/x"]},"data":{}}`;
  const create = request(configMaps, 'create', '', {});
  const body = { mediaType: 'application/json', bytes: Buffer.from(text('a')) };
  const { object } = await registry.create(configMaps, { ...create, body }, context);
  assert.equal(String(object.metadata.generation), '9223372036854775807');
  const { stored } = await configMaps.read('default', 'a');
  assert.equal(String(stored?.object.metadata.generation), '9223372036854775807');
  const marked = await deleter.delete(configMaps, request(configMaps, 'delete', 'a'), context);
  assert.equal(String((marked.object as KubeObject).metadata.generation), '-9223372036854775808');
  assert.equal(store.keys().length, 1);
  await close();
});

test('a warning stands beside a refusal too', async () => {
  const { registry, configMaps, close } = await world();
  const told: string[] = [];
  const warned = { ...context, warn: (text: string) => void told.push(text) };
  const bad = { metadata: { name: '-', nope: 1 } };
  await assert.rejects(
    registry.create(configMaps, request(configMaps, 'create', '', bad), warned),
    refused(422, /name/),
  );
  assert.deepEqual(told, ['unknown field "metadata.nope"']);
  await close();
});
