import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TokenAuthenticator, Tokens } from './token-authenticator.js';

const knows = (token: string, audiences?: string[]): TokenAuthenticator => ({
  authenticate: async (given) =>
    given === token ? { user: { user: token, groups: [] }, ...(audiences ? { audiences } : {}) } : undefined,
});
const fails = (message: string): TokenAuthenticator => ({ authenticate: () => Promise.reject(new Error(message)) });
const tokens = (...all: TokenAuthenticator[]) => new Tokens({ apiAudiences: ['api'] }, () => all);

test('the first that knows a token answers, whatever went wrong before', async () => {
  assert.equal((await tokens(fails('x'), knows('a'), knows('b')).authenticate('b')).user.user, 'b');
});

test('a token that knows no audiences is for the API alone', async () => {
  assert.deepEqual((await tokens(knows('a')).authenticate('a', ['other', 'api'])).audiences, ['api']);
  await assert.rejects(tokens(knows('a')).authenticate('a', ['other']), /^TokenRefused: invalid bearer token$/);
  assert.deepEqual((await tokens(knows('a', ['other'])).authenticate('a', ['other'])).audiences, ['other']);
});

test('a refusal says once what each said', async () => {
  await assert.rejects(tokens(knows('a')).authenticate('b'), { message: 'invalid bearer token' });
  const message = '[invalid bearer token, expired, other]';
  await assert.rejects(tokens(fails('expired'), fails('other'), fails('expired')).authenticate('b'), { message });
});
