import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Deployment, Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { testWorld } from '../../testing/world.js';
import { replicaSetController } from '../replicaset/index.js';
import { deploymentController } from './index.js';

const KEY = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };

function template(image: string) {
  return { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } };
}

it('a new template is rolled out pod by pod, and the old ReplicaSet stays as history', async () => {
  const world = testWorld();
  const { client, clock, informers } = world;
  await world.start(deploymentController, replicaSetController);
  const pods = informers.for(resources.pods);
  const sets = informers.for(resources.replicaSets);
  const isReady = (pod: Pod) => pod.status?.conditions?.some((one) => one.type === 'Ready') ?? false;
  // Makes every pod ready as soon as it is there.
  pods.addHandler({
    onAdd(pod) {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: rfc3339(clock.now()) }];
      const key = { namespace: 'default', name: pod.metadata.name ?? '' };
      void client
        .patch(
          resources.pods,
          key,
          'strategic',
          { status: { phase: 'Running', conditions } },
          { subresource: 'status' },
        )
        .catch(() => {});
    },
  });
  const images = () => pods.list().map((pod) => pod.spec?.containers?.[0]?.image);
  const allRun = (image: string) =>
    images().length === 4 && images().every((one) => one === image) && pods.list().every(isReady);
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  await client.create<Deployment>(resources.deployments, {
    metadata: KEY,
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: template('one'),
      strategy: { type: 'RollingUpdate', rollingUpdate },
    },
  });
  await until(() => allRun('one'), { clock });
  let most = 0;
  let least = 4;
  const count = () => {
    most = Math.max(most, pods.list().length);
    least = Math.min(least, pods.list().filter(isReady).length);
  };
  pods.addHandler({ onAdd: count, onUpdate: count, onDelete: count });
  await client.patch(resources.deployments, KEY, 'merge', { spec: { template: template('two') } });
  await until(() => allRun('two'), { clock });
  const current = () => informers.for(resources.deployments).get('default', 'web');
  await until(() => current()?.status?.updatedReplicas === 4 && current()?.status?.replicas === 4, { clock });
  assert.deepEqual([most, least], [5, 4]);
  assert.equal(current()?.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.deepEqual(
    sets
      .list()
      .map((set) => set.spec?.replicas)
      .sort(),
    [0, 4],
  );
  await world.stop();
});
