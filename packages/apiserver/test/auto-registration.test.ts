import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  type APIService,
  allKinds,
  type CustomResourceDefinition,
  type Kind,
  KindRegistry,
  type KubeObject,
  type ResourceRequest,
} from '@keelson/api';
import { silentLogger } from '@keelson/service';
import { AutoRegistration } from '../src/aggregation/auto-registration.js';
import { context, request, world } from './world.js';

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

/** A server's part that keeps APIServices, over a store in memory. */
async function cluster() {
  const it = await world();
  closers.push(() => it.close());
  const apiServices = it.collection('apiservices', 'apiregistration.k8s.io');
  const definitions = it.collection('customresourcedefinitions', 'apiextensions.k8s.io');
  const handler = {
    handle(asked: ResourceRequest) {
      if (asked.verb === 'create') return it.registry.create(apiServices, asked, context);
      if (asked.verb === 'update') return it.registry.update(apiServices, asked, context);
      return it.deleter.delete(apiServices, asked, context);
    },
  };
  const all = () => new Map([...apiServices.cache.list()].map(({ object }) => [object.metadata.name, object]));
  const settled = async (is: () => boolean) => {
    for (let tries = 0; !is(); tries++) {
      assert.ok(tries < 3_000, 'not so within half a minute');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    ...it,
    ...{ apiServices, definitions, settled },
    get: (name: string) => all().get(name) as APIService | undefined,
    names: () => [...all().keys()],
    async start(kinds = new KindRegistry(allKinds)) {
      const stop = new AbortController();
      closers.push(async () => stop.abort());
      const registration = new AutoRegistration({
        ...{ kinds, apiServices: apiServices.cache, definitions: definitions.cache, onReset: () => {} },
        ...{ handler, context, clock: it.clock, logger: silentLogger },
      });
      await registration.run(stop.signal);
      await it.cache.fresh();
      return { kinds, stop: () => stop.abort() };
    },
    async change(name: string, change: (it: APIService) => void) {
      const next = structuredClone(all().get(name)) as APIService;
      change(next);
      await it.registry.update(apiServices, request(apiServices, 'update', name, next), context);
      await it.cache.fresh();
    },
    async remove(name: string) {
      await it.deleter.delete(apiServices, request(apiServices, 'delete', name), context);
      await it.cache.fresh();
    },
  };
}

const custom = (group: string, version: string): Kind =>
  ({ group, version, plural: 'widgets', kind: 'Widget' }) as unknown as Kind;

test('each built-in group and version has its APIService, which is available, but that of APIServices', async () => {
  const { start, get, names } = await cluster();
  await start();
  const batch = get('v1.batch');
  assert.deepEqual(batch?.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' });
  assert.deepEqual(batch?.spec, { group: 'batch', version: 'v1', groupPriorityMinimum: 17_400, versionPriority: 15 });
  assert.deepEqual(get('v1.')?.spec, { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 });
  assert.equal(get('v2.autoscaling')?.spec?.versionPriority, 30);
  assert.ok(!names().some((name) => name?.endsWith('apiregistration.k8s.io')));
  const { lastTransitionTime, ...condition } = batch?.status?.conditions?.[0] ?? {};
  const message = 'Local APIServices are always available';
  assert.deepEqual(condition, { type: 'Available', status: 'True', reason: 'Local', message });
  assert.equal(lastTransitionTime, batch?.metadata.creationTimestamp);
});

test('what is built in is set right when a server starts, and otherwise left as it was made', async () => {
  const { start, get, change, remove, names } = await cluster();
  const first = await start();
  await change('v1.batch', (it) => Object.assign(it.spec ?? {}, { versionPriority: 99 }));
  await remove('v1.policy');
  first.kinds.add(custom('a.example.com', 'v1'));
  assert.equal(get('v1.batch')?.spec?.versionPriority, 99);
  assert.equal(get('v1.policy'), undefined);
  first.stop();
  const { length } = names();
  await start();
  assert.equal(get('v1.batch')?.spec?.versionPriority, 15);
  assert.ok(get('v1.policy') !== undefined && names().length > length);
});

test('what comes and goes has an APIService while it is there, whatever is done to that', async () => {
  const { start, get, change, remove, settled } = await cluster();
  const { kinds } = await start();
  const name = 'v1beta1.a.example.com';
  kinds.add(custom('a.example.com', 'v1beta1'));
  await settled(() => get(name) !== undefined);
  assert.equal(get(name)?.metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'], 'true');
  const spec = { group: 'a.example.com', version: 'v1beta1', groupPriorityMinimum: 1_000, versionPriority: 100 };
  assert.deepEqual(get(name)?.spec, spec);
  await change(name, (it) => Object.assign(it.spec ?? {}, { versionPriority: 7 }));
  await settled(() => get(name)?.spec?.versionPriority === 100);
  await remove(name);
  await settled(() => get(name) !== undefined);
  kinds.remove('a.example.com', 'v1beta1', 'widgets');
  await settled(() => get(name) === undefined);
});

test('what somebody else manages is theirs, and what is defined waits for its kinds', async () => {
  const { start, get, registry, apiServices, definitions, cache, settled } = await cluster();
  const make = async (collection: typeof apiServices, object: object) => {
    await registry.create(collection, request(collection, 'create', '', object as KubeObject), context);
    await cache.fresh();
  };
  const apiService = (group: string, labels: object) => ({
    metadata: { name: `v1.${group}`, labels },
    spec: { group, version: 'v1', groupPriorityMinimum: 5, versionPriority: 5 },
  });
  const managed = { 'kube-aggregator.kubernetes.io/automanaged': 'true' };
  await make(apiServices, apiService('mine.example.com', {}));
  await make(apiServices, apiService('old.example.com', managed));
  await make(apiServices, apiService('defined.example.com', managed));
  const schema = { openAPIV3Schema: { type: 'object' } };
  await make(definitions, {
    metadata: { name: 'widgets.defined.example.com' },
    spec: {
      ...{ group: 'defined.example.com', scope: 'Cluster', names: { plural: 'widgets', kind: 'Widget' } },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  });
  const kinds = new KindRegistry(allKinds);
  await start(kinds);
  await settled(() => get('v1.old.example.com') === undefined);
  assert.equal(get('v1.mine.example.com')?.spec?.versionPriority, 5);
  assert.ok(get('v1.defined.example.com'));
  const defined = structuredClone(definitions.cache.get('widgets.defined.example.com')!.object);
  (defined as CustomResourceDefinition).spec!.versions![0]!.served = false;
  await registry.update(definitions, request(definitions, 'update', defined.metadata.name!, defined), context);
  await settled(() => get('v1.defined.example.com') === undefined);
});
