import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Event, KubeObject, PersistentVolume, PersistentVolumeClaim, StorageClass } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { checkFlags } from '../../framework/configured.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { hostPathProvisioner, LOCAL, localProvisioner } from './directories.js';
import { volumeBinder, volumeBinderController } from './index.js';

const namespace = 'default';
const { persistentVolumeClaims: CLAIMS, persistentVolumes: VOLUMES, storageClasses: CLASSES } = resources;

function claim(name: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim {
  return {
    metadata: { namespace, name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}

function volume(name: string, spec: PersistentVolume['spec'] = {}): PersistentVolume {
  return {
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      nfs: { server: 's', path: '/' },
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}

describe('claims and volumes', () => {
  let world: TestWorld;
  let root: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'volumes-'));
    world = testWorld();
    const provisioners = [hostPathProvisioner(false), localProvisioner(root)];
    await world.start(volumeBinder({ resyncMs: 15_000, provisioners }));
  });

  afterEach(async () => {
    await world.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const make = <T extends KubeObject>(resource: typeof CLAIMS | typeof VOLUMES | typeof CLASSES, ...objects: T[]) =>
    Promise.all(objects.map((it) => world.client.create(resource as never, it as never)));
  const theClaim = (name: string) => world.informers.for(CLAIMS).get(namespace, name);
  const theVolume = (name: string) => world.informers.for(VOLUMES).get('', name);
  const phases = (claimName: string, volumeName: string, wanted: readonly (string | undefined)[]) =>
    until(
      () => theClaim(claimName)?.status?.phase === wanted[0] && theVolume(volumeName)?.status?.phase === wanted[1],
      world,
    );
  const said = async (): Promise<string[]> => {
    await world.recorder.flush();
    const { items } = await world.client.list<Event>(resources.events);
    return items.map(
      ({ type, reason, involvedObject, message }) => `${type} ${reason} ${involvedObject?.name}: ${message}`,
    );
  };

  it('are bound both ways, the smallest volume that does first', async () => {
    await make(
      VOLUMES,
      volume('large', { capacity: { storage: '5Gi' } }),
      volume('fits', { capacity: { storage: '2Gi' } }),
      volume('small', { capacity: { storage: '500Mi' } }),
      volume('other', { storageClassName: 'other' }),
      volume('shared', { accessModes: ['ReadOnlyMany'] }),
      volume('block', { volumeMode: 'Block' }),
      volume('gold', { volumeAttributesClassName: 'gold' }),
    );
    await until(() => theVolume('gold')?.status?.phase === 'Available', world);
    await make(CLAIMS, claim('c'));
    await phases('c', 'fits', ['Bound', 'Bound']);
    const [mine, its] = [theClaim('c')!, theVolume('fits')!];
    assert.equal(mine.spec?.volumeName, 'fits');
    assert.deepEqual(mine.metadata.annotations, {
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
    assert.deepEqual(mine.status, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } });
    assert.deepEqual(its.metadata.annotations, { 'pv.kubernetes.io/bound-by-controller': 'yes' });
    const { kind, name, uid } = its.spec?.claimRef ?? {};
    assert.deepEqual([kind, name, uid], ['PersistentVolumeClaim', 'c', mine.metadata.uid]);
    for (const it of ['large', 'small', 'other', 'shared', 'block', 'gold'])
      assert.equal(theVolume(it)?.status?.phase, 'Available');
  });

  it('are bound one to one, however many come at once', async () => {
    const names = Array.from({ length: 30 }, (_, index) => String(index));
    await make(CLAIMS, ...names.map((it) => claim(`c${it}`)));
    await make(VOLUMES, ...names.map((it) => volume(`v${it}`)));
    await until(() => names.every((it) => theClaim(`c${it}`)?.status?.phase === 'Bound'), world);
    assert.equal(new Set(names.map((it) => theClaim(`c${it}`)?.spec?.volumeName)).size, 30);
  });

  it('are kept for each other when a user says so', async () => {
    await make(VOLUMES, volume('kept', { claimRef: { namespace, name: 'mine' } }), volume('named'));
    await make(CLAIMS, claim('names', { volumeName: 'named' }));
    await phases('names', 'named', ['Bound', 'Bound']);
    await make(CLAIMS, claim('other'), claim('late', { volumeName: 'named' }));
    await world.clock.advanceAsync(1_000);
    await make(CLAIMS, claim('mine'));
    await phases('mine', 'kept', ['Bound', 'Bound']);
    assert.equal(theVolume('kept')?.metadata.annotations, undefined);
    assert.equal(theClaim('names')?.metadata.annotations?.['pv.kubernetes.io/bound-by-controller'], undefined);
    assert.equal(theClaim('other')?.status?.phase, 'Pending');
    const events = await said();
    assert.ok(events.includes('Warning FailedBinding late: volume "named" already bound to a different claim.'));
    assert.ok(
      events.includes(
        'Normal FailedBinding other: no persistent volumes available for this claim and no storage class is set',
      ),
    );
  });

  it('are not bound where a claim names a volume that does not do', async () => {
    await make(VOLUMES, volume('v', { storageClassName: 'x' }));
    await make(CLAIMS, claim('c', { volumeName: 'v' }));
    await until(() => theVolume('v')?.status?.phase === 'Available', world);
    await world.clock.advanceAsync(20_000);
    assert.equal(theClaim('c')?.status?.phase, 'Pending');
    const text = 'Warning VolumeMismatch c: Cannot bind to requested volume "v": storageClassName does not match';
    assert.ok((await said()).includes(text));
  });

  it('a claim whose volume is gone is lost; a retained volume is released, and another claim does not get it', async () => {
    await make(VOLUMES, volume('v'), volume('w'));
    await make(CLAIMS, claim('c'), claim('d', { volumeName: 'w' }));
    await phases('d', 'w', ['Bound', 'Bound']);
    await phases('c', 'v', ['Bound', 'Bound']);
    await world.client.delete(VOLUMES, { name: 'v' });
    await until(() => theClaim('c')?.status?.phase === 'Lost', world);
    assert.deepEqual(theClaim('c')?.status, { phase: 'Lost' });
    await world.client.delete(CLAIMS, { namespace, name: 'd' });
    await until(() => theVolume('w')?.status?.phase === 'Released', world);
    await make(CLAIMS, claim('d', { volumeName: 'w' }));
    await world.clock.advanceAsync(60_000);
    assert.equal(theClaim('d')?.status?.phase, 'Pending');
    assert.equal(theVolume('w')?.status?.phase, 'Released');
  });

  it('a claim without class gets the default one as soon as there is one', async () => {
    await make(CLAIMS, claim('c', { storageClassName: undefined }), claim('none'));
    await world.clock.advanceAsync(1_000);
    await make(CLASSES, {
      metadata: { name: 'x', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'example.com/p',
    } as StorageClass);
    await until(
      () =>
        theClaim('c')?.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'] === 'example.com/p' &&
        theClaim('c')?.metadata.annotations?.['volume.beta.kubernetes.io/storage-provisioner'] === 'example.com/p',
      world,
    );
    assert.equal(theClaim('c')?.spec?.storageClassName, 'x');
    assert.equal(theClaim('none')?.spec?.storageClassName, '');
    assert.ok((await said()).some((it) => it.startsWith('Normal ExternalProvisioning c: Waiting for a volume to be')));
  });

  it('a claim waits for its first pod, and says for which', async () => {
    await make(CLASSES, {
      metadata: { name: 'w' },
      provisioner: LOCAL,
      volumeBindingMode: 'WaitForFirstConsumer',
    } as StorageClass);
    await make(VOLUMES, volume('v', { storageClassName: 'w' }));
    await make(CLAIMS, claim('c', { storageClassName: 'w' }));
    await until(() => theVolume('v')?.status?.phase === 'Available', world);
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
    await world.client.create(resources.pods, {
      metadata: { namespace, name: 'p' },
      spec: { containers: [], volumes },
    });
    await world.clock.advanceAsync(16_000);
    assert.equal(theClaim('c')?.status?.phase, 'Pending');
    const events = await said();
    assert.ok(
      events.includes('Normal WaitForFirstConsumer c: waiting for first consumer to be created before binding'),
    );
    assert.ok(events.includes('Normal WaitForPodScheduled c: waiting for pod p to be scheduled'));
    const annotations = { 'volume.kubernetes.io/selected-node': 'node' };
    await world.client.patch(CLAIMS, { namespace, name: 'c' }, 'merge', { metadata: { annotations } });
    await until(() => theClaim('c')?.status?.phase === 'Bound', world);
    assert.equal(theClaim('c')?.spec?.volumeName, `pvc-${theClaim('c')?.metadata.uid}`);
  });

  it('a volume is made for a claim, and what is in it goes with the claim', async () => {
    await make(CLASSES, { metadata: { name: 'local' }, provisioner: LOCAL, reclaimPolicy: 'Delete' } as StorageClass);
    await make(
      CLAIMS,
      claim('c', { storageClassName: 'local' }),
      claim('b', { storageClassName: 'local', volumeMode: 'Block' }),
    );
    await until(() => theClaim('c')?.status?.phase === 'Bound', world);
    const name = theClaim('c')?.spec?.volumeName ?? '';
    const made = theVolume(name)!;
    assert.deepEqual(made.spec?.hostPath, { path: join(root, name), type: '' });
    assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pv-controller']);
    assert.equal(made.metadata.annotations?.['pv.kubernetes.io/provisioned-by'], LOCAL);
    assert.equal(statSync(join(root, name)).mode & 0o777, 0o777);
    writeFileSync(join(root, name, 'data'), 'x');
    await world.client.delete(CLAIMS, { namespace, name: 'c' });
    await until(() => theVolume(name) === undefined, world);
    assert.equal(statSync(join(root, name), { throwIfNoEntry: false }), undefined);
    const events = await said();
    assert.ok(
      events.includes(`Normal ProvisioningSucceeded c: Successfully provisioned volume ${name} using ${LOCAL}`),
    );
    assert.ok(events.includes(`Warning ProvisioningFailed b: ${LOCAL} does not support block volume provisioning`));
  });

  it('what cannot be removed fails, and is left', async () => {
    const policy = (persistentVolumeReclaimPolicy: string) => ({ persistentVolumeReclaimPolicy });
    const hostPath = { nfs: undefined, hostPath: { path: '/data' } };
    await make(
      VOLUMES,
      volume('nfs', policy('Delete')),
      volume('recycle', policy('Recycle')),
      volume('path', { ...policy('Delete'), ...hostPath }),
      {
        ...volume('alien', { ...policy('Delete'), ...hostPath }),
        metadata: { name: 'alien', annotations: { 'pv.kubernetes.io/provisioned-by': LOCAL } },
      },
      {
        ...volume('external', policy('Delete')),
        metadata: { name: 'external', annotations: { 'pv.kubernetes.io/provisioned-by': 'example.com/p' } },
      },
    );
    const names = ['nfs', 'recycle', 'path', 'alien', 'external'];
    await make(CLAIMS, ...names.map((it) => claim(it, { volumeName: it })));
    for (const it of names) await phases(it, it, ['Bound', 'Bound']);
    for (const name of names) await world.client.delete(CLAIMS, { namespace, name });
    const wanted = ['Failed', 'Failed', 'Failed', 'Failed', 'Released'];
    await until(() => names.every((it, at) => theVolume(it)?.status?.phase === wanted[at]), world);
    const events = await said();
    for (const text of [
      'Warning VolumeFailedDelete nfs: error getting deleter volume plugin for volume "nfs": no deletable volume plugin matched',
      'Warning VolumeFailedRecycle recycle: No recycler plugin found for the volume!',
      'Warning VolumeFailedDelete path: host_path deleter only supports /tmp/.+ but received provided /data',
      `Warning VolumeFailedDelete alien: only directories in ${root} are removed, and /data is none of them`,
    ])
      assert.ok(events.includes(text), text);
    const before = world.server.requests.filter((it) => it.verb !== 'watch' && it.path.resource !== 'events').length;
    await world.clock.advanceAsync(300_000);
    const writes = world.server.requests.filter((it) => it.verb !== 'watch' && it.path.resource !== 'events').length;
    assert.equal(writes, before);
  });

  it('a volume that two claims point to is nobody else’s', async () => {
    await make(VOLUMES, volume('v'));
    await make(CLAIMS, claim('c'));
    await phases('c', 'v', ['Bound', 'Bound']);
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
    const second = claim('second', { volumeName: 'v' });
    await make(CLAIMS, { ...second, metadata: { ...second.metadata, annotations } });
    await until(() => theClaim('second')?.status?.phase === 'Lost', world);
    await world.clock.advanceAsync(60_000);
    assert.equal(theClaim('c')?.status?.phase, 'Bound');
    assert.equal(theVolume('v')?.spec?.claimRef?.name, 'c');
  });

  it('waits without writing anything but what it says', async () => {
    await make(CLAIMS, claim('c'), claim('d', { storageClassName: 'none' }));
    await world.clock.advanceAsync(600_000);
    const writes = world.server.requests.filter((it) => !['watch', 'list'].includes(it.verb));
    const events = writes.filter((it) => it.path.resource === 'events');
    assert.equal(writes.length - events.length, 2, 'the two creations');
    assert.ok(events.length < 70, String(events.length));
  });
});

it('flags of the binder say what is wrong with them', () => {
  const args = {
    'pvclaimbinder-sync-period': '15s',
    'enable-dynamic-provisioning': true,
    'enable-hostpath-provisioner': false,
    'local-volume-dir': '',
  };
  assert.equal(checkFlags([volumeBinderController], args), undefined);
  const bad = (more: object) => checkFlags([volumeBinderController], { ...args, ...more });
  assert.match(bad({ 'pvclaimbinder-sync-period': 'soon' }) ?? '', /^--pvclaimbinder-sync-period: "soon"/);
  assert.match(bad({ 'local-volume-dir': 'data' }) ?? '', /^--local-volume-dir: "data" must be an absolute path/);
});
