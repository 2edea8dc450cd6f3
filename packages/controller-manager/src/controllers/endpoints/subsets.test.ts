import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '@keelson/api';
import { subsetsOf } from './subsets.js';

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
