import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Event, PersistentVolume, PersistentVolumeClaim } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { grow, volumeExpander } from './index.js';

const namespace = 'default';
const bound = (storage: string): PersistentVolumeClaim => ({
  metadata: { namespace, name: 'c', uid: 'c' },
  spec: { volumeName: 'v', resources: { requests: { storage } } },
  status: { phase: 'Bound', capacity: { storage: '1Gi' } },
});
const behind = (claimUid: string, maker: string, more: object = {}): PersistentVolume => ({
  metadata: { name: 'v', annotations: { 'pv.kubernetes.io/provisioned-by': maker } },
  spec: { capacity: { storage: '1Gi' }, claimRef: { namespace, name: 'c', uid: claimUid }, ...more },
});

it('a directory grows with its claim, once', async () => {
  const world = testWorld();
  const { client, informers, server } = world;
  const { uid = '' } = (await client.create(resources.persistentVolumeClaims, bound('2Gi'))).metadata;
  await client.create(resources.persistentVolumes, behind(uid, 'keelson.dev/local'));
  await world.start(volumeExpander);
  const claims = informers.for(resources.persistentVolumeClaims);
  await until(() => claims.get(namespace, 'c')?.status?.capacity?.['storage'] === '2Gi', world);
  assert.equal(informers.for(resources.persistentVolumes).get('', 'v')?.spec?.capacity?.['storage'], '2Gi');
  await world.clock.advanceAsync(60_000);
  await world.recorder.flush();
  const { items } = await client.list<Event>(resources.events);
  assert.deepEqual(
    items.map((it) => [it.reason, it.message]),
    [['VolumeResizeSuccessful', 'ExpandVolume succeeded for volume default/c']],
  );
  assert.equal(server.requests.filter((it) => it.verb === 'patch').length, 2);
  await world.stop();
});

it('what is behind other volumes is for others to enlarge', () => {
  const texts = (claim: PersistentVolumeClaim, volume: PersistentVolume | undefined) =>
    (grow(claim, volume).steps ?? []).flat().map((it) => (it.do === 'tell' ? `${it.reason}: ${it.message}` : it.do));
  const csi = { csi: { driver: 'example.com', volumeHandle: 'x' } };
  assert.deepEqual(texts(bound('2Gi'), behind('c', 'example.com', csi)), [
    'ExternalExpanding: waiting for an external controller to expand this PVC',
  ]);
  assert.deepEqual(
    texts(bound('2Gi'), behind('c', 'kubernetes.io/aws-ebs', { awsElasticBlockStore: { volumeID: 'x' } })),
    [
      'ExternalExpanding: CSI migration enabled for kubernetes.io/aws-ebs; waiting for external resizer to expand the pvc',
      'patch',
    ],
  );
  assert.deepEqual(texts(bound('1Gi'), behind('c', 'example.com', csi)), []);
  assert.deepEqual(texts(bound('2Gi'), behind('another', 'example.com', csi)), []);
  assert.deepEqual(texts(bound('2Gi'), undefined), []);
});
