import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import type { Point } from '../points/points.js';
import { UsageStore } from '../points/usage-store.js';
import { MetricsApi, type MetricsPath } from './metrics-api.js';
import { routeOf } from './route.js';

const AT = Date.parse('2026-01-02T03:04:05Z');
const NOBODY = { labelSelector: '', fieldSelector: '' };

function pod(namespace: string, name: string, labels: Record<string, string>, phase = 'Running'): Pod {
  return { metadata: { namespace, name, labels }, spec: { nodeName: 'n1' }, status: { phase } } as Pod;
}

function api() {
  const pods = [
    pod('shop', 'web-1', { app: 'web' }),
    pod('shop', 'web-0', { app: 'web' }),
    pod('shop', 'db', { app: 'db' }),
    pod('other', 'web-0', { app: 'web' }),
    pod('shop', 'ended', { app: 'web' }, 'Succeeded'),
    pod('shop', 'new', {}),
  ];
  const nodes: Node[] = [{ metadata: { name: 'n1', labels: { zone: 'a' } } }, { metadata: { name: 'n0' } }];
  const clock = new ManualClock();
  const store = new UsageStore({ resolutionMs: 15_000 }, { now: () => clock.monotonic() });
  const point = (at: number, cpu: number, memoryBytes: number): Point => {
    return { at, cpuNanoseconds: cpu * 1e9, memoryBytes, startedAt: AT - 1e6 };
  };
  for (const [at, cpu] of [
    [AT - 15_034, 1],
    [AT, 4],
  ] as const) {
    const seen = pods.filter(({ metadata }) => metadata.name !== 'new' || at === AT);
    store.store('n1', {
      node: point(at, 10 * cpu, 3 * 2 ** 20),
      pods: new Map(
        seen.map(({ metadata: { namespace, name } }) => {
          const main = point(at, cpu, 21_344 * 1024);
          const side = point(at, 7, 1000);
          return [
            `${namespace}/${name}`,
            new Map([
              ['side', side],
              ['main', main],
            ]),
          ];
        }),
      ),
    });
  }
  const known = <T extends Node | Pod>(all: readonly T[]) => ({
    get: (namespace: string, name: string) =>
      all.find(({ metadata: it }) => (it.namespace ?? '') === namespace && it.name === name),
    list: (namespace?: string) =>
      all.filter(({ metadata: it }) => namespace === undefined || it.namespace === namespace),
  });
  return new MetricsApi({ nodes: known(nodes), pods: known(pods), store, clock });
}

const path = (resource: MetricsPath['resource'], namespace = '', name = ''): MetricsPath => ({
  resource,
  namespace,
  name,
});
const names = (it: MetricsApi, of: MetricsPath, selection: Partial<typeof NOBODY> = {}) =>
  it.list(of, { ...NOBODY, ...selection }).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);

test('a pod’s figures are quantities, with the time that they are of', () => {
  const { metadata, ...rest } = api().get(path('pods', 'shop', 'web-0'));
  assert.deepEqual([metadata.name, metadata.namespace, metadata.labels], ['web-0', 'shop', { app: 'web' }]);
  assert.deepEqual(rest, {
    ...{ kind: 'PodMetrics', apiVersion: 'metrics.k8s.io/v1beta1' },
    ...{ timestamp: '2026-01-02T03:04:05Z', window: '15.034s' },
    containers: [
      { name: 'main', usage: { cpu: '199547691n', memory: '21344Ki' } },
      { name: 'side', usage: { cpu: '0', memory: '1k' } },
    ],
  });
});

test('lists are in order, of what runs and was seen twice, and of what is selected', () => {
  const it = api();
  assert.deepEqual(names(it, path('pods')), ['other/web-0', 'shop/db', 'shop/web-0', 'shop/web-1']);
  assert.deepEqual(names(it, path('pods', 'shop'), { labelSelector: 'app in (web)' }), ['shop/web-0', 'shop/web-1']);
  assert.deepEqual(names(it, path('pods'), { fieldSelector: 'metadata.name=web-0,metadata.namespace!=shop' }), [
    'other/web-0',
  ]);
  assert.deepEqual(names(it, path('pods', 'nowhere')), []);
  assert.deepEqual(names(it, path('nodes')), ['/n1'], 'n0 was never heard of');
  assert.deepEqual(names(it, path('nodes'), { labelSelector: 'zone=b' }), []);
});

test('selectors that cannot be understood are 400', () => {
  const it = api();
  for (const [selection, message] of [
    [{ fieldSelector: 'spec.nodeName=n1' }, /"spec.nodeName" is not a known field selector/],
    [{ fieldSelector: 'what' }, /invalid selector/],
    [{ labelSelector: 'app in' }, /unable to parse requirement/],
  ] as const)
    assert.throws(() => names(it, path('pods'), selection), { code: 400, message });
});

test('who is not there, and of whom nothing is known, is 404 in upstream’s words', () => {
  const it = api();
  for (const [of, message] of [
    [path('pods', 'shop', 'nobody'), 'pods "nobody" not found'],
    [path('pods', 'shop', 'new'), 'podmetrics.metrics.k8s.io "shop/new" not found'],
    [path('pods', 'shop', 'ended'), 'podmetrics.metrics.k8s.io "shop/ended" not found'],
    [path('nodes', '', 'n9'), 'nodes "n9" not found'],
    [path('nodes', '', 'n0'), 'nodemetrics.metrics.k8s.io "n0" not found'],
  ] as const)
    assert.throws(() => it.get(of), { code: 404, message });
});

test('a Table adds up a pod’s containers', () => {
  const it = api();
  const of = path('pods', 'shop', 'web-0');
  const table = it.table(of, [it.get(of)], 'None');
  assert.deepEqual(
    table.columnDefinitions.map(({ name }) => name),
    ['Name', 'cpu', 'memory', 'Window'],
  );
  assert.deepEqual(table.rows[0]?.cells, ['web-0', '199547691n', '21857256', '15.034s']);
});

test('paths lead to what they name, and other ones nowhere', () => {
  const base = '/apis/metrics.k8s.io/v1beta1';
  assert.deepEqual(routeOf(`${base}/namespaces/a/pods/b%2Fc`), { type: 'metrics-of', path: path('pods', 'a', 'b/c') });
  assert.deepEqual(routeOf(`${base}/pods`), { type: 'metrics-of', path: path('pods') });
  assert.deepEqual(routeOf(`${base}/`), { type: 'resources' });
  for (const wrong of [
    '/',
    '/constructor',
    `${base}/pods/x`,
    `${base}/namespaces/a/nodes`,
    `${base}/nodes/a/b`,
    `${base}/nodes/%zz`,
  ])
    assert.equal(routeOf(wrong), undefined, wrong);
});
