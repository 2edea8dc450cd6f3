import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '@keelson/api';
import { ResourceCache } from '../storage/resource-cache.js';
import { StoredObject } from '../storage/stored-object.js';
import { NodeAuthorizer } from './node-authorizer.js';

const pods = new ResourceCache({ historyMax: 1 });
const spec = {
  nodeName: 'n1',
  containers: [{ name: 'c', env: [{ name: 'x', valueFrom: { secretKeyRef: { name: 'from-env', key: 'k' } } }] }],
  volumes: [{ name: 'v', secret: { secretName: 'from-volume' } }],
};
pods.put(new StoredObject('ns/p', 1, { metadata: { name: 'p', namespace: 'ns' }, spec } as KubeObject));
const authorizer = new NodeAuthorizer({ pods });

const may = (node: string, verb: string, resource: string, name = '', namespace = 'ns', group = '') => {
  const [plural = '', subresource = ''] = resource.split('/');
  const user = { user: `system:node:${node}`, groups: ['system:nodes'] };
  return authorizer.authorize({ user, verb, group, resource: plural, subresource, namespace, name }).allowed;
};

test('a node reads what its own pods refer to, and nothing else', () => {
  assert.ok(may('n1', 'get', 'secrets', 'from-volume'));
  assert.ok(may('n1', 'get', 'secrets', 'from-env'));
  assert.ok(!may('n1', 'get', 'secrets', 'other'));
  assert.ok(!may('n1', 'list', 'secrets'));
  assert.ok(!may('n2', 'get', 'secrets', 'from-volume'));
  assert.ok(!may('n1', 'update', 'secrets', 'from-volume'));
});

test('a node makes tokens for its own pods’ service accounts', () => {
  assert.ok(may('n1', 'create', 'serviceaccounts/token', 'default'));
  assert.ok(!may('n2', 'create', 'serviceaccounts/token', 'default'));
});

test('a node keeps its own lease', () => {
  const lease = (verb: string, name: string, namespace = 'kube-node-lease') =>
    may('n1', verb, 'leases', name, namespace, 'coordination.k8s.io');
  assert.ok(lease('update', 'n1'));
  assert.ok(!lease('update', 'n2'));
  assert.ok(!lease('get', 'n1', 'default'));
});

test('the rest is what the role system:node says, for nodes only', () => {
  assert.ok(may('n1', 'patch', 'nodes/status', 'n1', ''));
  assert.ok(!may('n1', 'create', 'deployments', '', 'ns', 'apps'));
  const user = { user: 'system:node:n1', groups: [] };
  const asked = { user, verb: 'get', group: '', resource: 'nodes', subresource: '', namespace: '', name: 'n1' };
  assert.ok(!authorizer.authorize(asked).allowed);
});
