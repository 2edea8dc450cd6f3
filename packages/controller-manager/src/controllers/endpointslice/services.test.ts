import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod, Service } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { defaultsOf, makeControllers } from '../../framework/configured.js';
import { testWorld } from '../../testing/world.js';
import { endpointsController } from '../endpoints/index.js';
import { endpointSliceController } from './index.js';

const labels = { app: 'web' };
const pod = (at: number, ips: string[], more: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: `p${at}`, namespace: 'default', labels, ...more },
  spec: { containers: [], nodeName: 'n' },
  status: {
    phase: 'Running',
    podIP: ips[0]!,
    podIPs: ips.map((ip) => ({ ip })),
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});
const service: Service = {
  metadata: { name: 'web', namespace: 'default', labels: { team: 'x' } },
  spec: { selector: labels, ports: [{ port: 80 }], ipFamilies: ['IPv6', 'IPv4'], clusterIP: 'fd00::1' },
};

it('a Service of both families has slices of both, and Endpoints of its first; then nothing more is written', async () => {
  const world = testWorld();
  const { client, clock, informers, server } = world;
  await world.start(
    endpointsController,
    ...makeControllers([endpointSliceController], defaultsOf([endpointSliceController])),
  );
  const slices = informers.for(resources.endpointSlices);
  const endpoints = informers.for(resources.endpoints);
  await client.create(resources.services, service);
  await client.create(resources.pods, pod(1, ['10.0.0.1', 'fd00::a']));
  await client.create(resources.pods, pod(2, ['10.0.0.2']));
  const said = () =>
    slices
      .list()
      .map((it) => `${it.addressType} ${it.endpoints?.map((one) => one.addresses?.join()).join(' ')}`)
      .sort()
      .join('; ');
  const old = () =>
    endpoints
      .get('default', 'web')
      ?.subsets?.[0]?.addresses?.map(({ ip }) => ip)
      .join(' ');
  await until(() => said() === 'IPv4 10.0.0.1 10.0.0.2; IPv6 fd00::a' && old() === 'fd00::a', { clock });
  assert.equal(endpoints.get('default', 'web')?.metadata.labels?.team, 'x');
  // One family less: its slices go.
  await client.patch(resources.services, { namespace: 'default', name: 'web' }, 'merge', {
    spec: { ipFamilies: ['IPv4'] },
  });
  await until(() => said() === 'IPv4 10.0.0.1 10.0.0.2' && old() === '10.0.0.1 10.0.0.2', { clock });
  const writes = () => server.requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)).length;
  await clock.advanceAsync(10_000);
  const before = writes();
  await clock.advanceAsync(600_000);
  assert.equal(writes(), before);
  await client.delete(resources.services, { namespace: 'default', name: 'web' });
  await until(() => endpoints.list().length === 0, { clock });
  await world.stop();
});

it('Endpoints of too many pods say that they are not all', async () => {
  const world = testWorld();
  const { client, clock, informers } = world;
  for (let at = 0; at < 1002; at += 1) await client.create(resources.pods, pod(at, [`10.0.${at >> 8}.${at & 255}`]));
  await world.start(endpointsController);
  await client.create(resources.services, { ...service, spec: { ...service.spec, ipFamilies: ['IPv4'] } });
  const found = () => informers.for(resources.endpoints).get('default', 'web');
  const annotation = () => found()?.metadata.annotations?.['endpoints.kubernetes.io/over-capacity'];
  await until(() => annotation() === 'truncated', { clock });
  assert.equal(found()?.subsets?.[0]?.addresses?.length, 1000);
  for (const name of ['p0', 'p1']) await client.delete(resources.pods, { namespace: 'default', name });
  await until(() => found() !== undefined && annotation() === undefined, { clock });
  assert.equal(found()?.subsets?.[0]?.addresses?.length, 1000);
  await world.stop();
});
