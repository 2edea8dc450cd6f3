import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../field-errors.js';
import type { Ingress, IngressBackend, IngressClass, IngressClassSpec } from '../../gen/types.js';
import { ingress } from './ingress.js';
import { ingressClass } from './ingress-class.js';

const ofClass = (spec: IngressClassSpec): string[] => {
  const it = { metadata: { name: 'c' }, spec: { controller: 'a.io/c', ...spec } } as IngressClass;
  ingressClass.defaults(it);
  return ingressClass.validate(it).map(errorText);
};
const backend = (defaultBackend: IngressBackend, tls: object[] = []): string[] => {
  const it = { metadata: { name: 'i', namespace: 'n' }, spec: { defaultBackend, tls } } as Ingress;
  return ingress.validate(it).map((error) => errorText(error).replace('spec.defaultBackend', 'b'));
};

test('a class has a controller, and parameters of the cluster or of a namespace', () => {
  assert.deepEqual(ofClass({}), []);
  assert.match(ofClass({ controller: 'a' })[0] ?? '', /must be a domain-prefixed path/);
  const named = { kind: 'K', name: 'n' };
  assert.deepEqual(ofClass({ parameters: { ...named, namespace: 'x' } }), [
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ]);
  assert.deepEqual(ofClass({ parameters: { ...named, scope: 'Namespace' } }), [
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ]);
  assert.match(ofClass({ parameters: { kind: '../a', name: 'n' } })[0] ?? '', /kind: .*may not contain '\/'/);
});

test('a backend is a service with one port, or a resource', () => {
  assert.deepEqual(backend({ service: { name: 's', port: { number: 80 } } }), []);
  assert.deepEqual(backend({}), ['b: Invalid value: "": resource or service backend is required']);
  assert.deepEqual(backend({ service: { name: 's', port: { number: 80, name: 'p' } } }), [
    'b: Invalid value: "": cannot set both port name & port number',
  ]);
  assert.deepEqual(backend({ service: { name: 's' } }), ['b: Required value: port name or number is required']);
  const unsaid = { kind: '', name: 'a', apiGroup: null } as never;
  assert.deepEqual(backend({ resource: unsaid }), ['b.resource.kind: Required value']);
  const port = { service: { name: 's', port: { number: 80 } } };
  assert.equal(backend(port, [{ hosts: ['*.a.b', 'a_b'], secretName: 'a/b' }]).length, 2);
});
