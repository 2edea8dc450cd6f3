import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaticTokens } from './static-tokens.js';

test('a line is a token, a user, a uid and groups', async () => {
  const tokens = new StaticTokens('t1,ann,7,"devs,ops"\n\n"t,2","b ""x""",\n t3,c,9,\n');
  assert.deepEqual(await tokens.authenticate('t1'), { user: { user: 'ann', uid: '7', groups: ['devs', 'ops'] } });
  assert.deepEqual(await tokens.authenticate('t,2'), { user: { user: 'b "x"', uid: '', groups: [] } });
  assert.equal(await tokens.authenticate('t'), undefined);
  assert.equal(await tokens.authenticate(''), undefined);
});

test('a line that is wrong is named', () => {
  assert.throws(() => new StaticTokens('t1,ann,7\nt2,bob'), /line 2: three columns are needed .* found 2/);
  assert.throws(() => new StaticTokens(',ann,7'), /line 1: the token is empty/);
  assert.throws(() => new StaticTokens('a,ann,7\na,bob,8'), /line 2: the same token stands above/);
  assert.throws(() => StaticTokens.fromFile('/nowhere/t.csv'), /--token-auth-file: \/nowhere\/t.csv: ENOENT/);
});
