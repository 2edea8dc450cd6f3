import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationAttributes } from '../authorizer.js';
import { AbacAuthorizer } from './abac-authorizer.js';
import { abacPoliciesIn } from './abac-policies.js';

const line = (spec: object) =>
  JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec });
const asked = (more: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
  user: { user: 'alice', groups: ['devs', 'system:authenticated'] },
  ...{ verb: 'get', group: '', resource: 'pods', subresource: '', namespace: 'shop', name: 'a' },
  ...more,
});
const path = (nonResourcePath: string, verb = 'get') =>
  asked({ verb, resource: '', namespace: '', name: '', nonResourcePath });
const allows = (text: string, attributes: AuthorizationAttributes) =>
  new AbacAuthorizer(abacPoliciesIn(text, 'policy.jsonl')).authorize(attributes).allowed;

test('a line allows who and what it names', () => {
  const pods = line({ user: 'alice', namespace: 'shop', resource: 'pods', apiGroup: '' });
  assert.ok(allows(pods, asked()));
  assert.ok(allows(pods, asked({ verb: 'delete' })));
  assert.ok(!allows(pods, asked({ namespace: 'other' })));
  assert.ok(!allows(pods, asked({ group: 'apps' })));
  assert.ok(!allows(pods, asked({ user: { user: 'bob', groups: [] } })));
  assert.ok(!allows(pods, path('/version')));
  const readers = line({ group: 'devs', readonly: true, namespace: '*', resource: '*', apiGroup: '*' });
  assert.ok(allows(readers, asked({ verb: 'watch', group: 'apps' })));
  assert.ok(!allows(readers, asked({ verb: 'update' })));
  assert.ok(!allows(line({ namespace: '*', resource: '*', apiGroup: '*' }), asked()), 'nobody is named');
});

test('a star for who means all who are known', () => {
  const all = line({ user: '*', nonResourcePath: '/version' });
  assert.ok(allows(all, path('/version')));
  assert.ok(
    !allows(all, { ...path('/version'), user: { user: 'system:anonymous', groups: ['system:unauthenticated'] } }),
  );
  assert.ok(allows(line({ group: 'devs', nonResourcePath: '/apis*' }), path('/apis/apps')));
  assert.ok(!allows(line({ group: 'devs', nonResourcePath: '/apis' }), path('/apis/apps')));
});

test('in lines without a version what is left out means everything', () => {
  assert.ok(allows('{"user":"alice"}', asked({ group: 'apps', verb: 'create' })));
  assert.ok(allows('{"user":"alice"}', path('/version', 'post')));
  assert.ok(!allows('{"user":"alice","resource":"pods"}', path('/version')));
  assert.ok(allows('# a comment\n\n{"readonly":true}', asked()));
  assert.ok(!allows('{"readonly":true}', asked({ verb: 'create' })));
});

test('nothing that matches is no opinion', () => {
  const decision = new AbacAuthorizer([]).authorize(asked());
  assert.deepEqual(decision, { allowed: false, reason: 'No policy matched.' });
});

test('what is wrong with a file names the line and the field', () => {
  const refused = (text: string, message: string) =>
    assert.throws(() => abacPoliciesIn(text, 'policy.jsonl'), { message: `policy.jsonl, ${message}` });
  refused('#\n{', 'line 2: it is not JSON');
  refused('[]', 'line 1: it is not an object');
  refused(line({ user: 5 }), 'line 1: spec.user: it must be a string');
  refused(line({ readonly: 'yes' }), 'line 1: spec.readonly: it must be true or false');
  refused(line({ users: 'a' }), 'line 1: unknown field "spec.users"');
  refused('{"apiGroup":"x"}', 'line 1: unknown field "apiGroup"');
  refused(
    '{"apiVersion":"v1","kind":"Policy"}',
    'line 1: it must be a Policy of apiVersion abac.authorization.kubernetes.io/v1beta1, not v1, Policy',
  );
});
