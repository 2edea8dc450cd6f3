import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Event, Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { ephemeralVolumeController } from './index.js';

const namespace = 'default';
const CLAIMS = resources.persistentVolumeClaims;

it('a pod gets the claims of its own volumes, again if they go, and never those of others', async () => {
  const world = testWorld();
  const { client, informers } = world;
  const claims = informers.for(CLAIMS);
  await world.start(ephemeralVolumeController);
  await client.create(CLAIMS, { metadata: { namespace, name: 'p-taken' }, spec: {} });
  const template = {
    metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const volumes = [
    { name: 'none', emptyDir: {} },
    { name: 'v', ephemeral: { volumeClaimTemplate: template } },
    { name: 'taken', ephemeral: { volumeClaimTemplate: template } },
    { name: 'after', ephemeral: { volumeClaimTemplate: template } },
  ];
  await client.create<Pod>(resources.pods, { metadata: { namespace, name: 'p' }, spec: { containers: [], volumes } });
  await until(() => claims.get(namespace, 'p-v') !== undefined, world);
  const made = claims.get(namespace, 'p-v')!;
  assert.deepEqual(
    [made.metadata.labels, made.metadata.annotations, made.spec],
    [{ a: 'b' }, { c: 'd' }, template.spec],
  );
  const [owner] = made.metadata.ownerReferences ?? [];
  assert.deepEqual([owner?.kind, owner?.name, owner?.controller], ['Pod', 'p', true]);
  await client.delete(CLAIMS, { namespace, name: 'p-v' });
  await until(() => (claims.get(namespace, 'p-v')?.metadata.uid ?? made.metadata.uid) !== made.metadata.uid, world);
  await world.clock.advanceAsync(300_000);
  assert.equal(claims.get(namespace, 'p-after'), undefined, 'one after another');
  await world.recorder.flush();
  const { items } = await client.list<Event>(resources.events);
  assert.deepEqual(
    [...new Set(items.map((it) => `${it.type} ${it.reason}: ${it.message}`))],
    [
      'Warning FailedBinding: ephemeral volume taken: PVC default/p-taken was not created for pod default/p (pod is not owner)',
    ],
  );
  await client.delete(CLAIMS, { namespace, name: 'p-taken' });
  await until(
    () => claims.get(namespace, 'p-taken') !== undefined && claims.get(namespace, 'p-after') !== undefined,
    world,
  );
  await world.stop();
});
