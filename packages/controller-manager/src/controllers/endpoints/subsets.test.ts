import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '@keelson/api';
import { subsetsOf, truncated } from './subsets.js';

function endpoint(ip: string, ready: boolean, terminating: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready, serving: ready, terminating }, targetRef: { kind: 'Pod', name: ip } };
}

const ports = [{ name: '', port: 80, protocol: 'TCP' }];

test('ready addresses and those that wait stand apart, and a pod on its way out in neither', () => {
  const endpoints = [
    endpoint('10.0.0.1', true, false),
    endpoint('10.0.0.2', false, false),
    endpoint('10.0.0.3', false, true),
  ];
  const [subset, ...others] = subsetsOf([{ ports, endpoints }]);
  assert.deepEqual(
    subset?.addresses?.map((it) => it.ip),
    ['10.0.0.1'],
  );
  assert.deepEqual(
    subset?.notReadyAddresses?.map((it) => it.ip),
    ['10.0.0.2'],
  );
  assert.deepEqual(subset?.ports, [{ port: 80, protocol: 'TCP' }]);
  assert.deepEqual(others, []);
});

test('a group of which nothing is left makes no subset', () => {
  assert.deepEqual(subsetsOf([{ ports, endpoints: [endpoint('10.0.0.3', false, true)] }]), []);
  assert.deepEqual(subsetsOf([]), []);
});

test('of too many addresses those that are ready stay, each subset its share', () => {
  const addresses = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => ({ ip: `10.0.0.${from + at}` }));
  const counts = (max: number, ...sizes: [number, number][]) =>
    truncated(
      sizes.map(([ready, waiting]) => ({ addresses: addresses(ready), notReadyAddresses: addresses(waiting) })),
      max,
    )?.map((it) => [it.addresses?.length ?? 0, it.notReadyAddresses?.length ?? 0]);
  assert.equal(counts(10, [5, 5]), undefined);
  assert.deepEqual(counts(10, [6, 6]), [[6, 4]]);
  assert.deepEqual(counts(10, [12, 6]), [[10, 0]]);
  assert.deepEqual(counts(10, [10, 3], [10, 3]), [
    [5, 0],
    [5, 0],
  ]);
  // Shares are rounded up, so that the last subset has what is left.
  assert.deepEqual(counts(10, [7, 0], [7, 0], [7, 0]), [
    [4, 0],
    [4, 0],
    [2, 0],
  ]);
  assert.deepEqual(counts(10, [4, 8], [4, 8]), [
    [4, 1],
    [4, 1],
  ]);
});
