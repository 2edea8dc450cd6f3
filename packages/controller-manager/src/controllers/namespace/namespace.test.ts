import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Namespace } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
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
