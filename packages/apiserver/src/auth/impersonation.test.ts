import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationAttributes } from './authorizer.js';
import { impersonate, impersonationIn } from './impersonation.js';

const request: AuthorizationAttributes = {
  user: { user: 'me', groups: [] },
  ...{ verb: 'list', group: '', resource: 'pods', subresource: '', namespace: 'n', name: '' },
};
const headers = (given: Record<string, string[]>) => impersonationIn(Object.keys(given), (name) => given[name] ?? []);
const only = (...allowed: string[]) => ({
  authorize: ({ verb, resource, name }: AuthorizationAttributes) => ({
    allowed: allowed.includes(`${verb} ${resource} ${name}`.trim()),
    reason: '',
  }),
});

test('no header, nobody else', () => {
  assert.equal(headers({ accept: ['x'] }), undefined);
});

test('groups without a user are refused', () => {
  assert.throws(() => headers({ 'impersonate-group': ['g'] }), /without impersonating a user name/);
});

test('the older right covers user and groups, each asked for', async () => {
  const wanted = headers({ 'impersonate-user': ['jane'], 'impersonate-group': ['devs'] })!;
  const both = only('impersonate users jane', 'impersonate groups devs');
  assert.deepEqual(await impersonate(wanted, request, both), {
    user: { user: 'jane', groups: ['devs', 'system:authenticated'] },
    constraint: undefined,
  });
  await assert.rejects(
    impersonate(wanted, request, only('impersonate users jane')),
    /cannot impersonate-on:user-info:list/,
  );
});

test('the constrained right is for one verb on one resource', async () => {
  const wanted = headers({ 'impersonate-user': ['jane'] })!;
  const constrained = only('impersonate-on:user-info:list pods', 'impersonate:user-info users jane');
  const { user, constraint } = await impersonate(wanted, request, constrained);
  assert.deepEqual([user.user, constraint], ['jane', 'impersonate:user-info']);
  await assert.rejects(impersonate(wanted, { ...request, verb: 'get' }, constrained), { reason: 'Forbidden' });
});

test('a service account comes with its groups', async () => {
  const wanted = headers({ 'impersonate-user': ['system:serviceaccount:ns:sa'] })!;
  const { user } = await impersonate(wanted, request, only('impersonate serviceaccounts sa'));
  assert.deepEqual(user.groups, ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated']);
});
