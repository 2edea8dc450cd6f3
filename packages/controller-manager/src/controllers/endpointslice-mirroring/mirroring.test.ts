import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointSlice, Endpoints } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { testWorld } from '../../testing/world.js';
import { mirroring } from './index.js';
import { mirror } from './mirror.js';

const ports = [{ port: 80 }];
const named = (subsets: Endpoints['subsets'], more: Partial<Endpoints['metadata']> = {}): Endpoints => ({
  metadata: { name: 'svc', namespace: 'default', uid: 'u', ...more },
  subsets,
});
const ips = (...list: string[]) => list.map((ip) => ({ ip }));
const said = (slices: readonly EndpointSlice[]) =>
  slices.map((it) => [
    it.addressType,
    it.ports?.map((port) => port.port).join(),
    it.endpoints?.map((one) => `${one.addresses?.[0]}${one.conditions?.ready ? '' : '?'}`).join(),
  ]);

describe('a mirror of Endpoints', () => {
  it('has a slice for each set of ports and family, ready and not', () => {
    const subsets = [
      { addresses: ips('10.0.0.1', 'fd00:0::1'), notReadyAddresses: ips('10.0.0.2'), ports },
      { addresses: ips('10.0.0.3'), ports: [{ port: 81, name: 'b' }] },
      { addresses: ips('10.0.0.4'), ports },
    ];
    const { create, skipped, invalid } = mirror(named(subsets), [], 1000);
    assert.deepEqual(said(create), [
      ['IPv4', '80', '10.0.0.1,10.0.0.2?,10.0.0.4'],
      ['IPv6', '80', 'fd00::1'],
      ['IPv4', '81', '10.0.0.3'],
    ]);
    assert.deepEqual([skipped, invalid], [0, 0]);
    assert.deepEqual(create[0]?.ports, [{ name: '', port: 80, protocol: 'TCP' }]);
  });

  it('leaves out what is no address and what is too much, and counts both', () => {
    const subsets = [
      { addresses: ips('10.0.0.1', 'x', '10.0.0.2', '10.0.0.3'), notReadyAddresses: ips('10.0.0.4'), ports },
    ];
    const { create, skipped, invalid } = mirror(named(subsets), [], 2);
    assert.deepEqual(said(create), [['IPv4', '80', '10.0.0.1,10.0.0.2']]);
    assert.deepEqual([skipped, invalid], [3, 1]);
  });

  it('says nothing new of what is said, turns a slice into another, never into one of another family', () => {
    const before = named([{ addresses: ips('10.0.0.1'), ports }], { annotations: { a: 'b' } });
    const [made] = mirror(before, [], 10).create;
    const slice = { ...made!, metadata: { ...made!.metadata, name: 's', uid: 's' } };
    const same = mirror(before, [slice], 10);
    assert.deepEqual([same.create, same.update, same.remove], [[], [], []]);
    const moved = mirror(named([{ addresses: ips('10.0.0.1'), ports: [{ port: 90 }] }]), [slice], 10);
    assert.deepEqual([moved.create.length, moved.update[0]?.metadata.name, moved.remove.length], [0, 's', 0]);
    const other = mirror(named([{ addresses: ips('fd00::1'), ports }]), [slice], 10);
    assert.deepEqual([other.create.length, other.update.length, other.remove[0]?.metadata.name], [1, 0, 's']);
  });
});

it('Endpoints of a Service without selector have slices, follow them, and take them along', async () => {
  const world = testWorld();
  const { client, informers, clock } = world;
  await world.start(mirroring(1000));
  const slices = informers.for(resources.endpointSlices);
  const service = (name: string, selector?: Record<string, string>) =>
    client.create(resources.services, { metadata: { name, namespace: 'default' }, spec: { ports, selector } });
  const endpoints = (name: string, more: Partial<Endpoints['metadata']> = {}) =>
    client.create(resources.endpoints, {
      metadata: { name, namespace: 'default', ...more },
      subsets: [{ addresses: ips('10.66.0.1'), ports }],
    });
  await service('mine');
  await service('selects', { app: 'x' });
  await service('skipped');
  for (const name of ['mine', 'selects', 'alone']) await endpoints(name);
  await endpoints('skipped', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } });
  await until(() => slices.list().length === 1, { clock });
  await clock.advanceAsync(10_000);
  const [slice] = slices.list();
  assert.equal(slices.list().length, 1);
  assert.equal(
    slice?.metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    'endpointslicemirroring-controller.k8s.io',
  );
  assert.deepEqual(
    slice?.metadata.ownerReferences?.map((it) => [it.kind, it.name, it.controller]),
    [['Endpoints', 'mine', true]],
  );
  const key = { namespace: 'default', name: 'mine' };
  await client.patch(resources.endpoints, key, 'merge', { subsets: [{ addresses: ips('10.66.0.2'), ports }] });
  await until(() => slices.list()[0]?.endpoints?.[0]?.addresses?.[0] === '10.66.0.2', { clock });
  // What somebody else does to a mirror is undone.
  await client.delete(resources.endpointSlices, { namespace: 'default', name: slice?.metadata.name ?? '' });
  await until(() => slices.list().length === 1 && slices.list()[0]?.metadata.uid !== slice?.metadata.uid, { clock });
  await client.delete(resources.endpoints, key);
  await until(() => slices.list().length === 0, { clock });
  await world.stop();
});
