import assert from 'node:assert/strict';
import { it } from 'node:test';
import { allKinds, type KubeObject, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { resourceOf } from '../../framework/kinds.js';
import { testWorld } from '../../testing/world.js';
import { claimsOf } from '../../volumes/claims.js';
import { attributesClassProtection, claimProtection, volumeProtection } from './index.js';
import { classesOf, uses } from './users.js';

const of = (kind: string) => resourceOf(allKinds.find((it) => it.kind === kind)!);
const [claims, volumes, classes] = [
  of('PersistentVolumeClaim'),
  of('PersistentVolume'),
  of('VolumeAttributesClass'),
] as const;
const namespace = 'n';

it('what is in use outlives its deletion until nothing uses it any more', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  const make = (resource: typeof claims, object: object) => client.create(resource, object as KubeObject);
  const [knownClaims, knownVolumes, knownClasses] = [claims, volumes, classes].map((it) => informers.for(it)) as [
    ReturnType<typeof informers.for>,
    ReturnType<typeof informers.for>,
    ReturnType<typeof informers.for>,
  ];
  for (const name of ['used', 'free']) await make(claims, { metadata: { namespace, name }, spec: {} });
  await make(volumes, {
    metadata: { name: 'bound' },
    spec: { volumeAttributesClassName: 'gold' },
    status: { phase: 'Bound' },
  });
  await make(classes, { metadata: { name: 'gold' }, driverName: 'd' });
  const spec = {
    nodeName: 'node',
    containers: [],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }],
  };
  await client.create(resources.pods, { metadata: { namespace, name: 'p' }, spec });
  await world.start(claimProtection, volumeProtection, attributesClassProtection);
  const finalizersOf = (it: KubeObject | undefined) => it?.metadata.finalizers;
  await until(() => finalizersOf(knownClaims.get(namespace, 'used')) !== undefined, { clock });
  assert.deepEqual(finalizersOf(knownClaims.get(namespace, 'used')), ['kubernetes.io/pvc-protection']);
  await until(() => finalizersOf(knownVolumes.get('', 'bound')) !== undefined, { clock });
  await until(() => finalizersOf(knownClasses.get('', 'gold')) !== undefined, { clock });

  for (const name of ['used', 'free']) await client.delete(claims, { namespace, name });
  await client.delete(volumes, { name: 'bound' });
  await client.delete(classes, { name: 'gold' });
  await until(() => knownClaims.get(namespace, 'free') === undefined, { clock });
  assert.ok(knownClaims.get(namespace, 'used') && knownVolumes.get('', 'bound') && knownClasses.get('', 'gold'));

  await client.delete(resources.pods, { namespace, name: 'p' });
  await until(() => knownClaims.get(namespace, 'used') === undefined, { clock });
  await client.patch(volumes, { name: 'bound' }, 'merge', { status: { phase: 'Released' } }, { subresource: 'status' });
  await until(() => knownVolumes.get('', 'bound') === undefined, { clock });
  await until(() => knownClasses.get('', 'gold') === undefined, { clock });
  await world.stop();
});

it('a pod has the claims that it names, and those of its own volumes', () => {
  const volumes = [
    { name: 'a', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'b', ephemeral: {} },
    { name: 'd', emptyDir: {} },
  ];
  assert.deepEqual(claimsOf({ metadata: { namespace, name: 'p' }, spec: { volumes } } as Pod), ['n/c', 'n/p-b']);
  const status = {
    currentVolumeAttributesClassName: 'old',
    modifyVolumeStatus: { targetVolumeAttributesClassName: 'next' },
  };
  assert.deepEqual(classesOf({ metadata: {}, spec: { volumeAttributesClassName: 'wanted' }, status } as never), [
    ...['wanted', 'old', 'next'],
  ]);
});

it('a claim of a pod’s own volume is let go before the pod is forgotten', () => {
  const pod = (more: object = {}, spec: object = { nodeName: 'node' }): Pod =>
    ({
      metadata: { namespace, name: 'p', uid: 'p', ...more },
      spec: { containers: [], volumes: [{ name: 'v', ephemeral: {} }], ...spec },
    }) as Pod;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p', controller: true }];
  const claim = { metadata: { namespace, name: 'p-v', ownerReferences } };
  assert.ok(uses(pod(), claim));
  assert.ok(!uses(pod({}, {}), claim), 'no node has it');
  assert.ok(!uses(pod(), { metadata: { namespace, name: 'p-v' } }), "another's claim that has its name");
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  assert.ok(uses(pod({ deletionTimestamp, deletionGracePeriodSeconds: 30 }), claim));
  assert.ok(!uses(pod({ deletionTimestamp, deletionGracePeriodSeconds: 0 }), claim));
  const named = { nodeName: 'node', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'p-v' } }] };
  assert.ok(uses(pod({ deletionTimestamp, deletionGracePeriodSeconds: 0 }, named), claim));
});
