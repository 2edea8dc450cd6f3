import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { createLocalJWKSet, exportJWK, type JWTPayload, type JWTVerifyGetKey, SignJWT } from 'jose';
import type { JwtConfig } from './jwt-config.js';
import { JwtTokens } from './jwt-tokens.js';
import { jwtConfigOf } from './oidc-flags.js';

const ISSUER = 'https://issuer.example/realm';
const NOW = 1_800_000_000;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const clock = new ManualClock(NOW * 1000);
let keys: JWTVerifyGetKey;

before(async () => {
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] });
});

const sign = (claims: JWTPayload) =>
  new SignJWT({ iss: ISSUER, aud: 'me', exp: NOW + 60, sub: 'ann', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(pair.privateKey);
const config = (mappings: JwtConfig['claimMappings'], more: Partial<JwtConfig> = {}): JwtConfig => ({
  issuer: { url: ISSUER, audiences: ['me', 'too'] },
  claimMappings: mappings,
  ...more,
});
const SUB = { username: { claim: 'sub', prefix: 'x:' } };
const compile = (expression: string) => (value: unknown) => (value as Record<string, unknown>)[expression];
const elsewhere = {
  fetch: async (): Promise<string> => assert.fail('nothing is elsewhere'),
  keysOf: (): JWTVerifyGetKey => assert.fail('nobody else signs'),
};
const authenticate = async (it: JwtConfig, claims: JWTPayload = {}) =>
  (await new JwtTokens(it, ['ES256'], { keys, clock, compile, elsewhere }).authenticate(await sign(claims)))?.user;

test('claims become user, groups, uid and extra', async () => {
  const mappings = {
    ...SUB,
    groups: { claim: 'roles', prefix: 'g:' },
    uid: { claim: 'id' },
    extra: [
      { key: 'a.io/b', valueExpression: 'list' },
      { key: 'a.io/none', valueExpression: 'absent' },
    ],
  };
  assert.deepEqual(await authenticate(config(mappings), { roles: ['r', 's'], id: '7', list: ['p', 'q'] }), {
    user: 'x:ann',
    groups: ['g:r', 'g:s'],
    uid: '7',
    extra: { 'a.io/b': ['p', 'q'] },
  });
  assert.deepEqual((await authenticate(config(mappings), { roles: 'one', id: '7' }))?.groups, ['g:one']);
  assert.deepEqual((await authenticate(config(mappings), { id: '7' }))?.groups, []);
  await assert.rejects(authenticate(config(mappings), {}), /parse uid claims "id": claim not present/);
  await assert.rejects(authenticate(config(mappings), { id: '7', roles: [1] }), /not all are texts/);
});

test('a token of another issuer is nobody’s business, one of this issuer must be good', async () => {
  assert.equal(await authenticate(config(SUB), { iss: 'https://other.example' }), undefined);
  assert.equal((await authenticate(config(SUB), { aud: ['a', 'too'] }))?.user, 'x:ann');
  await assert.rejects(authenticate(config(SUB), { aud: 'you' }), /oidc: verify token: .*"aud"/);
  await assert.rejects(authenticate(config(SUB), { exp: NOW - 1 }), /oidc: verify token: .*"exp"/);
  await assert.rejects(authenticate(config(SUB), { nbf: NOW + 100 }), /oidc: verify token: .*"nbf"/);
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const forged = await new SignJWT({ iss: ISSUER, aud: 'me', exp: NOW + 60, sub: 'ann' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(other);
  const tokens = new JwtTokens(config(SUB), ['ES256'], { keys, clock, compile, elsewhere });
  await assert.rejects(tokens.authenticate(forged), /oidc: verify token: signature verification failed/);
  assert.equal(await tokens.authenticate('nonsense'), undefined);
  const [head, body] = (await sign({})).split('.');
  await assert.rejects(tokens.authenticate(`${head}.${body}.`), /oidc: verify token/);
});

test('a token without an end is not taken', async () => {
  const token = await new SignJWT({ iss: ISSUER, aud: 'me', sub: 'ann' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(pair.privateKey);
  const tokens = new JwtTokens(config(SUB), ['ES256'], { keys, clock, compile, elsewhere });
  await assert.rejects(tokens.authenticate(token), /oidc: verify token: missing required "exp"/);
});

test('an address that is not verified is no name', async () => {
  const email = config({ username: { claim: 'email', prefix: '' } });
  assert.equal((await authenticate(email, { email: 'a@b', email_verified: true }))?.user, 'a@b');
  assert.equal((await authenticate(email, { email: 'a@b' }))?.user, 'a@b');
  await assert.rejects(authenticate(email, { email: 'a@b', email_verified: false }), /oidc: email not verified/);
  await assert.rejects(authenticate(email, { email: '' }), /must not be empty/);
});

test('rules about claims and about the user are kept', async () => {
  const rules = config(SUB, {
    claimValidationRules: [
      { claim: 'hd', requiredValue: 'acme' },
      { expression: 'ok', message: 'not ok' },
    ],
    userValidationRules: [{ expression: 'username', message: 'never true' }],
  });
  await assert.rejects(authenticate(rules, {}), /required claim hd not present/);
  await assert.rejects(authenticate(rules, { hd: 'x' }), /Got = x, want = acme/);
  await assert.rejects(authenticate(rules, { hd: 'acme', ok: false }), /failed: not ok/);
  await assert.rejects(authenticate(rules, { hd: 'acme', ok: true }), /failed: never true/);
});

test('the flags of one issuer mean the same', async () => {
  const flags = {
    ...{ issuerUrl: ISSUER, clientId: 'me', usernameClaim: 'sub', requiredClaims: ['hd=a=b'] },
    ...{ usernamePrefix: undefined, groupsClaim: 'roles', groupsPrefix: undefined },
  };
  const good = { hd: 'a=b', roles: ['r'] };
  assert.deepEqual(await authenticate(jwtConfigOf(flags), good), { user: `${ISSUER}#ann`, groups: ['r'] });
  assert.equal((await authenticate(jwtConfigOf({ ...flags, usernamePrefix: '-' }), good))?.user, 'ann');
  assert.equal((await authenticate(jwtConfigOf({ ...flags, usernamePrefix: 'p:' }), good))?.user, 'p:ann');
});
