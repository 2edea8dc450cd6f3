import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { Service, ServiceSpec } from '../../gen/types.js';
import { deepClone } from '../../object.js';
import { service } from './service.js';

function given(spec: ServiceSpec): Service {
  const it: Service = { metadata: { name: 's', namespace: 'n', resourceVersion: '1' }, spec };
  service.defaults(it);
  service.strategy.prepareForCreate(it);
  return it;
}

const problems = (spec: ServiceSpec): string[] => service.validate(given(spec)).map(errorText);

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
  assert.deepEqual(problems({ clusterIP: 'None' }), []);
  assert.deepEqual(problems({ ports: [{ port: 1 }, { port: 2 }] }), [
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ]);
  const twice = [
    { port: 1, name: 'a' },
    { port: 1, name: 'b' },
  ];
  assert.match(problems({ ports: twice })[0] ?? '', /^spec.ports\[1\]: Duplicate value: /);
});

test('an update without an address keeps the one it has; another type drops it', () => {
  const old = given({ ports: [{ port: 80 }] });
  Object.assign(old.spec ?? {}, {
    clusterIP: '10.0.0.1',
    clusterIPs: ['10.0.0.1'],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
  });
  const next = deepClone(old);
  delete next.spec?.clusterIP;
  delete next.spec?.clusterIPs;
  service.strategy.prepareForUpdate(next, old);
  assert.equal(next.spec?.clusterIP, '10.0.0.1');
  const external = deepClone(old);
  Object.assign(external.spec ?? {}, { type: 'ExternalName', externalName: 'a.b' });
  service.strategy.prepareForUpdate(external, old);
  assert.deepEqual([external.spec?.clusterIP, external.spec?.ipFamilies], [undefined, undefined]);
});

test('an address that is there stays', () => {
  const old = given({ ports: [{ port: 80 }], clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] });
  const next = deepClone(old);
  Object.assign(next.spec ?? {}, { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] });
  assert.deepEqual(service.validateUpdate(next, old).map(errorText), [
    'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
  ]);
});
