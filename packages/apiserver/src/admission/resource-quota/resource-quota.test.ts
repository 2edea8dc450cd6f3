import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { KubeObject, ResourceQuota } from '@keelson/api';
import { MemoryStore } from '../../../test/memory-store.js';
import { configMap, context, request, world } from '../../../test/world.js';
import type { AdmissionPlugin } from '../admission.js';
import type { ResourceQuotaConfiguration } from './configuration.js';
import { resourceQuota } from './resource-quota.js';

/** An API server's registry with quotas, over a store that others may use too. */
async function server(configuration: ResourceQuotaConfiguration = {}, store = new MemoryStore()) {
  const plugins: AdmissionPlugin[] = [];
  const place = await world(plugins, undefined, store);
  const quotas = place.collection('resourcequotas');
  const { clock, pods, registry } = place;
  const deviceClasses = place.collection('deviceclasses', 'resource.k8s.io');
  plugins.push(resourceQuota({ clock, quotas, pods, deviceClasses }, configuration));
  const create = (where: typeof pods, object: object, options = {}) =>
    registry.create(where, request(where, 'create', '', object, options), context);
  return { ...place, quotas, create };
}

type Server = Awaited<ReturnType<typeof server>>;

/** A quota that has been summed up. */
async function limit(
  { quotas, create, cache }: Server,
  name: string,
  hard: Record<string, string>,
  spec: object = {},
): Promise<void> {
  await create(quotas, { metadata: { name }, spec: { hard, ...spec } });
  const used = Object.fromEntries(Object.keys(hard).map((it) => [it, '0']));
  await quotas.change('default', name, (current) => ({
    do: 'write',
    object: { ...(current as ResourceQuota), status: { hard, used } },
  }));
  await cache.fresh();
}

async function used({ quotas }: Server, name: string): Promise<Record<string, string> | undefined> {
  const { stored } = await quotas.read('default', name);
  return (stored?.object as ResourceQuota | undefined)?.status?.used;
}

function reasons(results: readonly PromiseSettledResult<unknown>[]): string[] {
  return results.flatMap((it) => (it.status === 'rejected' ? [(it.reason as Error).message] : []));
}

const pod = (name: string, cpu?: string, more: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...(cpu ? { resources: { requests: { cpu } } } : {}) }], ...more },
});

test('a quota rises before what is counted is stored, and no further than it goes', async () => {
  const it = await server();
  await limit(it, 'q', { configmaps: '1' });
  await it.create(it.configMaps, configMap('a'));
  assert.deepEqual(await used(it, 'q'), { configmaps: '1' });
  await assert.rejects(it.create(it.configMaps, configMap('b')), {
    code: 403,
    message:
      'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
  });
  assert.equal((await it.configMaps.read('default', 'b')).stored, undefined);
  await it.close();
});

test('whoever writes it is recorded to manage what is used', async () => {
  const it = await server();
  await limit(it, 'q', { configmaps: '5' });
  await it.create(it.configMaps, configMap('a'));
  const { stored } = await it.quotas.read('default', 'q');
  const own = stored?.object.metadata.managedFields?.find(({ manager }) => manager === 'kube-apiserver');
  assert.equal(own?.subresource, 'status');
  assert.match(JSON.stringify(own?.fieldsV1), /"f:used":\{"f:configmaps":\{\}\}/);
  await it.close();
});

for (const servers of [1, 2, 3]) {
  test(`of many writers at once over ${servers} servers, as many pass as there is room`, async () => {
    const store = new MemoryStore();
    // Whoever asks the store later may be answered earlier.
    const { txn } = store.kv;
    let asked = 0;
    store.kv.txn = async (...args) => {
      asked += 7;
      for (let wait = asked % 5; wait > 0; wait--) await turn();
      return txn(...args);
    };
    const all = await Promise.all(Array.from({ length: servers }, () => server({}, store)));
    await limit(all[0]!, 'small', { configmaps: '7' });
    await limit(all[0]!, 'large', { 'count/configmaps': '100' });
    for (const { cache } of all) await cache.fresh();
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, at) => {
        const it = all[at % servers]!;
        return it.create(it.configMaps, configMap(`c${at}`));
      }),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 7);
    assert.ok(
      reasons(results).every((text) => /exceeded quota: small, requested: configmaps=1, used: config/.test(text)),
    );
    assert.deepEqual(await used(all[0]!, 'small'), { configmaps: '7' });
    for (const it of all) await it.close();
  });
}

test('two writers and a quota of one: one of them passes, whoever comes first', async () => {
  for (let round = 0; round < 20; round++) {
    const store = new MemoryStore();
    const [a, b] = [await server({}, store), await server({}, store)];
    await limit(a, 'q', { configmaps: '1' });
    await b.cache.fresh();
    const results = await Promise.allSettled([
      a.create(a.configMaps, configMap('a')),
      b.create(b.configMaps, configMap('b')),
    ]);
    assert.equal(reasons(results).length, 1);
    assert.deepEqual(await used(a, 'q'), { configmaps: '1' });
    await a.close();
    await b.close();
  }
});

test('nobody is refused by a quota that has more room by now than the cache knows', async () => {
  const store = new MemoryStore();
  const [a, b] = [await server({}, store), await server({}, store)];
  await limit(a, 'q', { configmaps: '1' });
  await a.create(a.configMaps, configMap('a'));
  await b.cache.fresh();
  await b.stopFollowing();
  await a.quotas.change('default', 'q', (current) => {
    const quota = current as ResourceQuota;
    return { do: 'write', object: { ...quota, status: { ...quota.status, hard: { configmaps: '2' } } } };
  });
  await b.create(b.configMaps, configMap('b'));
  assert.deepEqual(await used(a, 'q'), { configmaps: '2' });
  await a.close();
  await b.close();
});

test('a write that is tried again is charged once', async () => {
  const it = await server();
  const services = it.collection('services');
  await limit(it, 'q', { 'services.nodeports': '5' });
  const spec = { type: 'ClusterIP', ports: [{ port: 80 }] };
  await it.create(services, { metadata: { name: 's' }, spec });
  await it.cache.fresh();
  let others = 0;
  const { txn } = it.store.kv;
  it.store.kv.txn = (asked) => {
    const key = String(asked.success?.[0]?.requestPut?.key ?? '');
    const current = it.collection('services').cache.get('default/s')?.object;
    // Somebody else is quicker, twice.
    if (key.includes('/services/') && others++ < 2)
      it.store.put(key, { ...current, metadata: { ...current?.metadata } });
    return txn(asked);
  };
  const patch = { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30_001 }] } };
  const asked = request(services, 'patch', 's', patch, {}, 'application/merge-patch+json');
  await it.registry.patch(services, asked, context);
  assert.deepEqual([others, await used(it, 'q')], [3, { 'services.nodeports': '1' }]);
  await it.close();
});

test('an update is charged with what it adds', async () => {
  const it = await server();
  const services = it.collection('services');
  await limit(it, 'q', { services: '1', 'services.nodeports': '1' });
  await it.create(services, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  await it.cache.fresh();
  const change = (spec: object) =>
    it.registry.patch(services, request(services, 'patch', 's', { spec }, {}, 'application/merge-patch+json'), context);
  await change({ type: 'NodePort' });
  assert.deepEqual(await used(it, 'q'), { services: '1', 'services.nodeports': '1' });
  await it.cache.fresh();
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  await assert.rejects(change({ ports }), /requested: services.nodeports=1, used: services.nodeports=1, limited/);
  await it.close();
});

test('a write that changes nothing for good is not charged, but refused where there is no room', async () => {
  const it = await server();
  await limit(it, 'q', { configmaps: '1' });
  await it.create(it.configMaps, configMap('a'), { dryRun: ['All'] });
  assert.deepEqual(await used(it, 'q'), { configmaps: '0' });
  await it.create(it.configMaps, configMap('a'));
  await assert.rejects(it.create(it.configMaps, configMap('b'), { dryRun: ['All'] }), /exceeded quota/);
  await it.close();
});

test('pods must say what is limited, and are refused while a quota has not been summed up', async () => {
  const it = await server();
  await limit(it, 'q', { 'requests.cpu': '1', pods: '3' });
  await assert.rejects(
    it.create(it.pods, pod('a')),
    /"a" is forbidden: failed quota: q: must specify requests.cpu for: c$/,
  );
  await it.create(it.pods, pod('a', '700m'));
  await assert.rejects(
    it.create(it.pods, pod('b', '400m')),
    /exceeded quota: q, requested: requests.cpu=400m, used: requests.cpu=700m, limited: requests.cpu=1$/,
  );
  assert.deepEqual(await used(it, 'q'), { 'requests.cpu': '700m', pods: '1' });
  await it.quotas.change('default', 'q', (current) => ({
    do: 'write',
    object: { ...(current as ResourceQuota), status: { hard: { pods: '3', 'requests.cpu': '1' }, used: {} } },
  }));
  await it.cache.fresh();
  await assert.rejects(
    it.create(it.pods, pod('b', '1m')),
    /status unknown for quota: q, resources: pods,requests.cpu$/,
  );
  await it.close();
});

test('a pod is charged by the quotas whose scopes it is in', async () => {
  const it = await server();
  await limit(it, 'ends', { pods: '1' }, { scopes: ['Terminating'] });
  await limit(it, 'stays', { pods: '1' }, { scopes: ['NotTerminating'] });
  await it.create(it.pods, pod('a', undefined, { activeDeadlineSeconds: 5 }));
  assert.deepEqual([await used(it, 'ends'), await used(it, 'stays')], [{ pods: '1' }, { pods: '0' }]);
  await it.create(it.pods, pod('b'));
  await assert.rejects(it.create(it.pods, pod('c')), /exceeded quota: stays/);
  await it.close();
});

test('what is limited by configuration needs a quota that covers it', async () => {
  const scope = { scopeName: 'PriorityClass', operator: 'In', values: ['high'] };
  const it = await server({
    limitedResources: [
      { resource: 'configmaps', matchContains: ['count/'] },
      { resource: 'pods', matchScopes: [scope] },
    ],
  });
  await assert.rejects(it.create(it.configMaps, configMap('a')), /insufficient quota to consume: count\/configmaps$/);
  await limit(it, 'q', { 'count/configmaps': '1' });
  await it.create(it.configMaps, configMap('a'));
  const high = pod('a', undefined, { priorityClassName: 'high' });
  await assert.rejects(it.create(it.pods, high), {
    code: 500,
    message: 'insufficient quota to match these scopes: [{PriorityClass In [high]}]',
  });
  await it.create(it.pods, pod('b'));
  await limit(it, 'p', { pods: '1' }, { scopeSelector: { matchExpressions: [scope] } });
  await it.create(it.pods, high);
  await it.close();
});

test('a quota that goes meanwhile limits nothing', async () => {
  const store = new MemoryStore();
  const [a, b] = [await server({}, store), await server({}, store)];
  await limit(a, 'q', { configmaps: '1' });
  await b.cache.fresh();
  await b.stopFollowing();
  await a.quotas.change('default', 'q', () => ({ do: 'delete' }));
  const made = await b.create(b.configMaps, configMap('a'));
  assert.equal((made.object as KubeObject).metadata.name, 'a');
  await a.close();
  await b.close();
});
