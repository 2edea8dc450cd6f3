import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type Event, isApiError, type Pod } from '@keelson/api';
import { ApiClient, EventRecorder, InformerFactory, resources } from '@keelson/client';
import { MemoryTransport, until } from '@keelson/client/testing';
import { createMetrics, seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { SchedulerMetrics } from './metrics.js';
import { defaultPlugins } from './plugins/index.js';
import { Scheduler } from './scheduler.js';
import { asking, testNode, testPod } from './testing/objects.js';

/** A scheduler at work on an API server in memory. */
function world() {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(server);
  const common = { client, clock, random: seededRandom(11), logger: silentLogger };
  const recorder = new EventRecorder({ component: 'default-scheduler' }, common);
  const informers = new InformerFactory(common);
  const metrics = new SchedulerMetrics(createMetrics());
  const scheduler = new Scheduler({}, { ...common, recorder, informers, metrics, plugins: defaultPlugins });
  const stop = new AbortController();
  const running = scheduler.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  const pod = (name: string) => client.get<Pod>(resources.pods, { namespace: 'default', name });
  const podsIn = () => informers.for(resources.pods);
  const seen = (name: string) => podsIn().get('default', name);
  const bindings = () => server.requests.filter(({ path }) => path.subresource === 'binding');
  return { clock, server, client, recorder, end, pod, seen, bindings };
}

const needing = (name: string, cpu: string, priority = 0) => testPod(name, { priority, containers: [asking({ cpu })] });

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

describe('Scheduler', () => {
  it('binds each pod once, as long as there is room', async () => {
    const { clock, client, recorder, end, seen, bindings } = world();
    await client.create(resources.nodes, testNode('n1'));
    for (const name of ['a', 'b']) await client.create(resources.pods, needing(name, '2'));
    await until(() => ['a', 'b'].every((it) => seen(it)?.spec?.nodeName === 'n1'), { clock });
    // The scheduler's own answer, after which it records the event, may come after the watch's.
    await clock.advanceAsync(1_000);
    await recorder.flush();
    assert.equal(bindings().length, 2);
    const events = await client.list<Event>(resources.events, {});
    assert.deepEqual(events.items.map((it) => it.message).sort(), [
      'Successfully assigned default/a to n1',
      'Successfully assigned default/b to n1',
    ]);
    await end();
  });

  it('says why a pod waits, and places it as soon as a node comes', async () => {
    const { clock, client, recorder, end, seen } = world();
    await client.create(resources.nodes, testNode('small', { cpu: '1', pods: '9' }));
    await client.create(resources.pods, needing('big', '2'));
    await until(() => seen('big')?.status?.conditions !== undefined, { clock });
    const [condition] = seen('big')?.status?.conditions ?? [];
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.reason],
      ['PodScheduled', 'False', 'Unschedulable'],
    );
    const why =
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    assert.equal(condition?.message, why);
    await recorder.flush();
    const events = await client.list<Event>(resources.events, {});
    assert.deepEqual(
      events.items.map((it) => [it.reason, it.message]),
      [['FailedScheduling', why]],
    );
    await client.create(resources.nodes, testNode('large'));
    await until(() => seen('big')?.spec?.nodeName === 'large', { clock });
    await end();
  });

  it('leaves a pod to whoever bound it meanwhile', async () => {
    const { clock, client, server, end, seen, bindings, pod } = world();
    server.intercept = async ({ path }) => {
      if (path.subresource !== 'binding') return undefined;
      const live = await pod('a');
      await client.update(resources.pods, { ...live, spec: { ...live.spec!, nodeName: 'elsewhere' } });
      return undefined;
    };
    await client.create(resources.nodes, testNode('n1'));
    await client.create(resources.pods, needing('a', '2'));
    await until(() => seen('a')?.spec?.nodeName !== undefined, { clock });
    await clock.advanceAsync(60_000);
    assert.equal(seen('a')?.spec?.nodeName, 'elsewhere');
    assert.equal(bindings().length, 1);
    await end();
  });

  it('tries again when a binding fails, and gives the room to nobody twice', async () => {
    const { clock, client, server, end, seen } = world();
    let failures = 2;
    server.intercept = ({ path }) =>
      path.subresource === 'binding' && failures-- > 0 ? apiErrors.serviceUnavailable('down') : undefined;
    await client.create(resources.nodes, testNode('n1'));
    await client.create(resources.pods, needing('a', '4'));
    await until(() => seen('a')?.spec?.nodeName === 'n1', { clock });
    await client.create(resources.pods, needing('b', '1'));
    await until(() => seen('b')?.status?.conditions !== undefined, { clock });
    assert.equal(seen('b')?.spec?.nodeName, undefined);
    await end();
  });

  it('makes room for a more important pod', async () => {
    const { clock, client, end, seen, pod } = world();
    await client.create(resources.nodes, testNode('n1'));
    await client.create(resources.pods, needing('low', '4', 1));
    await until(() => seen('low')?.spec?.nodeName === 'n1', { clock });
    await client.create(resources.pods, needing('high', '4', 10));
    await until(() => seen('high')?.spec?.nodeName === 'n1', { clock });
    await assert.rejects(pod('low'), (it) => isApiError(it, 'NotFound'));
    await end();
  });

  it('gives a node that comes by degrees to the most important pod that waits for one', async () => {
    const { clock, client, server, end, seen, pod } = world();
    const waiting = ['l', 'h', 'm'];
    for (const [name, priority] of [
      ['l', 10],
      ['h', 1_000],
      ['m', 100],
    ] as const) {
      await client.create(resources.pods, needing(name, '2', priority));
    }
    await until(() => waiting.every((it) => seen(it)?.status?.conditions !== undefined), { clock });
    await clock.advanceAsync(3_500);
    // The node is made without capacity and tainted; the rest comes while it is being said why `h` did not fit.
    let grown = false;
    server.intercept = async ({ verb, path }) => {
      if (grown || verb !== 'patch' || path.name !== 'h') return undefined;
      grown = true;
      await client.update(resources.nodes, testNode('n1', { cpu: '2', pods: '9' }), { subresource: 'status' });
      await client.update(resources.nodes, testNode('n1'));
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      return undefined;
    };
    await client.create(resources.nodes, testNode('n1', {}, { taints: [NOT_READY] }));
    await until(() => waiting.some((it) => seen(it)?.spec?.nodeName !== undefined), { clock });
    await clock.advanceAsync(30_000);
    // None of them was placed and had to go again.
    const places = await Promise.all(waiting.map(async (it) => (await pod(it)).spec?.nodeName));
    assert.deepEqual(places, [undefined, 'n1', undefined]);
    await end();
  });

  it('keeps the room that preemption makes for the pod it is made for', async () => {
    const { clock, client, end, seen, pod } = world();
    const victim = needing('victim', '4', 1);
    victim.metadata.finalizers = ['test/still-ending'];
    await client.create(resources.nodes, testNode('n1'));
    await client.create(resources.pods, victim);
    await until(() => seen('victim')?.spec?.nodeName === 'n1', { clock });
    await client.create(resources.pods, needing('high', '4', 10));
    await until(() => seen('high')?.status?.nominatedNodeName === 'n1', { clock });
    const ended = await pod('victim');
    await client.update(resources.pods, { ...ended, metadata: { ...ended.metadata, finalizers: [] } });
    await client.create(resources.pods, needing('low', '1', 1));
    await until(() => seen('high')?.spec?.nodeName === 'n1', { clock });
    await clock.advanceAsync(30_000);
    assert.equal((await pod('low')).spec?.nodeName, undefined);
    await end();
  });

  it('says the same of a pod that was promised a node as long as its victims end', async () => {
    const { clock, client, end, seen } = world();
    const victims = [needing('v1', '2', 1), needing('v2', '2', 2)];
    await client.create(resources.nodes, testNode('n1'));
    for (const it of victims) {
      it.metadata.finalizers = ['test/still-ending'];
      await client.create(resources.pods, it);
    }
    await until(() => ['v1', 'v2'].every((it) => seen(it)?.spec?.nodeName === 'n1'), { clock });
    await client.create(resources.pods, needing('high', '2', 10));
    await until(() => seen('high')?.status?.nominatedNodeName === 'n1', { clock });
    await until(() => seen('v1')?.metadata.deletionTimestamp !== undefined, { clock });
    const said = seen('high')?.status;
    // Another pod's end makes it try again.
    await client.create(resources.pods, needing('passer-by', '0', 10));
    await until(() => seen('passer-by')?.spec?.nodeName === 'n1', { clock });
    await client.delete(resources.pods, { namespace: 'default', name: 'passer-by' });
    await clock.advanceAsync(30_000);
    assert.equal(seen('high')?.status?.nominatedNodeName, said?.nominatedNodeName);
    assert.equal(seen('v2')?.metadata.deletionTimestamp, undefined);
    await end();
  });

  it('leaves alone pods of other schedulers and pods that are gated, until the gate is gone', async () => {
    const { clock, client, end, seen, pod, bindings } = world();
    await client.create(resources.nodes, testNode('n1'));
    await client.create(resources.pods, testPod('other', { schedulerName: 'mine' }));
    await client.create(resources.pods, testPod('gated', { schedulingGates: [{ name: 'g' }] }));
    await until(() => seen('gated') !== undefined, { clock });
    await clock.advanceAsync(5_000);
    assert.equal(bindings().length, 0);
    const gated = await pod('gated');
    await client.update(resources.pods, { ...gated, spec: { ...gated.spec!, schedulingGates: [] } });
    await until(() => seen('gated')?.spec?.nodeName === 'n1', { clock });
    assert.equal(seen('other')?.spec?.nodeName, undefined);
    await end();
  });
});
