import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@keelson/api';
import { context, request, world } from '../../test/world.js';
import { nodeDeclaredFeatures } from './node-declared-features.js';

test('a pod is changed only to what its node declares that it can do', async () => {
  const cluster = await world();
  try {
    const nodes = cluster.collection('nodes');
    const make = (name: string, declaredFeatures: string[]) => {
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name }, status: { declaredFeatures } };
      return cluster.registry.create(nodes, request(nodes, 'create', '', node), context);
    };
    await make('able', ['GuaranteedQoSPodCPUResize', 'InPlacePodLevelResourcesVerticalScaling']);
    await make('plain', []);
    await cluster.cache.fresh();
    const plugin = nodeDeclaredFeatures(nodes);
    const pod = (cpu: string, generation: number, more: object = {}, status: object = { qosClass: 'Guaranteed' }) => {
      const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu }, limits: { cpu } } }];
      const metadata = { name: 'p', namespace: 'default', generation };
      return { metadata, spec: { nodeName: 'plain', containers, ...more }, status } as unknown as Pod;
    };
    const update = (old: Pod, object: Pod, subresource = 'resize') => {
      const { kind } = cluster.pods;
      const common = { operation: 'UPDATE', kind, namespace: 'default', context, dryRun: false, write: {} } as const;
      return async () => plugin.validate?.({ ...common, old, object, subresource });
    };
    const text = /pod update requires features GuaranteedQoSPodCPUResize which are not available on node "plain"$/;
    await assert.rejects(update(pod('1', 1), pod('2', 2)), { code: 403, message: text });
    await assert.rejects(update(pod('1', 1), pod('2', 2), ''), text);
    const lost = { nodeName: 'lost' };
    await assert.rejects(update(pod('1', 1, lost), pod('2', 2, lost)), /node "lost" not found/);
    const whole = { resources: { limits: { memory: '1Gi' } } };
    const both = /features GuaranteedQoSPodCPUResize, InPlacePodLevelResourcesVerticalScaling which/;
    await assert.rejects(update(pod('1', 1), pod('2', 2, whole)), both);
    const same = { resources: { limits: { memory: '1024Mi' } } };
    const able = { nodeName: 'able' };
    for (const good of [
      update(pod('1', 1), pod('1000m', 2)),
      update(pod('1', 1), pod('2', 1)),
      update(pod('1', 1), pod('2', 2), 'status'),
      update(pod('1', 1, {}, { qosClass: 'Burstable' }), pod('2', 2)),
      update(pod('1', 1, whole), pod('1', 2, same)),
      update(pod('1', 1, able), pod('2', 2, { ...able, ...whole })),
      update(pod('1', 1, { nodeName: '' }), pod('2', 2, { nodeName: '' })),
    ])
      await good();
  } finally {
    await cluster.close();
  }
});
