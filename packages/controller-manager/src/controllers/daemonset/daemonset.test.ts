import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DaemonSet, KubeObject } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { HASH_LABEL } from './daemons.js';
import { daemonSetController } from './index.js';

const labels = { app: 'x' };
const daemonSet = (): DaemonSet => ({
  metadata: { name: 'd', namespace: 'default' },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
});

it('pods and revisions that a DaemonSet was parted from come back to it', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  const revisions = informers.for(resources.controllerRevisions);
  const owner = await client.create(resources.daemonSets, daemonSet());
  await client.create(resources.controllerRevisions, {
    metadata: { name: 'd-old', namespace: 'default', labels: { ...labels, [HASH_LABEL]: 'old' } },
    data: { spec: {} },
    revision: 4,
  });
  await world.start(daemonSetController);
  const isMine = ({ metadata }: KubeObject) => metadata.ownerReferences?.[0]?.uid === owner.metadata.uid;
  await until(() => revisions.list().length === 2 && revisions.list().every(isMine), { clock });
  assert.deepEqual(
    revisions
      .list()
      .map((it) => it.revision)
      .sort(),
    [4, 5],
  );
  await client.create(resources.pods, {
    metadata: { name: 'p', namespace: 'default', labels },
    spec: { containers: [] },
  });
  const adoptions = () => world.server.requests.filter((it) => it.verb === 'patch' && it.path.resource === 'pods');
  await until(() => adoptions().length > 0, { clock });
  await world.stop();
});

it('nodes get one pod each as they come, once, and then nothing is written', async () => {
  const world = testWorld();
  const { client, informers, clock, server } = world;
  const pods = informers.for(resources.pods);
  await client.create(resources.daemonSets, daemonSet());
  await world.start(daemonSetController);
  const addNode = (name: string) => client.create(resources.nodes, { metadata: { name } });
  for (const name of ['a', 'b']) await addNode(name);
  await until(() => pods.list().length === 2, { clock });
  await addNode('c');
  await until(() => pods.list().length === 3, { clock });
  await clock.advanceAsync(60_000);
  const before = server.requests.length;
  await clock.advanceAsync(10 * 60_000);
  const writes = server.requests.slice(before).filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
  assert.deepEqual(writes, []);
  assert.equal(server.requests.filter((it) => it.verb === 'create' && it.path.resource === 'pods').length, 3);
  await world.stop();
});
