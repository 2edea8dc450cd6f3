import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allKinds, apiErrors, type KubeObject, type Pod, type ResourceQuota } from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { resourceOf } from '../../framework/kinds.js';
import { customKindOf } from '../../testing/custom.js';
import { testWorld } from '../../testing/world.js';
import { resourceQuota } from './index.js';

const quotas = resourceOf(allKinds.find((it) => it.kind === 'ResourceQuota')!) as unknown as Resource<ResourceQuota>;
const namespace = 'n';
const SETTLED_MS = 5_000;
const RESYNC_MS = 300_000;

type World = ReturnType<typeof testWorld>;

function pod(name: string, cpu = '250m', more: object = {}): Pod {
  const spec = { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] };
  return { metadata: { namespace, name }, spec, ...more } as Pod;
}

async function withQuota(spec: ResourceQuota['spec'], run: (world: World) => Promise<void>, before: Pod[] = []) {
  const world = testWorld();
  for (const it of before) await world.client.create(resources.pods, it);
  await world.start(resourceQuota(RESYNC_MS));
  await world.client.create(quotas, { metadata: { namespace, name: 'q' }, spec });
  try {
    await run(world);
  } finally {
    await world.stop();
  }
}

/** The whole status once it tells that of one name. */
async function used({ client, clock }: World, name: string, value: string): Promise<Record<string, string>> {
  let last: Record<string, string> = {};
  const look = async () => {
    last = { ...(await client.get(quotas, { namespace, name: 'q' })).status?.used };
  };
  await look();
  await until(
    () => {
      void look();
      return last[name] === value;
    },
    { clock, stepMs: 1 },
  );
  return last;
}

/** Long enough for all to be counted again, and no longer than that. */
async function settle({ clock }: World): Promise<void> {
  for (let step = 0; step < 12; step++) await clock.advanceAsync(SETTLED_MS / 10);
}

/** As the API server does it before the object is stored. */
async function charge({ client }: World, usage: Record<string, string>): Promise<void> {
  const quota = await client.get(quotas, { namespace, name: 'q' });
  const status = { ...quota.status, used: { ...quota.status?.used, ...usage } };
  await client.update(quotas, { ...quota, status }, { subresource: 'status' });
}

async function seen({ informers, clock }: World, resource: Resource, name: string, isThere = true): Promise<void> {
  await until(() => (informers.for(resource).get(namespace, name) !== undefined) === isThere, { clock });
}

describe('the resource quota controller', () => {
  const hard = {
    pods: '2',
    'requests.cpu': '1',
    'count/deployments.apps': '3',
    configmaps: '1',
    'count/x.example.com': '1',
  };

  it('says what is used of a new quota, and nothing of what it does not know', async () => {
    const done = pod('done', '500m', { status: { phase: 'Succeeded' } });
    await withQuota(
      { hard },
      async (world) => {
        const expected = { pods: '1', 'requests.cpu': '250m', 'count/deployments.apps': '0', configmaps: '0' };
        assert.deepEqual(await used(world, 'pods', '1'), expected);
        assert.deepEqual((await world.client.get(quotas, { namespace, name: 'q' })).status?.hard, hard);
      },
      [pod('a'), done],
    );
  });

  it('gives back at once what goes, and what is done', async () => {
    await withQuota(
      { hard },
      async (world) => {
        const { client } = world;
        await used(world, 'pods', '2');
        await client.patch(resources.pods, { namespace, name: 'a' }, 'merge', { status: { phase: 'Failed' } });
        assert.equal((await used(world, 'pods', '1'))['requests.cpu'], '250m');
        await client.delete(resources.pods, { namespace, name: 'a' });
        await client.delete(resources.pods, { namespace, name: 'b' });
        assert.equal((await used(world, 'pods', '0'))['requests.cpu'], '0');
      },
      [pod('a'), pod('b')],
    );
  });

  it('never gives away what is charged and not yet seen', async () => {
    await withQuota(
      { hard },
      async (world) => {
        const { client, clock } = world;
        await used(world, 'pods', '1');
        await client.delete(resources.pods, { namespace, name: 'a' });
        await charge(world, { pods: '2' });
        await used(world, 'pods', '1');
        await clock.advanceAsync(SETTLED_MS / 2);
        await used(world, 'pods', '1');
        await client.create(resources.pods, pod('late'));
        await seen(world, resources.pods, 'late');
        await settle(world);
        assert.equal((await used(world, 'requests.cpu', '250m'))['pods'], '1');
      },
      [pod('a')],
    );
  });

  it('counts again what was charged and never stored', async () => {
    await withQuota({ hard }, async (world) => {
      await used(world, 'pods', '0');
      await charge(world, { pods: '2', 'requests.cpu': '1' });
      await settle(world);
      assert.equal((await used(world, 'pods', '0'))['requests.cpu'], '0');
    });
  });

  it('gives nothing back twice when it cannot tell whether its write was stored', async () => {
    await withQuota(
      { hard: { pods: '5' } },
      async (world) => {
        const { client, server } = world;
        await used(world, 'pods', '2');
        let lost = 0;
        server.intercept = (request) => {
          if (request.verb !== 'update' || lost > 0) return undefined;
          lost += 1;
          server.intercept = () => undefined;
          return server.call(request, {}).then(() => apiErrors.internalError('the answer is lost'));
        };
        await client.delete(resources.pods, { namespace, name: 'a' });
        await used(world, 'pods', '1');
        await world.clock.advanceAsync(SETTLED_MS / 2);
        await used(world, 'pods', '1');
        assert.equal(lost, 1);
      },
      [pod('a'), pod('b')],
    );
  });

  it('follows the limits, the scopes and the time', async () => {
    const late = pod('late', '250m');
    await withQuota(
      { hard: { pods: '5', 'requests.cpu': '1', 'count/pods': '9' }, scopes: ['NotBestEffort'] },
      async (world) => {
        const { client, clock, informers } = world;
        assert.equal((await used(world, 'pods', '1'))['requests.cpu'], '250m');
        await client.patch(quotas, { namespace, name: 'q' }, 'merge', { spec: { hard: { 'count/pods': null } } });
        await until(() => informers.for(quotas).get(namespace, 'q')?.status?.hard?.['count/pods'] === undefined, {
          clock,
        });
        const deletionTimestamp = new Date(clock.now()).toISOString();
        const metadata = { deletionTimestamp, deletionGracePeriodSeconds: 30, finalizers: ['example.com/held'] };
        await client.patch(resources.pods, { namespace, name: 'late' }, 'merge', { metadata });
        await settle(world);
        await clock.advanceAsync(RESYNC_MS);
        await used(world, 'pods', '0');
        await client.create(resources.pods, pod('next'));
        await seen(world, resources.pods, 'next');
        await charge(world, { pods: '1', 'requests.cpu': '250m' });
        await client.patch(resources.pods, { namespace, name: 'late' }, 'merge', { metadata: { finalizers: null } });
        await seen(world, resources.pods, 'late', false);
        assert.equal((await used(world, 'pods', '1'))['requests.cpu'], '250m');
      },
      [late, pod('best-effort', '0')],
    );
  });

  it('watches everything that can be counted, claims and services by what they ask for', async () => {
    const of = (kind: string) => resourceOf(allKinds.find((it) => it.kind === kind)!);
    const limits = {
      'services.loadbalancers': '1',
      'services.nodeports': '4',
      'requests.storage': '9Gi',
      'count/leases.coordination.k8s.io': '2',
    };
    await withQuota({ hard: limits }, async (world) => {
      const { client } = world;
      await used(world, 'services.nodeports', '0');
      const service = {
        metadata: { namespace, name: 's' },
        spec: { type: 'LoadBalancer', ports: [{ port: 1 }, { port: 2 }] },
      };
      await client.create(resources.services, service);
      await client.create(of('Lease'), { metadata: { namespace, name: 'l' }, spec: {} } as KubeObject);
      const claim = { metadata: { namespace, name: 'c' }, spec: { resources: { requests: { storage: '2Gi' } } } };
      await client.create(of('PersistentVolumeClaim'), claim as KubeObject);
      await seen(world, of('PersistentVolumeClaim'), 'c');
      const all = {
        'services.nodeports': '2',
        'services.loadbalancers': '1',
        'requests.storage': '2Gi',
        'count/leases.coordination.k8s.io': '1',
      };
      await charge(world, all);
      await settle(world);
      assert.deepEqual(await used(world, 'services.nodeports', '2'), all);
      await client.patch(resources.services, { namespace, name: 's' }, 'merge', { spec: { type: 'ClusterIP' } });
      await client.delete(of('Lease'), { namespace, name: 'l' });
      const left = await used(world, 'services.nodeports', '0');
      assert.equal(left['services.loadbalancers'], '0');
      await used(world, 'count/leases.coordination.k8s.io', '0');
    });
  });

  it('counts custom resources from when their kind comes, and gives back what goes', async () => {
    const cup = customKindOf('Cup');
    const cups = resourceOf(cup);
    await withQuota({ hard: { pods: '1', 'count/cups.example.com': '5' } }, async (world) => {
      const { client, clock, served } = world;
      assert.equal((await used(world, 'pods', '0'))['count/cups.example.com'], undefined);
      served.add(cup);
      for (const name of ['a', 'b']) await client.create(cups, { metadata: { namespace, name } });
      for (let step = 0; step < 40; step++) await clock.advanceAsync(1_000);
      await used(world, 'count/cups.example.com', '2');
      await client.delete(cups, { namespace, name: 'a' });
      await used(world, 'count/cups.example.com', '1');
      await client.deleteCollection(cups, { namespace });
      served.remove(cup.group, cup.version, cup.plural);
      await used(world, 'count/cups.example.com', '0');
    });
  });
});
