import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, ReplicaSet } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { deletionOrder } from '../../pods/deletion-order.js';
import { testWorld } from '../../testing/world.js';
import { replicaSetController } from './index.js';
import { planReplicas, replicaSetStatus } from './replicaset.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const labels = { app: 'web' };

function replicaSet(replicas: number, minReadySeconds = 0): ReplicaSet {
  const template = { metadata: { labels }, spec: { containers: [] } };
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, minReadySeconds, selector: { matchLabels: labels }, template },
  };
}

interface Traits {
  node?: string;
  phase?: string;
  readySince?: string;
  cost?: string;
  created?: string;
}

function pod(
  name: string,
  { node, phase = 'Running', readySince, cost, created = '2026-01-01T00:00:00Z' }: Traits = {},
): Pod {
  const annotations = cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost };
  const ready = readySince === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readySince }];
  return {
    metadata: { name, uid: name, labels, annotations, creationTimestamp: created },
    spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
    status: { phase, conditions: ready },
  };
}

describe('a ReplicaSet', () => {
  it('asks for what is missing and takes what is too many, a limited number at a time', () => {
    assert.equal(planReplicas(replicaSet(5), [pod('a')], 500, NOW).create, 4);
    assert.equal(planReplicas(replicaSet(900), [], 500, NOW).create, 500);
    assert.deepEqual(planReplicas(replicaSet(1), [pod('a')], 500, NOW), { create: 0, remove: [] });
    assert.equal(planReplicas(replicaSet(0), [pod('a'), pod('b')], 1, NOW).remove.length, 1);
  });

  it('lets go first of pods that do least', () => {
    const since = '2026-01-01T00:00:00Z';
    const order = deletionOrder(
      [
        pod('old', { node: 'n2', readySince: since }),
        pod('crowded', { node: 'n1', readySince: since }),
        pod('young', { node: 'n3', readySince: '2026-01-01T00:59:00Z' }),
        pod('cheap', { node: 'n1', readySince: since, cost: '-5' }),
        pod('unready', { node: 'n1' }),
        pod('pending', { node: 'n1', phase: 'Pending' }),
        pod('nowhere', { phase: 'Pending' }),
      ],
      NOW,
    );
    assert.deepEqual(
      order.map((it) => it.metadata.name),
      ['nowhere', 'pending', 'unready', 'cheap', 'crowded', 'young', 'old'],
    );
  });

  it('reports what its pods are', () => {
    const going = pod('going', { node: 'n', readySince: '2026-01-01T00:00:00Z' });
    going.metadata.deletionTimestamp = '2026-01-01T00:59:59Z';
    const pods = [
      pod('available', { readySince: '2026-01-01T00:00:00Z' }),
      pod('ready', { readySince: '2026-01-01T00:59:55Z' }),
      pod('unready'),
      going,
    ];
    const plan = { create: 1, remove: [] };
    const status = replicaSetStatus(replicaSet(4, 10), pods, plan, new Error('exceeded quota'), NOW);
    const { replicas, readyReplicas, availableReplicas, terminatingReplicas, conditions } = status;
    assert.deepEqual([replicas, readyReplicas, availableReplicas, terminatingReplicas], [3, 2, 1, 1]);
    assert.deepEqual(
      conditions?.map((it) => [it.type, it.reason, it.message]),
      [['ReplicaFailure', 'FailedCreate', 'exceeded quota']],
    );
    const healed = { ...replicaSet(4), status };
    assert.equal(replicaSetStatus(healed, pods, plan, undefined, NOW).conditions, undefined);
  });

  it('makes as many pods as it wants, exactly, replaces what is deleted and adopts what matches', async () => {
    const world = testWorld();
    const { client, clock, informers, server } = world;
    await client.create<Pod>(resources.pods, {
      metadata: { name: 'orphan', namespace: 'default', labels },
      spec: { containers: [] },
    });
    await world.start(replicaSetController);
    const owner = await client.create<ReplicaSet>(resources.replicaSets, replicaSet(5));
    const pods = informers.for(resources.pods);
    await until(() => pods.list().length === 5, { clock });
    await clock.advanceAsync(60_000);
    assert.equal(pods.list().length, 5);
    assert.ok(pods.list().every((it) => it.metadata.ownerReferences?.[0]?.uid === owner.metadata.uid));
    await client.delete(resources.pods, { namespace: 'default', name: 'orphan' });
    const creations = () => server.requests.filter((it) => it.verb === 'create' && it.path.resource === 'pods').length;
    await until(() => creations() === 6 && pods.list().length === 5, { clock });
    const current = informers.for(resources.replicaSets).get('default', 'web')!;
    await client.update(resources.replicaSets, { ...current, spec: { ...current.spec!, replicas: 2 } });
    await until(() => pods.list().length === 2, { clock });
    await clock.advanceAsync(60_000);
    assert.equal(pods.list().length, 2);
    assert.equal(creations(), 6);
    await world.stop();
  });
});
