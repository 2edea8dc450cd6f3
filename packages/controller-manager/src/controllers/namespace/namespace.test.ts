import assert from 'node:assert/strict';
import { it } from 'node:test';
import { apiErrors, type Namespace } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { resourceOf } from '../../framework/kinds.js';
import { customKindOf } from '../../testing/custom.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { Remains } from './conditions.js';
import { namespaceController } from './index.js';

const conditionsOf = (namespace: Namespace | undefined) =>
  Object.fromEntries((namespace?.status?.conditions ?? []).map((it) => [it.type, `${it.reason}: ${it.message}`]));

it('pods go before everything else, and what they work with stays while one is there', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  const namespaces = informers.for(resources.namespaces);
  const secrets = informers.for(resources.secrets);
  const namespace = 'x';
  const finalizers = ['kubernetes'];
  await client.create(resources.namespaces, {
    metadata: { name: namespace, finalizers: ['test/held'] },
    spec: { finalizers },
  });
  const pod = { metadata: { name: 'p', namespace, finalizers: ['test/held'] }, spec: { containers: [] } };
  await client.create(resources.pods, pod);
  await client.create(resources.secrets, { metadata: { name: 's', namespace } });
  await client.create(resources.configMaps, { metadata: { name: 'c', namespace, finalizers: ['test/other'] } });
  await world.start(namespaceController);
  await client.delete(resources.namespaces, { name: namespace });
  const current = () => namespaces.get('', namespace);
  await until(() => 'NamespaceContentRemaining' in conditionsOf(current()), { clock });
  assert.deepEqual(conditionsOf(current()), {
    NamespaceDeletionDiscoveryFailure: 'ResourcesDiscovered: All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'ParsedGroupVersions: All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure: 'ContentDeleted: All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining: 'SomeResourcesRemain: Some resources are remaining: pods. has 1 resource instances',
    NamespaceFinalizersRemaining:
      'SomeFinalizersRemain: Some content in the namespace has finalizers remaining: test/held in 1 resource instances',
  });
  assert.ok(secrets.get(namespace, 's'));
  await client.patch(resources.pods, { namespace, name: 'p' }, 'merge', { metadata: { finalizers: null } });
  await until(() => secrets.get(namespace, 's') === undefined, { clock });
  await until(() => /configmaps. has 1/.test(conditionsOf(current())['NamespaceContentRemaining'] ?? ''), { clock });
  await client.patch(resources.configMaps, { namespace, name: 'c' }, 'merge', { metadata: { finalizers: null } });
  await until(() => (current()?.spec?.finalizers ?? []).length === 0, { clock });
  assert.match(conditionsOf(current())['NamespaceContentRemaining'] ?? '', /^ContentRemoved: /);
  await world.stop();
});

it('what could not be deleted is told in order, and as a failure', () => {
  const remains = new Remains();
  remains.errors.push('z failed', 'a failed');
  remains.add(resources.deployments, [{ metadata: {} }, { metadata: {} }]);
  remains.add(resources.configMaps, [{ metadata: { finalizers: ['b', 'a'] } }]);
  remains.add(resources.secrets, []);
  const told = Object.fromEntries(
    remains.conditions().map(({ type, status, message }) => [type, `${status} ${message}`]),
  );
  assert.equal(
    told['NamespaceDeletionContentFailure'],
    'True Failed to delete all resource types, 2 remaining: a failed, z failed',
  );
  assert.equal(
    told['NamespaceContentRemaining'],
    'True Some resources are remaining: configmaps. has 1 resource instances, deployments.apps has 2 resource instances',
  );
  assert.equal(
    told['NamespaceFinalizersRemaining'],
    'True Some content in the namespace has finalizers remaining: a in 1 resource instances, b in 1 resource instances',
  );
});

const cup = customKindOf('Cup');
const cups = resourceOf(cup);

/** A namespace that is to go, with a custom resource in it of a kind that came a moment ago. */
async function withCup(finalizers: string[], run: (world: TestWorld) => Promise<void>): Promise<void> {
  const world = testWorld();
  const { client } = world;
  world.informers.for(resources.namespaces);
  await world.start(namespaceController);
  const metadata = { name: 'x', finalizers: ['test/held'] };
  await client.create(resources.namespaces, { metadata, spec: { finalizers: ['kubernetes'] } });
  world.served.add(cup);
  await client.create(cups, { metadata: { name: 'a', namespace: 'x', finalizers } });
  try {
    await run(world);
  } finally {
    await world.stop();
  }
}

const current = ({ informers }: TestWorld) => informers.for(resources.namespaces).get('', 'x');
const isReleased = (world: TestWorld) => (current(world)?.spec?.finalizers ?? []).length === 0;

it('custom resources go too, of kinds that came just before', () =>
  withCup(['test/held'], async (world) => {
    const { client, clock } = world;
    await client.delete(resources.namespaces, { name: 'x' });
    await until(() => 'NamespaceContentRemaining' in conditionsOf(current(world)), { clock });
    assert.equal(
      conditionsOf(current(world))['NamespaceContentRemaining'],
      'SomeResourcesRemain: Some resources are remaining: cups.example.com has 1 resource instances',
    );
    await client.patch(cups, { namespace: 'x', name: 'a' }, 'merge', { metadata: { finalizers: null } });
    await until(() => isReleased(world), { clock });
  }));

it('a kind without deletion of collections is emptied one by one', () =>
  withCup([], async (world) => {
    world.served.add({ ...cup, verbs: ['list', 'delete', 'get'] });
    await world.client.delete(resources.namespaces, { name: 'x' });
    await until(() => isReleased(world), { clock: world.clock });
    const asked = world.server.requests.filter(({ path }) => path.resource === 'cups').map(({ verb }) => verb);
    assert.deepEqual(asked, ['create', 'list', 'delete', 'list']);
  }));

it('a kind that goes meanwhile keeps no namespace', () =>
  withCup(['test/held'], async (world) => {
    world.server.intercept = ({ verb, path }) =>
      verb === 'list' && path.resource === 'cups' ? apiErrors.resourceNotServed() : undefined;
    await world.client.delete(resources.namespaces, { name: 'x' });
    await until(() => isReleased(world), { clock: world.clock });
  }));

it('a namespace stays while a part of what is served is not known, empty of what is', () =>
  withCup([], async (world) => {
    const { client, clock, discover } = world;
    const stale = ['b.example.com', 'a.example.com'].map((group) => ({ group, version: 'v1' }));
    world.discover = async () => ({ ...(await discover()), stale });
    await client.delete(resources.namespaces, { name: 'x' });
    await until(() => 'NamespaceDeletionDiscoveryFailure' in conditionsOf(current(world)), { clock });
    assert.equal(
      conditionsOf(current(world))['NamespaceDeletionDiscoveryFailure'],
      'DiscoveryFailed: Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: ' +
        'a.example.com/v1: stale GroupVersion discovery: a.example.com/v1, b.example.com/v1: stale GroupVersion discovery: b.example.com/v1',
    );
    await until(() =>
      world.server.requests.some((it) => it.verb === 'deletecollection' && it.path.resource === 'cups'),
    );
    assert.equal(isReleased(world), false);
    world.discover = async () => {
      throw apiErrors.serviceUnavailable('not now');
    };
    await world.client.create(resources.namespaces, {
      metadata: { name: 'y', finalizers: ['test/held'] },
      spec: { finalizers: ['kubernetes'] },
    });
    await client.delete(resources.namespaces, { name: 'y' });
    const other = () => conditionsOf(world.informers.for(resources.namespaces).get('', 'y'));
    await until(() => 'NamespaceDeletionDiscoveryFailure' in other(), { clock });
    assert.equal(other()['NamespaceDeletionDiscoveryFailure'], 'DiscoveryFailed: not now');
    world.discover = discover;
    await until(() => isReleased(world), { clock });
    assert.match(conditionsOf(current(world))['NamespaceDeletionDiscoveryFailure'] ?? '', /^ResourcesDiscovered: /);
  }));

it('a version whose name is none is told of', () =>
  withCup([], async (world) => {
    const { client, clock, discover } = world;
    world.discover = async () => {
      const all = await discover();
      return { ...all, resources: [...all.resources, { ...all.resources[0]!, group: 'a', version: 'b/c' }] };
    };
    await client.delete(resources.namespaces, { name: 'x' });
    await until(() => 'NamespaceDeletionGroupVersionParsingFailure' in conditionsOf(current(world)), { clock });
    assert.equal(
      conditionsOf(current(world))['NamespaceDeletionGroupVersionParsingFailure'],
      'GroupVersionParsingFailed: unexpected GroupVersion string: a/b/c',
    );
    assert.equal(isReleased(world), false);
  }));
