import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Event, PersistentVolume, Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { checkFlags } from '../../framework/configured.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { attachDetach, attachDetachController } from './index.js';

const namespace = 'default';
const { volumeAttachments: ATTACHMENTS, nodes: NODES, pods: PODS } = resources;
const UNIQUE = 'kubernetes.io/csi/example.com^handle';

async function worldWith(accessModes = ['ReadWriteOnce']): Promise<TestWorld> {
  const world = testWorld();
  const { client } = world;
  for (const name of ['a', 'b'])
    await client.create(NODES, {
      metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  const claim = await client.create(resources.persistentVolumeClaims, {
    metadata: { namespace, name: 'c' },
    spec: { volumeName: 'v' },
    status: { phase: 'Bound' },
  });
  const volume: PersistentVolume = {
    metadata: { name: 'v' },
    spec: {
      accessModes,
      csi: { driver: 'example.com', volumeHandle: 'handle' },
      claimRef: { namespace, name: 'c', uid: claim.metadata.uid },
    },
  };
  await client.create(resources.persistentVolumes, volume);
  await world.start(attachDetach({ syncMs: 60_000, forces: true }));
  return world;
}

const podOn = (world: TestWorld, name: string, nodeName: string) =>
  world.client.create<Pod>(PODS, {
    metadata: { namespace, name },
    spec: { nodeName, containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
  });
const attachmentsOf = ({ informers }: TestWorld) => informers.for(ATTACHMENTS).list();
const attachedTo = ({ informers }: TestWorld, node: string) =>
  (informers.for(NODES).get('', node)?.status?.volumesAttached ?? []).map((it) => it.name);
const status = (world: TestWorld, resource: typeof ATTACHMENTS | typeof NODES, name: string, change: object) =>
  world.client.patch(resource as typeof NODES, { name }, 'merge', { status: change }, { subresource: 'status' });
const said = async (world: TestWorld) => {
  await world.recorder.flush();
  const { items } = await world.client.list<Event>(resources.events);
  return items.map((it) => `${it.reason} ${it.involvedObject?.name}: ${it.message}`);
};

it('a volume is attached where a pod wants it, said to be so, and detached when nobody has it any more', async () => {
  const world = await worldWith();
  await podOn(world, 'p', 'a');
  await until(() => attachmentsOf(world).length === 1, world);
  const [attachment] = attachmentsOf(world);
  const name = attachment?.metadata.name ?? '';
  assert.match(name, /^csi-[0-9a-f]{64}$/);
  assert.deepEqual(attachment?.spec, {
    attacher: 'example.com',
    nodeName: 'a',
    source: { persistentVolumeName: 'v' },
  });
  assert.deepEqual(attachedTo(world, 'a'), []);
  await status(world, ATTACHMENTS, name, { attached: true });
  await until(() => attachedTo(world, 'a').length === 1, world);
  assert.deepEqual(attachedTo(world, 'a'), [UNIQUE]);
  await status(world, NODES, 'a', { volumesInUse: [UNIQUE] });
  await podOn(world, 'q', 'b');
  await world.clock.advanceAsync(1_000);
  assert.equal(attachmentsOf(world).length, 1);
  await world.client.delete(PODS, { namespace, name: 'p' });
  await world.clock.advanceAsync(600_000);
  assert.equal(attachmentsOf(world)[0]?.metadata.name, name, 'a healthy node is waited for');
  await status(world, NODES, 'a', { volumesInUse: [] });
  await until(() => attachmentsOf(world)[0]?.spec?.nodeName === 'b', world);
  assert.deepEqual(attachedTo(world, 'a'), []);
  const events = await said(world);
  assert.ok(events.includes('SuccessfulAttachVolume p: AttachVolume.Attach succeeded for volume "v" '));
  assert.ok(
    events.includes('FailedAttachVolume q: Multi-Attach error for volume "v" Volume is already used by pod(s) p'),
  );
  await world.stop();
});

it('a node that does not answer loses its volumes after six minutes, one out of service at once', async () => {
  for (const outOfService of [false, true]) {
    const world = await worldWith();
    await podOn(world, 'p', 'a');
    await until(() => attachmentsOf(world).length === 1, world);
    await status(world, NODES, 'a', {
      volumesInUse: [UNIQUE],
      conditions: [{ type: 'Ready', status: 'Unknown' }],
    });
    await world.client.delete(PODS, { namespace, name: 'p' });
    await world.clock.advanceAsync(300_000);
    assert.equal(attachmentsOf(world).length, 1);
    if (outOfService)
      await world.client.patch(NODES, { name: 'a' }, 'merge', {
        spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
      });
    await world.clock.advanceAsync(outOfService ? 5_000 : 70_000);
    assert.equal(attachmentsOf(world).length, 0);
    await world.stop();
  }
});

it('a volume that may be shared is attached to several nodes, and a driver that needs no attaching gets none', async () => {
  const world = await worldWith(['ReadWriteMany']);
  await podOn(world, 'p', 'a');
  await podOn(world, 'q', 'b');
  await until(() => attachmentsOf(world).length === 2, world);
  await world.client.delete(NODES, { name: 'a' });
  await world.client.delete(PODS, { namespace, name: 'p' });
  await until(() => attachmentsOf(world).length === 1, world);
  await world.stop();
  const other = await worldWith();
  await other.client.create(resources.csiDrivers, {
    metadata: { name: 'example.com' },
    spec: { attachRequired: false },
  });
  await podOn(other, 'p', 'a');
  await other.clock.advanceAsync(10_000);
  assert.equal(attachmentsOf(other).length, 0);
  await other.stop();
  const args = {
    'attach-detach-reconcile-sync-period': '10ms',
    'disable-attach-detach-reconcile-sync': false,
    'disable-force-detach-on-timeout': false,
  };
  assert.match(checkFlags([attachDetachController], args) ?? '', /^--attach-detach-reconcile-sync-period: "10ms"/);
});
