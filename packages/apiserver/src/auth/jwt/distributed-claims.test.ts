import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { before, test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { createLocalJWKSet, exportJWK, type JWTPayload, type JWTVerifyGetKey, SignJWT } from 'jose';
import { DistributedClaims } from './distributed-claims.js';

const NOW = 1_800_000_000;
const CLAIMS = 'https://claims.example';
const ENDPOINT = 'https://claims.example/of/ann';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let keys: JWTVerifyGetKey;

before(async () => {
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256' }] });
});

const sign = (claims: JWTPayload, key: KeyObject = pair.privateKey) =>
  new SignJWT({ iss: CLAIMS, aud: 'me', exp: NOW + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .sign(key);
const from = (source: object = { endpoint: ENDPOINT }, name = 'src'): JWTPayload => ({
  sub: 'ann',
  _claim_names: { groups: name },
  _claim_sources: { src: source },
});

/** What becomes of claims where an endpoint answers so. */
async function expanded(
  claims: JWTPayload,
  answer: string | Error = '',
): Promise<{ groups: unknown; asked: unknown[] }> {
  const asked: unknown[] = [];
  const distributed = new DistributedClaims('groups', {
    ...{ audiences: ['me'], algorithms: ['ES256'], clock: new ManualClock(NOW * 1000), keysOf: () => keys },
    fetch: async (url, bearer) => {
      asked.push([url, bearer]);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { groups: (await distributed.expanded(claims))['groups'], asked };
}

test('a claim is fetched from where the token says it is', async () => {
  const answer = await sign({ groups: ['a', 'b'] });
  assert.deepEqual(await expanded(from(), answer), { groups: ['a', 'b'], asked: [[ENDPOINT, undefined]] });
  const shown = from({ endpoint: ENDPOINT, access_token: 'secret' });
  assert.deepEqual(await expanded(shown, `${answer}\n`), { groups: ['a', 'b'], asked: [[ENDPOINT, 'secret']] });
});

test('what is in the token, not asked for or put in as a token is not fetched', async () => {
  const nothing = { groups: undefined, asked: [] };
  assert.deepEqual(await expanded({ ...from(), groups: ['own'] }), { groups: ['own'], asked: [] });
  assert.deepEqual(await expanded({ sub: 'ann' }), nothing);
  assert.deepEqual(await expanded({ _claim_names: { other: 'src' }, _claim_sources: { src: {} } }), nothing);
  assert.deepEqual(await expanded(from({ JWT: 'x.y.z' })), nothing);
});

test('sources of another shape, and claims that nobody vouches for, are refused', async () => {
  const refused = (claims: JWTPayload, said: RegExp, answer?: string | Error) =>
    assert.rejects(expanded(claims, answer), said);
  await refused({ _claim_names: 7 }, /error parsing distributed claim names/);
  await refused({ _claim_names: { groups: {} }, _claim_sources: {} }, /error parsing distributed claim names/);
  await refused({ _claim_names: { groups: 'src' } }, /no claim sources/);
  await refused({ _claim_names: { groups: 'src' }, _claim_sources: [] }, /could not parse claim sources/);
  await refused(from({ endpoint: 7 }), /could not parse claim sources/);
  await refused(from({}, 'none'), /contained a source none missing/);
  await refused(from({}, '__proto__'), /contained a source __proto__ missing/);
  await refused(from(), /while getting distributed claim "groups": gone/, new Error('gone'));
  await refused(from(), /untrusted issuer/, 'no token');
  await refused(from(), /untrusted issuer/, await sign({ iss: 'http://plain.example' }));
  await refused(from(), /verify distributed claim token: signature/, await sign({ groups: [] }, stranger.privateKey));
  await refused(from(), /verify distributed claim token: .*"aud"/, await sign({ groups: [], aud: 'you' }));
  await refused(from(), /verify distributed claim token: .*"exp"/, await sign({ groups: [], exp: NOW - 1 }));
  await refused(from(), /did not contain claim: groups/, await sign({ roles: [] }));
});
