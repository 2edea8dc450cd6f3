import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@keelson/api';
import type { PayloadSources } from './payload.js';
import { VolumeManager } from './volume-manager.js';

const namespace = 'default';
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }];
const pod = (phase = 'Pending'): Pod => ({
  metadata: { namespace, name: 'p', uid: 'p' },
  spec: { containers: [], volumes },
  status: { phase },
});

it('a claim is mounted when it is bound, both ways, and stays so', async () => {
  const root = mkdtempSync(join(tmpdir(), 'kubelet-'));
  const manager = new VolumeManager(root);
  let claim: PersistentVolumeClaim | undefined;
  let volume: PersistentVolume | undefined;
  const objects = { claim: async () => claim, persistentVolume: async () => volume };
  const setUp = (of = pod()) =>
    manager.setUp(of, { pod: of, objects } as unknown as PayloadSources, new AbortController().signal);
  const text = (why: string) => ({
    message: `MountVolume.SetUp failed for volume "data" : error processing PVC default/c: ${why}`,
  });
  await assert.rejects(setUp(), text('failed to fetch PVC from API server: persistentvolumeclaims "c" not found'));
  claim = { metadata: { namespace, name: 'c', uid: 'c' }, spec: { volumeName: 'v' }, status: { phase: 'Pending' } };
  await assert.rejects(setUp(), text('PVC is not bound'));
  claim = { ...claim, status: { phase: 'Bound' } };
  await assert.rejects(setUp(), text('failed to fetch PV v from API server: persistentvolumes "v" not found'));
  volume = { metadata: { name: 'v' }, spec: { hostPath: { path: root }, claimRef: { uid: 'another' } } };
  await assert.rejects(setUp(), /ClaimRef.UID another does not point to claim.UID c$/);
  volume = { ...volume, spec: { ...volume.spec, claimRef: { uid: 'c' } } };
  claim = { ...claim, metadata: { ...claim.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  await assert.rejects(setUp(), text('PVC is being deleted'));
  assert.deepEqual(await setUp(pod('Running')), new Map([['data', root]]));
  claim = undefined;
  assert.deepEqual(await setUp(), new Map([['data', root]]), 'what it has it keeps');
  await manager.tearDown('p');
  await assert.rejects(setUp(), /not found$/);
  rmSync(root, { recursive: true });
});

it('a local volume has to be there, and what no node can mount is refused', async () => {
  const root = mkdtempSync(join(tmpdir(), 'kubelet-'));
  const attempt = (spec: PersistentVolume['spec']) => {
    const manager = new VolumeManager(root);
    const objects = {
      claim: async () => ({ metadata: { uid: 'c' }, spec: { volumeName: 'v' }, status: { phase: 'Bound' } }),
      persistentVolume: async () => ({ metadata: { name: 'v' }, spec: { ...spec, claimRef: { uid: 'c' } } }),
    };
    return manager.setUp(pod(), { pod: pod(), objects } as unknown as PayloadSources, new AbortController().signal);
  };
  assert.deepEqual(await attempt({ local: { path: root } }), new Map([['data', root]]));
  await assert.rejects(attempt({ local: { path: join(root, 'none') } }), /is not a Directory$/);
  await assert.rejects(attempt({ nfs: { server: 's', path: '/' } }), /no plugin for volumes of type nfs$/);
  await assert.rejects(attempt({ hostPath: { path: root }, volumeMode: 'Block' }), /no plugin for block volumes$/);
  rmSync(root, { recursive: true });
});
