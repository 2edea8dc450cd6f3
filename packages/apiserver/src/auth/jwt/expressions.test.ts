import assert from 'node:assert/strict';
import test from 'node:test';
import { compile } from './expressions.js';

test('expressions see the claims of a token and come to plain values', () => {
  const claims = { sub: 'alice', groups: ['a', 'b'], email: 'a@x', email_verified: true, exp: 2_000_000_000 };
  assert.equal(compile("'oidc:' + claims.sub", 'claims')(claims), 'oidc:alice');
  assert.deepEqual(compile("claims.groups.map(g, 'x:' + g)", 'claims')(claims), ['x:a', 'x:b']);
  assert.equal(compile('claims.?email_verified.orValue(false) == true', 'claims', 'bool')(claims), true);
  assert.equal(compile('claims.?nickname.orValue("none")', 'claims')(claims), 'none');
});

test('rules about users see what a user has', () => {
  const user = { username: 'system:x', groups: ['g'], extra: { 'a.b/c': ['d'] } };
  const rule = compile("!user.username.startsWith('system:') && user.groups.size() > 0", 'user', 'bool');
  assert.equal(rule(user), false);
  assert.equal(compile("user.extra['a.b/c'][0]", 'user')(user), 'd');
});

test('what does not compile, is no bool where one is wanted, or fails is an error in the words of the language', () => {
  assert.throws(
    () => compile('claim.sub', 'claims'),
    /compilation failed: ERROR: <input>:1:1: undeclared reference to 'claim'/,
  );
  assert.throws(() => compile('user.name', 'user'), /undefined field 'name'/);
  assert.throws(() => compile("'text'", 'claims', 'bool'), /^Error: must evaluate to bool$/);
  assert.throws(() => compile('claims.nope', 'claims')({}), /no such key: nope/);
});
