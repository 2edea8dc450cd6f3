import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isApiError, type Service, type ServiceSpec } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import type { ResourceCache } from '../../storage/resource-cache.js';
import { parseAddressRanges } from './range.js';
import { serviceRules } from './service-rules.js';

const user = { user: 'u', groups: [] };

function cluster(clusterIpRange = '10.96.0.0/28') {
  const stored: Service[] = [];
  const cache = { list: () => stored.map((object) => ({ object })) } as unknown as ResourceCache;
  const options = { clusterIpRange, nodePorts: { first: 30000, last: 30003 } };
  const rules = serviceRules(options, { services: () => cache, random: seededRandom(1) });
  const write = (spec: ServiceSpec, old?: Service, dryRun = false): Service => {
    const it: Service = { metadata: { name: 's', namespace: 'n' }, spec };
    rules.allocate?.(it, old, { user, dryRun });
    return it;
  };
  const create = (spec: ServiceSpec): Service => {
    const made = write({ type: 'ClusterIP', ...spec });
    stored.push(made);
    return made;
  };
  return { create, write, rules };
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(isApiError(error));
    return error.message;
  }
  return '';
}

test('every address of a range is given once, and its ends never', () => {
  const { create, write } = cluster();
  const given = new Set(Array.from({ length: 14 }, () => create({}).spec?.clusterIP));
  assert.equal(given.size, 14);
  assert.ok(!given.has('10.96.0.0') && !given.has('10.96.0.15'));
  assert.match(
    refusal(() => create({})),
    /failed to allocate a serviceIP: range is full/,
  );
  const taken = refusal(() => write({ type: 'ClusterIP', clusterIP: '10.96.0.3' }));
  assert.match(taken, /spec.clusterIPs: Invalid value: \["10.96.0.3"\]: .*: provided IP is already allocated$/);
  assert.match(
    refusal(() => write({ type: 'ClusterIP', clusterIP: '10.97.0.3' })),
    /does not match the current range$/,
  );
  assert.match(
    refusal(() => write({ type: 'ClusterIP', clusterIP: '10.96.0.15' })),
    /is not in the valid range/,
  );
});

test('a cluster of one family gives one, of two as the policy says', () => {
  const one = cluster();
  const lone = one.create({ ipFamilyPolicy: 'PreferDualStack' }).spec;
  assert.deepEqual([lone?.ipFamilies, lone?.clusterIPs?.length], [['IPv4'], 1]);
  const asked = refusal(() => one.create({ ipFamilyPolicy: 'RequireDualStack' }));
  assert.match(asked, /spec.ipFamilyPolicy: .* this cluster is not configured for dual-stack services$/);
  assert.match(
    refusal(() => one.create({ ipFamilies: ['IPv6'] })),
    /spec.ipFamilies\[0\]: .* not configured on this/,
  );
  const two = cluster('fd00::/112,10.96.0.0/28');
  assert.deepEqual(two.create({}).spec?.ipFamilies, ['IPv6']);
  for (const ipFamilyPolicy of ['PreferDualStack', 'RequireDualStack']) {
    const { ipFamilies, clusterIPs = [], clusterIP } = two.create({ ipFamilyPolicy }).spec ?? {};
    assert.deepEqual(ipFamilies, ['IPv6', 'IPv4']);
    assert.match(clusterIPs.join(), /^fd00::[0-9a-f]+,10\.96\.0\.\d+$/);
    assert.equal(clusterIP, clusterIPs[0]);
  }
  const both = refusal(() => two.create({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'SingleStack' }));
  assert.match(both, /must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified$/);
});

test('whoever makes endpoints by hand may have both families anywhere', () => {
  const { create } = cluster();
  const { ipFamilies, ipFamilyPolicy, clusterIPs } = create({ clusterIP: 'None' }).spec ?? {};
  assert.deepEqual([ipFamilies, ipFamilyPolicy, clusterIPs], [['IPv4', 'IPv6'], 'RequireDualStack', ['None']]);
  assert.deepEqual(create({ clusterIP: 'None', selector: { a: 'b' } }).spec?.ipFamilies, ['IPv4']);
});

test('an update keeps what was given, gains a family and loses it', () => {
  const { create, write, rules } = cluster('10.96.0.0/28,fd00::/112');
  const old = create({ ports: [{ port: 80, name: 'a' }] });
  const kept = write({ type: 'ClusterIP', ports: [{ port: 81, name: 'a' }] }, old);
  assert.deepEqual(kept.spec?.clusterIPs, old.spec?.clusterIPs);
  const grown = write({ ...structuredClone(old.spec), ipFamilyPolicy: 'PreferDualStack' }, old);
  assert.deepEqual(grown.spec?.ipFamilies, ['IPv4', 'IPv6']);
  assert.equal(grown.spec?.clusterIPs?.length, 2);
  const claims = rules.claims?.(grown, old);
  assert.deepEqual(claims, { acquire: [`/registry/ranges/serviceips/${grown.spec?.clusterIPs?.[1]}`], release: [] });
  const shrunk = write({ ...structuredClone(grown.spec), ipFamilyPolicy: 'SingleStack' }, grown);
  assert.deepEqual([shrunk.spec?.clusterIPs, shrunk.spec?.ipFamilies], [old.spec?.clusterIPs, ['IPv4']]);
  const less = { ...structuredClone(grown.spec), ipFamilies: ['IPv4'] };
  assert.match(
    refusal(() => write(less, grown)),
    /must be 'SingleStack' to release the secondary IP family$/,
  );
});

test('node ports are given once, shared by the protocols of one port, and kept by name', () => {
  const { create, write } = cluster();
  const dns = [
    { port: 53, protocol: 'UDP', name: 'u' },
    { port: 53, protocol: 'TCP', name: 't' },
  ];
  const old = create({ type: 'NodePort', ports: structuredClone(dns) });
  const [first, second] = old.spec?.ports ?? [];
  assert.equal(first?.nodePort, second?.nodePort);
  const next = write({ type: 'NodePort', ports: [{ port: 54, name: 'u' }] }, old);
  assert.equal(next.spec?.ports?.[0]?.nodePort, first?.nodePort);
  const again = { type: 'NodePort', ports: [{ port: 1, nodePort: first?.nodePort }] };
  assert.match(
    refusal(() => write(again)),
    /spec.ports\[0\].nodePort: .* provided port is already allocated$/,
  );
  const outside = { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] };
  assert.match(
    refusal(() => write(outside)),
    /not in the valid range. The range of valid ports is 30000-30003$/,
  );
  const twice = { port: 1, nodePort: 30001 };
  const both = { type: 'NodePort', ports: [twice, { ...twice, port: 2 }] };
  assert.equal(
    refusal(() => write(structuredClone(both), old)),
    'duplicate nodePort: { 30001}',
  );
});

test('a load balancer may do without node ports, but not without its health check', () => {
  const { create, write, rules } = cluster();
  const spec = { type: 'LoadBalancer', ports: [{ port: 80 }], allocateLoadBalancerNodePorts: false };
  assert.equal(create(structuredClone(spec)).spec?.ports?.[0]?.nodePort, undefined);
  const local = create({ ...structuredClone(spec), externalTrafficPolicy: 'Local' });
  assert.ok((local.spec?.healthCheckNodePort ?? 0) >= 30000);
  assert.ok(
    rules.claims?.(local, undefined).acquire.some((key) => key.endsWith(`/${local.spec?.healthCheckNodePort}`)),
  );
  const taken = { ...spec, externalTrafficPolicy: 'Local', healthCheckNodePort: local.spec?.healthCheckNodePort };
  assert.match(
    refusal(() => write(taken)),
    /failed to allocate requested HealthCheck NodePort \d+: provided port is/,
  );
});

test('a dry run makes ports up and takes none', () => {
  const { write } = cluster();
  const spec = { type: 'NodePort', ports: [{ port: 1 }, { port: 2 }] };
  const ports = write(spec, undefined, true).spec?.ports?.map((port) => port.nodePort);
  assert.deepEqual(ports, [32769, 32770]);
  assert.equal(write({ type: 'NodePort', ports: [{ port: 1, nodePort: 7 }] }, undefined, true).spec?.type, 'NodePort');
});

test('a range has room and is of its own family', () => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/31',
    'fd00::/127',
    'a/8',
    '10.0.0.0/8,10.1.0.0/16',
    '10.0.0.0/8,,fd00::/64',
  ])
    assert.throws(() => parseAddressRanges(text), /range/, text);
  assert.deepEqual(
    parseAddressRanges('10.1.2.3/16, fd00::/64').map((range) => [range.text, range.family, range.at(1)]),
    [
      ['10.1.0.0/16', 'IPv4', '10.1.0.1'],
      ['fd00::/64', 'IPv6', 'fd00::1'],
    ],
  );
});
