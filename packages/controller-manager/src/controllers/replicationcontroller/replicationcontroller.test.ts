import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod, ReplicationController } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { replicationController } from './index.js';

const labels = { app: 'web' };

it('a ReplicationController makes, adopts, lets go and counts its pods', async () => {
  const world = testWorld();
  const { client, clock, informers } = world;
  const orphan: Pod = { metadata: { name: 'orphan', namespace: 'default', labels }, spec: { containers: [] } };
  await client.create(resources.pods, orphan);
  await world.start(replicationController);
  const owner = await client.create<ReplicationController>(resources.replicationControllers, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: 3, selector: labels, template: { metadata: { labels }, spec: { containers: [] } } },
  });
  const pods = informers.for(resources.pods);
  const current = () => informers.for(resources.replicationControllers).get('default', 'web');
  const mine = () => pods.list().filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === owner.metadata.uid);
  await until(() => mine().length === 3 && current()?.status?.replicas === 3, { clock });
  const reference = mine()[0]?.metadata.ownerReferences?.[0];
  assert.deepEqual([reference?.apiVersion, reference?.kind], ['v1', 'ReplicationController']);
  assert.equal(pods.list().length, 3, 'the orphan is one of them');
  assert.equal('terminatingReplicas' in (current()?.status ?? {}), false);

  const adopted = pods.get('default', 'orphan') as Pod;
  await client.update(resources.pods, { ...adopted, metadata: { ...adopted.metadata, labels: { app: 'other' } } });
  await until(() => pods.list().length === 4 && mine().length === 3, { clock });
  assert.equal(pods.get('default', 'orphan')?.metadata.ownerReferences?.length ?? 0, 0);

  const before = current() as ReplicationController;
  await client.update(resources.replicationControllers, { ...before, spec: { ...before.spec, replicas: 1 } });
  await until(() => mine().length === 1 && current()?.status?.replicas === 1, { clock });
  await world.stop();
});
