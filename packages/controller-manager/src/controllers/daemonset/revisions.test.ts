import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ControllerRevision, type DaemonSet, encodeGoJson } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { daemonSetController } from './index.js';
import { currentRevision, HASH_LABEL, patchOf } from './revisions.js';

const template = {
  metadata: { labels: { app: 'x' } },
  spec: {
    restartPolicy: 'Always',
    containers: [{ name: 'c', image: 'i', command: ['sh', '-c', 'a && b > c'], resources: {} }],
  },
};
const daemonSet = (): DaemonSet => ({
  metadata: { name: 'd', namespace: 'default', uid: 'u' },
  spec: { selector: { matchLabels: { app: 'x' } }, template },
});

it('a revision keeps the bytes that others compare: sorted fields, and what HTML minds escaped', () => {
  const wanted =
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"x"}},"spec":{"containers":' +
    '[{"command":["sh","-c","a \\u0026\\u0026 b \\u003e c"],"image":"i","name":"c","resources":{}}],"restartPolicy":"Always"}}}}';
  assert.equal(encodeGoJson(patchOf(daemonSet())), wanted);
});

it('numbers of revisions go on from the largest, beyond what a number holds too', async () => {
  const { client } = testWorld();
  const revision = (name: string, number: string): ControllerRevision => ({
    metadata: { name, namespace: 'default' },
    data: {},
    revision: BigInt(number) as unknown as number,
  });
  const history = [revision('a', '3546343826724305832'), revision('b', '7')];
  const made = await currentRevision(client, daemonSet(), history);
  assert.equal(String(made?.revision), '3546343826724305833');
  const [old] = history;
  const known = await client.create(resources.controllerRevisions, { ...old!, data: patchOf(daemonSet()) });
  const again = await currentRevision(client, daemonSet(), [known, revision('b', '7')]);
  assert.equal(String(again?.revision), '3546343826724305832');
});

it('pods and revisions that a DaemonSet was parted from come back to it', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  const revisions = informers.for(resources.controllerRevisions);
  const owner = await client.create(resources.daemonSets, daemonSet());
  const labels = { app: 'x' };
  await client.create(resources.controllerRevisions, {
    metadata: { name: 'd-old', namespace: 'default', labels: { ...labels, [HASH_LABEL]: 'old' } },
    data: { spec: {} },
    revision: 4,
  });
  await world.start(daemonSetController);
  await until(() => revisions.list().length === 2, { clock });
  const isMine = (it: { metadata: { ownerReferences?: { uid?: string | undefined }[] | undefined } } | undefined) =>
    it?.metadata.ownerReferences?.[0]?.uid === owner.metadata.uid;
  await until(() => revisions.list().every(isMine), { clock });
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
  assert.equal(adoptions().length, 1);
  await world.stop();
});
