import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { classify, inOrder, matcherOf } from './classification.js';
import { bootstrapSchemas } from './mandatory.js';

const matchers = inOrder(bootstrapSchemas()).map(matcherOf);

function asked(user: string, groups: string[], given: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes {
  const where = { group: '', resource: 'pods', subresource: '', namespace: 'default', name: '' };
  return { user: { user, groups: [...groups, 'system:authenticated'] }, verb: 'get', ...where, ...given };
}

const nameOf = (...given: Parameters<typeof asked>) => classify(matchers, asked(...given)).name;
const lease = { group: 'coordination.k8s.io', resource: 'leases' };
const path = (nonResourcePath: string) => ({ group: '', resource: '', namespace: '', nonResourcePath });

test('requests are of the first schema that matches', () => {
  assert.equal(nameOf('admin', ['system:masters']), 'exempt');
  assert.equal(nameOf('jane', [], path('/healthz')), 'probes');
  assert.equal(nameOf('jane', [], path('/healthz/etcd')), 'probes');
  assert.equal(nameOf('jane', [], path('/healthzy')), 'global-default');
  assert.equal(nameOf('system:kube-scheduler', [], { ...lease, verb: 'update' }), 'system-leader-election');
  assert.equal(nameOf('system:kube-scheduler', [], { ...lease, verb: 'watch' }), 'kube-scheduler');
  assert.equal(nameOf('system:kube-controller-manager', []), 'kube-controller-manager');
  const nodes = ['system:nodes'];
  assert.equal(nameOf('system:node:a', nodes, { ...lease, verb: 'update' }), 'system-node-high');
  const status = { resource: 'nodes', subresource: 'status', namespace: '', name: 'a', verb: 'patch' };
  assert.equal(nameOf('system:node:a', nodes, status), 'system-node-high');
  assert.equal(nameOf('system:node:a', nodes, { subresource: 'status', verb: 'patch' }), 'system-nodes');
  const accounts = ['system:serviceaccounts'];
  assert.equal(nameOf('system:serviceaccount:kube-system:x', accounts), 'kube-system-service-accounts');
  assert.equal(nameOf('system:serviceaccount:kube-systems:x', accounts), 'service-accounts');
  assert.equal(nameOf('jane', []), 'global-default');
  const nobody = { ...asked('x', []), user: { user: 'x', groups: [] } };
  assert.equal(classify(matchers, nobody).name, 'catch-all');
});

test('flows are told apart by user or namespace', () => {
  const flow = (...given: Parameters<typeof asked>) => classify(matchers, asked(...given)).flowOf(asked(...given));
  assert.equal(flow('jane', []), 'jane');
  assert.equal(flow('system:kube-scheduler', []), 'default');
  assert.equal(flow('admin', ['system:masters']), '');
});

test('of the same precedence the first name comes first; scope and subresources are part of a rule', () => {
  const schema = (name: string, rule: object): FlowSchema => ({
    metadata: { name },
    spec: {
      matchingPrecedence: 5,
      rules: [{ subjects: [{ kind: 'User', user: { name: '*' } }], ...rule }],
    },
  });
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
  const own = inOrder([
    schema('z', { resourceRules: [{ ...all, namespaces: ['*'], clusterScope: true }] }),
    schema('c', { resourceRules: [{ ...all, clusterScope: true }] }),
    schema('b', { resourceRules: [{ ...all, resources: ['pods/status'], namespaces: ['a'] }] }),
  ]).map(matcherOf);
  const name = (given: Partial<AuthorizationAttributes>) => classify(own, asked('u', [], given)).name;
  assert.deepEqual(
    own.map((it) => it.name),
    ['b', 'c', 'z'],
  );
  assert.equal(name({ namespace: '' }), 'c');
  assert.equal(name({ namespace: 'a', subresource: 'status' }), 'b');
  assert.equal(name({ namespace: 'a' }), 'z');
});
