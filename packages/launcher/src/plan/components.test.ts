import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AUTHORITIES } from '../pki/certificates.js';
import { certificatePlan, planComponents, podCidr } from './components.js';
import { type ClusterOptions, DEFAULTS, defaultClusterCidr } from './options.js';

const options: ClusterOptions = {
  ...DEFAULTS,
  dataDir: '/data',
  disable: [],
  clusterCidr: defaultClusterCidr(DEFAULTS.portBase),
  logLevel: 'info',
};

test('a default cluster is three stores, one of each other part, and two nodes', () => {
  const names = planComponents(options).map((it) => it.name);
  assert.deepEqual(names, [
    ...['store-0', 'store-1', 'store-2', 'apiserver', 'controller-manager', 'scheduler', 'metrics-server'],
    ...['runtime-node-0', 'kubelet-node-0', 'runtime-node-1', 'kubelet-node-1'],
  ]);
});

test('no two processes share an address, whatever is asked for, and each has its certificate', () => {
  const counts = {
    stores: fc.integer({ min: 1, max: 9 }),
    apiservers: fc.integer({ min: 1, max: 5 }),
    nodes: fc.nat(50),
  };
  fc.assert(
    fc.property(
      fc.record(counts, { noNullPrototype: true }),
      fc.integer({ min: 1024, max: 60_000 }),
      (chosen, portBase) => {
        const asked = { ...options, ...chosen, portBase, clusterCidr: defaultClusterCidr(portBase) };
        const specs = planComponents(asked);
        const addresses = specs
          .flatMap((it) => [it.clientUrl, it.peerUrl, it.restUrl, it.grpcUrl, it.socket])
          .flatMap((it) => (it === undefined ? [] : [it.replace(/^https:\/\//, '')]));
        assert.equal(new Set(addresses).size, addresses.length);
        const plan = certificatePlan(asked);
        const certificates = specs.flatMap((it) =>
          it.args.filter((arg) => arg.endsWith('.crt')).map((arg) => arg.replace(/^\/data\/pki\/|\.crt$/g, '')),
        );
        for (const name of certificates) assert.ok(plan.has(name) || name in AUTHORITIES, `no certificate for ${name}`);
      },
    ),
  );
});

test('disabled parts are left out', () => {
  const disable = ['scheduler', 'controller-manager', 'metrics-server'];
  const roles: string[] = planComponents({ ...options, disable }).map((it) => it.role);
  assert.deepEqual(
    disable.filter((it) => roles.includes(it)),
    [],
  );
});

test('a cluster without nodes has no metrics server', () => {
  assert.ok(!planComponents({ ...options, nodes: 0 }).some(({ role }) => role === 'metrics-server'));
});

test('clusters whose ports do not meet have pod addresses that do not meet', () => {
  const cidrs = Array.from({ length: 200 }, (_, index) => defaultClusterCidr(6443 + 128 * index));
  assert.equal(new Set(cidrs).size, cidrs.length);
});

test('each node has a part of the cluster’s addresses, and too many nodes are refused', () => {
  assert.equal(podCidr('127.64.0.0/18', 0), '127.64.1.0/24');
  assert.equal(podCidr('10.244.0.0/16', 7), '10.244.8.0/24');
  assert.throws(() => podCidr('127.64.0.0/18', 63), /has no room for 64 nodes/);
});
