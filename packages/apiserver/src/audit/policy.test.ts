import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { readConfig } from '../config/config-file.js';
import { auditPolicy, policyOf } from './policy.js';

const policy = (rules: readonly object[], more: object = {}) =>
  readConfig(
    JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...more, rules }),
    'policy.yaml',
    auditPolicy,
  );

const user = { user: 'jane', groups: ['devs', 'system:authenticated'] };
const request = (more: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
  ...{ user, verb: 'get', group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'shop', name: 'a' },
  ...more,
});
const path = (nonResourcePath: string, more: Partial<AuthorizationAttributes> = {}) =>
  request({ resource: '', namespace: '', name: '', version: undefined, nonResourcePath, ...more });
const levelOf = (rule: object, asked: AuthorizationAttributes) =>
  policyOf(policy([{ level: 'Metadata', ...rule }]))(asked).level === 'Metadata';

test('the first rule that matches has the word, and without one nothing is recorded', () => {
  const decide = policyOf(
    policy([
      { level: 'None', users: ['system:kube-proxy'] },
      { level: 'Request', verbs: ['get'] },
      { level: 'Metadata', users: ['jane'] },
    ]),
  );
  assert.equal(decide(request()).level, 'Request');
  assert.equal(decide(request({ verb: 'list' })).level, 'Metadata');
  assert.equal(decide(request({ user: { user: 'system:kube-proxy', groups: [] } })).level, 'None');
  assert.equal(decide(request({ verb: 'list', user: { user: 'tom', groups: [] } })).level, 'None');
});

test('users, groups and verbs are all demanded', () => {
  const rule = { users: ['jane', 'tom'], userGroups: ['devs'], verbs: ['get', 'list'] };
  assert.ok(levelOf(rule, request()));
  assert.ok(!levelOf(rule, request({ user: { user: 'ann', groups: ['devs'] } })));
  assert.ok(!levelOf(rule, request({ user: { user: 'tom', groups: ['ops'] } })));
  assert.ok(!levelOf(rule, request({ verb: 'watch' })));
  assert.ok(!levelOf({ userGroups: ['devs'] }, request({ user: { user: '', groups: [] } })));
});

test('resources are named with their subresources and by wildcards', () => {
  const asks = (resources: readonly string[], resource: string, subresource = '') =>
    levelOf({ resources: [{ group: '', resources }] }, request({ resource, subresource }));
  const expected: [resources: string[], resource: string, subresource: string, matches: boolean][] = [
    [['pods'], 'pods', '', true],
    [['pods'], 'pods', 'log', false],
    [['pods/log'], 'pods', 'log', true],
    [['pods/log'], 'pods', '', false],
    [['pods/*'], 'pods', 'exec', true],
    [['pods/*'], 'pods', '', true],
    [['pods/*'], 'services', 'status', false],
    [['*/scale'], 'deployments', 'scale', true],
    [['*/scale'], 'deployments', '', false],
    [['*'], 'secrets', '', true],
    [['*'], 'pods', 'log', true],
    [[], 'anything', 'status', true],
    [['secrets', 'pods/exec'], 'pods', 'exec', true],
  ];
  for (const [resources, resource, subresource, matches] of expected)
    assert.equal(asks(resources, resource, subresource), matches, `${resources} ${resource}/${subresource}`);
});

test('groups, names and namespaces of resources', () => {
  const apps = { resources: [{ group: 'apps', resources: ['deployments'], resourceNames: ['web'] }] };
  const deployment = request({ group: 'apps', resource: 'deployments', name: 'web' });
  assert.ok(levelOf(apps, deployment));
  assert.ok(!levelOf(apps, { ...deployment, name: 'db' }));
  assert.ok(!levelOf(apps, { ...deployment, group: 'batch' }));
  assert.ok(levelOf({ resources: [{ group: '*' }] }, deployment));
  assert.ok(!levelOf({ resources: [{}] }, deployment));
  assert.ok(levelOf({ namespaces: ['shop'] }, request()));
  assert.ok(!levelOf({ namespaces: ['kube-system'] }, request()));
  assert.ok(levelOf({ namespaces: [''] }, request({ resource: 'nodes', namespace: '' })));
  assert.ok(!levelOf({ namespaces: ['shop'] }, path('/version')));
  assert.ok(!levelOf({ resources: [{ group: '' }] }, path('/version')));
});

test('paths that are no resources', () => {
  assert.ok(levelOf({ nonResourceURLs: ['/metrics'] }, path('/metrics')));
  assert.ok(!levelOf({ nonResourceURLs: ['/metrics'] }, path('/metrics/x')));
  assert.ok(levelOf({ nonResourceURLs: ['/healthz*'] }, path('/healthz/etcd')));
  assert.ok(levelOf({ nonResourceURLs: ['*'] }, path('/x')));
  assert.ok(!levelOf({ nonResourceURLs: ['*'] }, request()));
  assert.ok(levelOf({}, path('/x')));
});

test('stages that are left out come together; managed fields are the rule’s to say', () => {
  const decide = policyOf(
    policy(
      [
        { level: 'Request', verbs: ['get'], omitStages: ['ResponseStarted'], omitManagedFields: false },
        { level: 'Request' },
      ],
      { omitStages: ['RequestReceived'], omitManagedFields: true },
    ),
  );
  const [first, second] = [decide(request()), decide(request({ verb: 'list' }))];
  assert.deepEqual([...first.omitStages].sort(), ['RequestReceived', 'ResponseStarted']);
  assert.deepEqual([...second.omitStages], ['RequestReceived']);
  assert.deepEqual([first.omitManagedFields, second.omitManagedFields], [false, true]);
});

test('what is wrong with a policy names the field', () => {
  const refused = (rules: readonly object[], more: object = {}) => {
    try {
      policy(rules, more);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.match(refused([]), /^policy.yaml: rules: Required value/);
  assert.match(refused([{}]), /rules\[0\]\.level: Required value/);
  assert.match(refused([{ level: 'All' }]), /rules\[0\]\.level: Unsupported value: "All": supported values: "None", /);
  assert.match(refused([{ level: 'None', omitStages: ['End'] }]), /rules\[0\]\.omitStages\[0\]: Invalid value: "End"/);
  assert.match(refused([{ level: 'None' }], { omitStages: ['End'] }), /: omitStages\[0\]: Invalid value/);
  assert.match(refused([{ level: 'None', nonResourceURLs: ['x'] }]), /nonResourceURLs\[0\].*must begin with a '\/'/);
  assert.match(refused([{ level: 'None', nonResourceURLs: ['/*/x'] }]), /nonResourceURLs\[0\].*final character/);
  assert.match(
    refused([{ level: 'None', nonResourceURLs: ['/x'], namespaces: ['a'] }]),
    /nonResourceURLs: .*both regular resources and non-resource URLs/,
  );
  assert.match(refused([{ level: 'None', resources: [{ group: 'a/v1' }] }]), /resources\[0\]\.group: Invalid value/);
  assert.match(
    refused([{ level: 'None', resources: [{ resourceNames: ['a'] }] }]),
    /resources\[0\]\.resourceNames: .*requires at least one resource/,
  );
  assert.match(refused([{ level: 'None', user: ['a'] }]), /unknown field "rules\[0\]\.user"/);
  assert.match(refused([{ level: 'None' }], { apiVersion: 'audit.k8s.io/v1beta1' }), /apiVersion audit.k8s.io\/v1/);
});
