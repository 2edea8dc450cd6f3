import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingRules, ruleAllows, ruleText } from './rules.js';

const wants = (verb: string, resource: string, name = '', group = '') => {
  const [plural = '', subresource = ''] = resource.split('/');
  return { verb, group, resource: plural, subresource, name };
};
const path = (nonResourcePath: string) => ({ ...wants('get', ''), nonResourcePath });

test('a rule allows its verbs on its resources, and subresources only by name', () => {
  const rule = { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get'] };
  assert.ok(ruleAllows(rule, wants('get', 'pods')));
  assert.ok(ruleAllows(rule, wants('get', 'pods/log')));
  assert.ok(!ruleAllows(rule, wants('get', 'pods/exec')));
  assert.ok(!ruleAllows(rule, wants('list', 'pods')));
  assert.ok(!ruleAllows(rule, wants('get', 'pods', '', 'apps')));
});

test('stars and star with a subresource', () => {
  const all = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
  assert.ok(ruleAllows(all, wants('delete', 'pods/status', 'x', 'apps')));
  assert.ok(!ruleAllows(all, path('/metrics')));
  const scale = { apiGroups: ['*'], resources: ['*/scale'], verbs: ['get'] };
  assert.ok(ruleAllows(scale, wants('get', 'deployments/scale', 'x', 'apps')));
  assert.ok(!ruleAllows(scale, wants('get', 'deployments', 'x', 'apps')));
});

test('resource names leave out what has no name', () => {
  const rule = { apiGroups: [''], resources: ['secrets'], resourceNames: ['a'], verbs: ['*'] };
  assert.ok(ruleAllows(rule, wants('get', 'secrets', 'a')));
  assert.ok(!ruleAllows(rule, wants('get', 'secrets', 'b')));
  assert.ok(!ruleAllows(rule, wants('list', 'secrets')));
});

test('paths match whole, or below a star', () => {
  const rule = { nonResourceURLs: ['/healthz', '/api/*'], verbs: ['get'] };
  assert.ok(ruleAllows(rule, path('/healthz')));
  assert.ok(!ruleAllows(rule, path('/healthz/ping')));
  assert.ok(ruleAllows(rule, path('/api/v1')));
  assert.ok(!ruleAllows(rule, path('/api')));
});

test('what is granted beyond what is held is named, verbs together', () => {
  const owned = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
  const wanted = [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list', 'watch'] }];
  assert.deepEqual(missingRules(owned, wanted).map(ruleText), [
    '{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}',
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "watch"]}',
  ]);
  assert.deepEqual(missingRules([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }], wanted), []);
  const oneName = [{ apiGroups: [''], resources: ['pods'], resourceNames: ['a'], verbs: ['get'] }];
  assert.equal(missingRules(oneName, [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]).length, 1);
});
