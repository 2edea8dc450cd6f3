import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ApiError,
  apiErrors,
  type Container,
  type Deployment,
  type HorizontalPodAutoscaler,
  type KubeObject,
  type MetricSpec,
  type Pod,
} from '@keelson/api';
import { type ApiClient, resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import { Scales } from '../../framework/scales.js';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { Autoscaling } from './autoscaling.js';
import { MetricsApis, type MetricsSource, type PodMetrics } from './metrics-source.js';

const SETTINGS = {
  ...{ periodMs: 15_000, downscaleMs: 300_000, tolerance: 0.1 },
  ...{ cpuInitializationMs: 300_000, initialReadinessMs: 30_000 },
};
const labels = { app: 'web' };
const CPU: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
};

/** What is measured: so much CPU in thousandths, shared by all pods, and one number of everything else. */
interface Load {
  cpu: number | Error;
  value: number | Error;
}

function sourceOf({ informers, clock }: TestWorld, load: Load): MetricsSource {
  const value = async () => {
    if (load.value instanceof Error) throw load.value;
    return load.value;
  };
  const ofPods = async (total: number | Error): Promise<PodMetrics> => {
    if (total instanceof Error) throw total;
    const pods = informers.for(resources.pods).list('default');
    const each = { value: Math.ceil(total / pods.length), at: clock.now(), windowMs: 15_000 };
    return new Map(pods.map(({ metadata }) => [metadata.name ?? '', each]));
  };
  return { ofResource: () => ofPods(load.cpu), ofPods: () => ofPods(load.value), ofObject: value, ofOthers: value };
}

/** Keeps as many pods that have been ready for long as each Deployment wants. */
function keepPods(world: TestWorld): void {
  const { client, clock, informers } = world;
  const begun = rfc3339(clock.now() - 3_600_000);
  const settle = async ({ metadata, spec }: Deployment) => {
    const { name } = metadata;
    const wanted = Array.from({ length: spec?.replicas ?? 0 }, (_, index) => `${name}-${index}`);
    const pods = informers
      .for(resources.pods)
      .list('default')
      .map((it) => it.metadata.name ?? '');
    for (const it of wanted.filter((it) => !pods.includes(it)))
      await client.create<Pod>(resources.pods, {
        metadata: { name: it, namespace: 'default', labels },
        spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } } as Container] },
        status: {
          ...{ phase: 'Running', startTime: begun },
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: begun }],
        },
      });
    for (const it of pods.filter((it) => it.startsWith(`${name}-`) && !wanted.includes(it)))
      await client.delete(resources.pods, { namespace: 'default', name: it });
  };
  informers
    .for(resources.deployments)
    .addHandler({ onAdd: (it) => void settle(it), onUpdate: (it) => void settle(it) });
}

async function inWorld(
  run: (world: TestWorld, load: Load) => Promise<void>,
  more: { source?: boolean } = {},
): Promise<void> {
  const world = testWorld();
  const load: Load = { cpu: 0, value: 0 };
  keepPods(world);
  await world.start({
    name: 'horizontal-pod-autoscaler',
    setUp(context) {
      const source = more.source === false ? {} : { source: sourceOf(world, load) };
      const autoscaling = new Autoscaling(context, { ...SETTINGS, ...source });
      return () => autoscaling.run(5);
    },
  });
  try {
    await run(world, load);
  } finally {
    await world.stop();
  }
}

const deploy = async (world: TestWorld, count: number) => {
  await world.client.create<Deployment>(resources.deployments, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas: count, selector: { matchLabels: labels } },
    status: { replicas: count },
  });
  await until(() => world.informers.for(resources.pods).list('default').length === count, world);
};

const autoscale = ({ client }: TestWorld, spec: object = {}, name = 'h') =>
  client.create<HorizontalPodAutoscaler>(resources.horizontalPodAutoscalers, {
    metadata: { name, namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      ...{ minReplicas: 1, maxReplicas: 10, metrics: [CPU] },
      ...spec,
    },
  });

const found = ({ informers }: TestWorld, name = 'h') =>
  informers.for(resources.horizontalPodAutoscalers).get('default', name);
const replicas = ({ informers }: TestWorld) =>
  informers.for(resources.deployments).get('default', 'web')?.spec?.replicas;
const condition = (world: TestWorld, type: string) => {
  const it = found(world)?.status?.conditions?.find((it) => it.type === type);
  return [it?.status, it?.reason, it?.message];
};
const events = async ({ client }: TestWorld) =>
  (await client.list(resources.events)).items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
const writes = ({ server }: TestWorld) =>
  server.requests.filter(({ verb, path }) => ['update', 'patch', 'create'].includes(verb) && path.resource !== 'events')
    .length;

describe('an autoscaler', () => {
  it('brings what is out of its range into it, without any metrics', () =>
    inWorld(async (world, load) => {
      load.cpu = new Error('nobody measures');
      await deploy(world, 1);
      await autoscale(world, { minReplicas: 3, maxReplicas: 5 });
      await until(() => found(world)?.status?.desiredReplicas === 3, world);
      assert.equal(replicas(world), 3);
      const { status } = found(world)!;
      assert.deepEqual(
        status?.conditions?.map(({ reason }) => reason),
        ['SucceededRescale'],
      );
      assert.equal(status?.currentReplicas, 1);
      assert.deepEqual(await events(world), [
        'Normal SuccessfulRescale New size: 3; reason: Current number of replicas below Spec.MinReplicas',
      ]);
      await world.client.patch(resources.deployments, { namespace: 'default', name: 'web' }, 'merge', {
        spec: { replicas: 9 },
      });
      await until(() => replicas(world) === 5, { ...world, stepMs: 1_000 });
    }));

  it('follows the CPU that its pods use, and says why', () =>
    inWorld(async (world, load) => {
      load.cpu = 2_000;
      await deploy(world, 2);
      await autoscale(world);
      await until(() => replicas(world) === 4, world);
      await until(() => found(world)?.status?.desiredReplicas === 4, world);
      assert.deepEqual(await events(world), [
        'Normal SuccessfulRescale New size: 4; reason: cpu resource utilization (percentage of request) above target',
      ]);
      assert.deepEqual(found(world)?.status?.currentMetrics, [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '1' } } },
      ]);
      assert.deepEqual(condition(world, 'ScalingActive'), [
        ...['True', 'ValidMetricFound'],
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      ]);
      load.cpu = 400;
      const since = world.clock.monotonic();
      await until(() => condition(world, 'AbleToScale')[1] === 'ScaleDownStabilized', { ...world, stepMs: 1_000 });
      await until(() => replicas(world) === 1, { ...world, stepMs: 1_000 });
      assert.ok(world.clock.monotonic() - since >= 285_000);
      assert.ok(
        (await events(world)).includes('Normal SuccessfulRescale New size: 1; reason: All metrics below target'),
      );
    }));

  it('says what it cannot find out, and changes nothing', () =>
    inWorld(
      async (world) => {
        await deploy(world, 2);
        await autoscale(world);
        await until(() => condition(world, 'ScalingActive')[0] === 'False', world);
        const text =
          'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
        assert.deepEqual(condition(world, 'ScalingActive'), [
          ...['False', 'FailedGetResourceMetric', `the HPA was unable to compute the replica count: ${text}`],
        ]);
        await world.clock.advanceAsync(1_000);
        assert.deepEqual(await events(world), [
          `Warning FailedGetResourceMetric ${text}`,
          `Warning FailedComputeMetricsReplicas invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${text}`,
        ]);
        assert.deepEqual(found(world)?.status?.currentMetrics, [{ type: '' }]);
        await autoscale(world, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' } }, 'x');
        const able = () => found(world, 'x')?.status?.conditions?.[0];
        await until(() => able()?.reason === 'FailedGetScale', world);
        assert.match(
          able()?.message ?? '',
          /unable to get the target's current scale: deployments.apps "none" not found$/,
        );
        await autoscale(world, { scaleTargetRef: { apiVersion: 'a/v1', kind: 'Cup', name: 'c' } }, 'y');
        await until(() => found(world, 'y')?.status?.conditions !== undefined, world);
        assert.match(
          found(world, 'y')?.status?.conditions?.[0]?.message ?? '',
          /no matches for kind "Cup" in group "a"$/,
        );
        const before = writes(world);
        for (let minute = 0; minute < 10; minute++) await world.clock.advanceAsync(60_000);
        assert.equal(writes(world) - before, 0);
        assert.equal(replicas(world), 2);
      },
      { source: false },
    ));

  it('goes by the metric that asks for most, and shrinks only when all are known', () =>
    inWorld(async (world, load) => {
      const outside: MetricSpec = {
        type: 'External',
        external: {
          metric: { name: 'queue', selector: { matchLabels: { q: 'a' } } },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      };
      load.cpu = 1_000;
      load.value = 80_000;
      await deploy(world, 4);
      await autoscale(world, { metrics: [CPU, outside] });
      await until(() => replicas(world) === 8, world);
      await world.clock.advanceAsync(1_000);
      assert.deepEqual(await events(world), [
        'Normal SuccessfulRescale New size: 8; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
      ]);
      await world.client.patch(resources.deployments, { namespace: 'default', name: 'web' }, 'merge', {
        status: { replicas: 8 },
      });
      load.value = new Error('gone');
      for (let minute = 0; minute < 20; minute++) await world.clock.advanceAsync(60_000);
      assert.equal(replicas(world), 8);
      assert.equal(condition(world, 'ScalingActive')[1], 'FailedGetExternalMetric');
      load.cpu = 5_000;
      await until(() => replicas(world) === 10, { ...world, stepMs: 1_000 });
    }));

  it('waits until a target at zero is scaled up by somebody', () =>
    inWorld(async (world, load) => {
      load.cpu = 5_000;
      await deploy(world, 0);
      await autoscale(world);
      await until(() => condition(world, 'ScalingActive')[1] === 'ScalingDisabled', world);
      for (let minute = 0; minute < 3; minute++) await world.clock.advanceAsync(60_000);
      assert.equal(replicas(world), 0);
    }));

  it('leaves pods alone that another one scales too, and says so', () =>
    inWorld(async (world, load) => {
      load.cpu = 2_000;
      await deploy(world, 2);
      await autoscale(world, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }, 'g');
      await until(() => replicas(world) === 4, world);
      await autoscale(world);
      await until(() => condition(world, 'ScalingActive')[1] === 'AmbiguousSelector', world);
      await until(() => found(world, 'g')?.status?.conditions?.[1]?.reason === 'AmbiguousSelector', world);
      load.cpu = 8_000;
      const text = 'pods by selector app=web are controlled by multiple HPAs: [default/g default/h]';
      assert.equal(condition(world, 'ScalingActive')[2], text);
      for (let minute = 0; minute < 3; minute++) await world.clock.advanceAsync(60_000);
      assert.equal(replicas(world), 4);
      await world.client.delete(resources.horizontalPodAutoscalers, { namespace: 'default', name: 'g' });
      await until(() => replicas(world) === 8, { ...world, stepMs: 1_000 });
    }));

  it('scales on what is there when another writer was quicker, and says when it cannot', () =>
    inWorld(async (world, load) => {
      load.cpu = 2_000;
      await deploy(world, 2);
      let refusals = 2;
      world.server.intercept = ({ verb, path }) =>
        verb === 'update' && path.subresource === 'scale' && refusals-- > 0
          ? apiErrors.conflict({ group: 'apps', plural: 'deployments' }, 'web')
          : undefined;
      await autoscale(world);
      await until(() => replicas(world) === 4, world);
      assert.equal(
        (await events(world)).some((it) => it.includes('FailedRescale')),
        false,
      );
      refusals = 4;
      load.cpu = 4_000;
      await until(() => condition(world, 'AbleToScale')[1] === 'FailedUpdateScale', { ...world, stepMs: 1_000 });
      assert.equal(found(world)?.status?.desiredReplicas, 4);
      await until(() => replicas(world) === 8, { ...world, stepMs: 1_000 });
    }));

  it('follows the load of a whole day', () =>
    inWorld(async (world, load) => {
      await deploy(world, 1);
      await autoscale(world, { maxReplicas: 20 });
      const seen = new Set<number>();
      let [most, late] = [0, 0];
      for (let minute = 0; minute < 24 * 60; minute++) {
        // From nothing at midnight to eight cores at noon, and back.
        load.cpu = Math.round(4_000 * (1 - Math.cos((2 * Math.PI * minute) / (24 * 60))));
        await world.clock.advanceAsync(60_000);
        const now = replicas(world) ?? 0;
        seen.add(now);
        most = Math.max(most, now);
        if (load.cpu / now > 1000 * 0.5 * 1.25) late += 1;
      }
      assert.ok(most >= 15 && most <= 18, `${most} replicas at noon`);
      assert.ok(late <= 5, `${late} minutes with too few`);
      assert.equal(replicas(world), 1);
      assert.ok(seen.size >= 10);
    }));
});

describe('the metrics APIs', () => {
  const apis = (answer: (request: object) => unknown) => {
    const asked: object[] = [];
    const ask =
      (verb: string) =>
      async (resource: { group: string; plural: string }, key: object, settings: object = {}) => {
        const request = { verb, group: resource.group, plural: resource.plural, ...key, ...settings };
        asked.push(request);
        return answer(request);
      };
    const client = { get: ask('get'), list: ask('list') } as unknown as ApiClient;
    const current = { preferred: [{ group: 'networking.k8s.io', plural: 'ingresses', kind: 'Ingress' }] };
    const scales = new Scales({ client, kinds: { current } as never });
    return { asked, source: new MetricsApis({ client, scales }) };
  };
  const from = { namespace: 'default', selector: 'app=web' };

  it('are asked where upstream’s clients ask', async () => {
    const timestamp = '2026-01-01T00:00:00Z';
    const { asked, source } = apis(() => ({ items: [{ describedObject: { name: 'p' }, value: '1500m', timestamp }] }));
    const pods = await source.ofPods('requests', from, { matchLabels: { verb: 'GET' } });
    assert.deepEqual([...pods], [['p', { value: 1_500, at: Date.parse(timestamp), windowMs: 60_000 }]]);
    const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' };
    assert.equal(await source.ofObject('requests', 'default', ingress, undefined), 1_500);
    await source.ofObject('requests', 'default', { apiVersion: 'v1', kind: 'Namespace', name: 'other' }, undefined);
    const group = 'custom.metrics.k8s.io';
    const common = { verb: 'get', group, namespace: 'default', labelSelector: '', metricLabelSelector: '' };
    assert.deepEqual(asked, [
      {
        ...common,
        plural: 'pods',
        name: '*',
        subresource: 'requests',
        labelSelector: 'app=web',
        metricLabelSelector: 'verb=GET',
      },
      { ...common, plural: 'ingresses.networking.k8s.io', name: 'main', subresource: 'requests' },
      { ...common, plural: 'metrics', name: 'requests', subresource: '' },
    ]);
  });

  it('tell what pods and their containers use, and pass over pods of which something is missing', async () => {
    const usage = (cpu: string) => ({ cpu, memory: '10Mi' });
    const pod = (name: string, containers: object[]) => ({
      ...{ metadata: { name, namespace: 'default' }, timestamp: '2026-01-01T00:00:00Z', window: '30s', containers },
    });
    const items = [
      pod('a', [
        { name: 'c', usage: usage('100m') },
        { name: 'd', usage: usage('50m') },
      ]),
      pod('b', [
        { name: 'c', usage: usage('1') },
        { name: 'd', usage: { memory: '1' } },
      ]),
      pod('none', []),
    ];
    const { asked, source } = apis(() => ({ items }));
    const all = await source.ofResource('cpu', from, undefined);
    assert.deepEqual([...all.keys()], ['a']);
    assert.deepEqual(all.get('a'), { value: 150, at: Date.parse('2026-01-01T00:00:00Z'), windowMs: 30_000 });
    assert.deepEqual(asked[0], {
      ...{ verb: 'list', group: 'metrics.k8s.io', plural: 'pods', namespace: 'default' },
      labelSelector: 'app=web',
    });
    await assert.rejects(
      source.ofResource('cpu', from, 'c'),
      /container c not present in metrics for pod default\/none$/,
    );
    items.pop();
    assert.equal((await source.ofResource('cpu', from, 'c')).get('b')?.value, 1_000);
    assert.deepEqual([...(await source.ofResource('cpu', from, 'd')).keys()], ['a']);
  });

  it('add up what others say, and say what is wrong as upstream’s clients do', async () => {
    const values: (KubeObject & { value: string })[] = [];
    let failure: Error | undefined;
    const { asked, source } = apis(() => {
      if (failure !== undefined) throw failure;
      return { items: values };
    });
    await assert.rejects(
      source.ofOthers('queue', 'default', undefined),
      /^Error: no metrics returned from external metrics API$/,
    );
    values.push({ metadata: {}, value: '3' }, { metadata: {}, value: '500m' });
    assert.equal(await source.ofOthers('queue', 'default', { matchLabels: { q: 'a' } }), 3_500);
    assert.deepEqual(asked[1], {
      ...{ verb: 'list', group: 'external.metrics.k8s.io', plural: 'queue' },
      namespace: 'default',
      labelSelector: 'q=a',
    });
    failure = apiErrors.resourceNotServed();
    await assert.rejects(
      source.ofOthers('queue', 'default', undefined),
      /requested resource \(get queue.external.metrics.k8s.io\)$/,
    );
    await assert.rejects(
      source.ofPods('m', from, undefined),
      /no custom metrics API \(custom.metrics.k8s.io\) registered$/,
    );
    failure = apiErrors.serviceUnavailable('service unavailable');
    const unable = 'the server is currently unable to handle the request';
    await assert.rejects(source.ofPods('m', from, undefined), {
      message: `unable to fetch metrics from custom metrics API: ${unable} (get pods.custom.metrics.k8s.io *)`,
    });
    failure = new ApiError({ code: 403, reason: 'Forbidden', message: 'not you' });
    await assert.rejects(
      source.ofResource('cpu', from, undefined),
      /unable to fetch metrics from resource metrics API: not you$/,
    );
  });
});
