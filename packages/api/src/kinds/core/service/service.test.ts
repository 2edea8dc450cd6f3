import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../../field-errors.js';
import type { Service, ServiceSpec } from '../../../gen/types.js';
import { deepClone } from '../../../object.js';
import { service } from './service.js';

function given(spec: ServiceSpec): Service {
  const it: Service = { metadata: { name: 's', namespace: 'n', resourceVersion: '1' }, spec };
  service.defaults(it);
  service.strategy.prepareForCreate(it);
  return it;
}

const problems = (spec: ServiceSpec): string[] => service.validate(given(spec)).map(errorText);
const headless: ServiceSpec = { clusterIP: 'None', clusterIPs: ['None'] };
const ported: ServiceSpec = { ports: [{ port: 80 }] };

/** What an update of one service by another says. */
function changed(before: ServiceSpec, after: ServiceSpec): { errors: string[]; spec: ServiceSpec } {
  const [old, next] = [given(before), given(deepClone(after))];
  service.strategy.prepareForUpdate(next, old);
  return { errors: service.validateUpdate(next, old).map(errorText), spec: next.spec ?? {} };
}

test('a port is TCP and targets itself unless told', () => {
  const { spec, status } = given({ ports: [{ port: 80 }] });
  assert.deepEqual(spec, {
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
  });
  assert.deepEqual(status, { loadBalancer: {} });
});

test('ports are needed, named when many, and different', () => {
  assert.deepEqual(problems({}), ['spec.ports: Required value']);
  assert.deepEqual(problems(headless), []);
  assert.deepEqual(problems({ ports: [{ port: 1 }, { port: 2 }] }), [
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ]);
  const twice = [
    { port: 1, name: 'a' },
    { port: 1, name: 'b' },
  ];
  assert.match(problems({ ports: twice })[0] ?? '', /^spec.ports\[1\]: Duplicate value: /);
  const nodePorts = twice.map((port, index) => ({ ...port, port: index + 1, nodePort: 30000 }));
  assert.deepEqual(problems({ type: 'NodePort', ports: nodePorts }), [
    'spec.ports[1].nodePort: Duplicate value: 30000',
  ]);
});

test('fields that only one type has a use for are refused for the others', () => {
  const forbidden = "Forbidden: may only be used when `type` is 'LoadBalancer'";
  const own: readonly [ServiceSpec, string][] = [
    [{ loadBalancerSourceRanges: ['10.0.0.0/8'] }, `spec.LoadBalancerSourceRanges: ${forbidden}`],
    [{ allocateLoadBalancerNodePorts: false }, `spec.allocateLoadBalancerNodePorts: ${forbidden}`],
    [{ loadBalancerClass: 'a.io/b' }, `spec.loadBalancerClass: ${forbidden}`],
  ];
  for (const [fields, text] of own) {
    for (const type of ['ClusterIP', 'NodePort']) assert.deepEqual(problems({ ...ported, type, ...fields }), [text]);
    assert.deepEqual(problems({ type: 'ExternalName', externalName: 'a', ...fields }), [text]);
    assert.deepEqual(problems({ ...ported, type: 'LoadBalancer', ...fields }), []);
  }
  const policy = { ...ported, externalTrafficPolicy: 'Local' };
  assert.match(problems(policy)[0] ?? '', /may only be set for externally-accessible services$/);
  assert.deepEqual(problems({ ...policy, externalIPs: ['1.2.3.4'] }), []);
  assert.deepEqual(problems({ ...policy, type: 'LoadBalancer' }), ['spec.healthCheckNodePort: Required value']);
  assert.deepEqual(problems({ ...policy, type: 'LoadBalancer', healthCheckNodePort: 30001 }), []);
});

test('addresses, their families and their policy go together', () => {
  const ips = (clusterIPs: string[], ipFamilies: string[] = []) =>
    problems({ ...ported, clusterIP: clusterIPs[0] ?? '', clusterIPs, ipFamilies });
  assert.deepEqual(ips(['10.0.0.1', 'fd00::1'], ['IPv4', 'IPv6']), []);
  assert.deepEqual(ips(['10.0.0.1'], ['IPv6']), [
    'spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
  ]);
  assert.deepEqual(ips(['10.0.0.1', '10.0.0.2']), [
    'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
  ]);
  assert.deepEqual(ips(['None', '10.0.0.2']), [
    `spec.clusterIPs: Invalid value: ["None","10.0.0.2"]: 'None' must be the first and only value`,
  ]);
  assert.deepEqual(ips([], ['IPv5', 'IPv4', 'IPv4']), [
    'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
    'spec.ipFamilies[2]: Duplicate value: "IPv4"',
  ]);
  assert.deepEqual(problems({ ...ported, clusterIPs: ['10.0.0.1'] }), [
    'spec.clusterIPs: Invalid value: ["10.0.0.1"]: must be empty when `clusterIP` is not specified',
  ]);
});

test('another type drops what was given for the old one, but not what its writer changed', () => {
  const before: ServiceSpec = {
    ...ported,
    type: 'LoadBalancer',
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 30001,
    loadBalancerClass: 'a.io/b',
  };
  const { errors, spec } = changed(before, { ...given(before).spec, type: 'ExternalName', externalName: 'a.b' });
  assert.deepEqual(errors, []);
  assert.deepEqual(Object.keys(spec).sort(), [
    ...['externalName', 'internalTrafficPolicy', 'ports', 'sessionAffinity', 'type'],
  ]);
  const plain = changed(before, { ...given(before).spec, type: 'ClusterIP', loadBalancerClass: 'a.io/c' });
  assert.deepEqual(plain.errors, [
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ]);
  assert.equal(plain.spec.healthCheckNodePort, undefined);
});

test('the first address stays; the second one goes only with its family', () => {
  const one: ServiceSpec = { ...ported, clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] };
  const other: ServiceSpec = { ...one, clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] };
  assert.deepEqual(changed(one, other).errors, [
    'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  ]);
  const two: ServiceSpec = {
    ...one,
    clusterIPs: ['10.0.0.1', 'fd00::1'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'PreferDualStack',
  };
  assert.deepEqual(changed(one, two).errors, []);
  assert.deepEqual(changed(two, { ...one, ipFamilyPolicy: 'SingleStack' }).errors, []);
  assert.deepEqual(changed(two, { ...one, ipFamilyPolicy: 'PreferDualStack' }).errors, [
    `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary clusterIP`,
    `spec.ipFamilyPolicy: Invalid value: "PreferDualStack": must be set to 'SingleStack' when releasing the secondary ipFamily`,
  ]);
});

test('a status has addresses of a load balancer only, and warns of odd ones', () => {
  const old = given({ ...ported, type: 'LoadBalancer' });
  const next = deepClone(old);
  next.status = {
    loadBalancer: {
      ingress: [
        { ip: '010.0.0.1', ipMode: 'VIP' },
        { ip: 'FD00::1', ipMode: 'No' },
      ],
    },
  };
  assert.deepEqual(service.validateStatusUpdate(next, old).map(errorText), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
    'status.loadBalancer.ingress[1].ipMode: Unsupported value: "No": supported values: "Proxy", "VIP"',
  ]);
  assert.match(service.strategy.statusWarnings(next, old).join(), /use "10.0.0.1".*canonical format \("fd00::1"\)/);
  const plain = given(ported);
  assert.deepEqual(service.validateStatusUpdate({ ...plain, status: next.status }, plain).map(errorText), [
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ]);
});
