import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, NodeMetrics, PodMetrics } from '@keelson/api';
import { nodeRows, podRows, sumOf } from './rows.js';

const times = { timestamp: '2026-01-01T00:00:00Z', window: '15s' };

test('nodes: amounts as kubectl rounds them, shares of what is allocatable or of all', () => {
  const capacity = { cpu: '4', memory: '8Gi' };
  const nodes: Node[] = ['b', 'a', 'silent'].map((name) => ({
    ...{ metadata: { name }, status: { capacity, allocatable: { cpu: '2', memory: '4Gi' } } },
  }));
  const metrics: NodeMetrics[] = [
    { metadata: { name: 'b' }, ...times, usage: { cpu: '500000001n', memory: '1048576Ki' } },
    { metadata: { name: 'a' }, ...times, usage: { cpu: '1', memory: '100Mi' } },
  ];
  const silent = ['silent', ...Array(4).fill('<unknown>')];
  assert.deepEqual(nodeRows(nodes, metrics, { sortBy: undefined, capacity: false }), [
    ['a', '1000m', '50%', '100Mi', '2%'],
    ['b', '501m', '25%', '1024Mi', '25%'],
    silent,
  ]);
  assert.deepEqual(nodeRows(nodes, metrics, { sortBy: 'memory', capacity: true }), [
    ['b', '501m', '12%', '1024Mi', '12%'],
    ['a', '1000m', '25%', '100Mi', '1%'],
    silent,
  ]);
});

test('pods: sums of containers, containers by themselves, the most first, all together', () => {
  const pod = (namespace: string, name: string, ...cpus: string[]): PodMetrics => ({
    ...{ metadata: { namespace, name }, ...times },
    containers: cpus.map((cpu, index) => ({ name: `c${index}`, usage: { cpu, memory: '1536Ki' } })),
  });
  const pods = [pod('b', 'x', '100m', '250m'), pod('a', 'z', '900m'), pod('a', 'y', '0')];
  const rows = (more: Partial<Parameters<typeof podRows>[1]>) =>
    podRows(pods, { sortBy: undefined, containers: false, withNamespace: false, ...more });
  assert.deepEqual(rows({ withNamespace: true }), [
    ['a', 'y', '0m', '1Mi'],
    ['a', 'z', '900m', '1Mi'],
    ['b', 'x', '350m', '3Mi'],
  ]);
  assert.deepEqual(
    rows({ sortBy: 'cpu', containers: true }).map((row) => row.join(' ')),
    ['z c0 900m 1Mi', 'x c0 100m 1Mi', 'x c1 250m 1Mi', 'y c0 0m 1Mi'],
  );
  assert.deepEqual(sumOf(pods), ['1250m', '6Mi']);
});
