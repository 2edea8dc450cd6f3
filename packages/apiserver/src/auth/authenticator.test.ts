import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ClientCertificates, RequestHeaders, type ShownCertificate, silentLogger, systemClock } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { writeCertificates } from '../../test/certificates.js';
import { type AnonymousAccess, Authenticator } from './authenticator.js';
import { Tokens } from './tokens/token-authenticator.js';

const directory = mkdtempSync(join(tmpdir(), 'keelson-authn-'));
const clock = systemClock();
const file = (name: string) => readFileSync(join(directory, name));
const headers = (given: Record<string, string[]>) => ({
  names: Object.keys(given),
  all: (name: string) => given[name] ?? [],
});
let authenticator: Authenticator;
let anonymous: AnonymousAccess = { enabled: true };

function shown(name: string): ShownCertificate {
  const { raw, fingerprint256 } = new X509Certificate(file(`${name}.crt`));
  return { raw, fingerprint256, intermediates: [] };
}

before(async () => {
  await writeCertificates(directory, { proxy: [{ CN: ['proxy'] }], other: [{ CN: ['other'] }] }, 'proxy-ca');
  await writeCertificates(directory, { stranger: [{ CN: ['admin'] }, { O: ['system:masters'] }] }, 'unknown-ca');
  await writeCertificates(directory, { jane: [{ O: ['devs'] }, { CN: ['jane'] }], nobody: [{ O: ['x'] }] });
  authenticator = new Authenticator({
    clients: new ClientCertificates(file('ca.crt'), { clock }),
    proxies: new RequestHeaders(
      {
        ca: file('proxy-ca.crt'),
        allowedNames: ['proxy'],
        usernameHeaders: ['x-remote-user'],
        uidHeaders: ['x-remote-uid'],
        groupHeaders: ['x-remote-group'],
        extraPrefixes: ['x-remote-extra-'],
      },
      { clock },
    ),
    tokens: new Tokens({ apiAudiences: ['api'] }, () => [
      { authenticate: async (token) => (token === 'good' ? { user: { user: 'bearer', groups: [] } } : undefined) },
    ]),
    anonymous: () => anonymous,
    logger: silentLogger,
  });
});
after(() => rmSync(directory, { recursive: true }));

const who = async (credentials: Partial<Parameters<Authenticator['authenticate']>[0]>) =>
  (await authenticator.authenticate({ certificate: undefined, authorization: undefined, ...credentials }))?.user;

test('nothing shown is anonymous, and so is what is no bearer token', async () => {
  assert.equal(await who({}), 'system:anonymous');
  assert.equal(await who({ authorization: 'Basic eDp5' }), 'system:anonymous');
});

test('anonymous access may be for some paths only, or for none', async () => {
  anonymous = { enabled: true, paths: new Set(['/livez']) };
  assert.equal(await who({ path: '/livez' }), 'system:anonymous');
  assert.equal(await who({ path: '/api' }), undefined);
  assert.equal(await who({}), undefined);
  anonymous = { enabled: false };
  assert.equal(await who({ path: '/livez' }), undefined);
  anonymous = { enabled: true };
});

test('a certificate of the CA names its user; one of another CA, or without a name, nobody at all', async () => {
  assert.equal(await who({ certificate: shown('jane') }), 'jane');
  assert.equal(await who({ certificate: shown('stranger') }), undefined);
  assert.equal(await who({ certificate: shown('nobody') }), undefined);
});

test('a good token makes up for a certificate that says nothing, and a bad one for nothing', async () => {
  assert.equal(await who({ certificate: shown('stranger'), authorization: 'Bearer good' }), 'bearer');
  assert.equal(await who({ authorization: 'bearer good' }), 'bearer');
  assert.equal(await who({ authorization: 'Bearer bad' }), undefined);
  assert.equal(await who({ certificate: shown('jane'), authorization: 'Bearer bad' }), 'jane');
});

test('a front proxy speaks for others in headers, and is nobody itself', async () => {
  const given = headers({
    'x-remote-user': ['ann'],
    'x-remote-uid': ['7'],
    'x-remote-group': ['a', 'b'],
    'x-remote-extra-acme.com%2fproject': ['p'],
    'x-remote-extra-100%': ['q'],
  });
  const user = await authenticator.authenticate({
    certificate: shown('proxy'),
    authorization: undefined,
    headers: given,
  });
  assert.deepEqual(user, {
    user: 'ann',
    uid: '7',
    groups: ['a', 'b', 'system:authenticated'],
    extra: { 'acme.com/project': ['p'], '100%': ['q'] },
  });
  assert.equal(await who({ certificate: shown('proxy'), headers: headers({}) }), undefined);
  assert.equal(await who({ certificate: shown('proxy') }), undefined);
  assert.equal(await who({ certificate: shown('other'), headers: given }), undefined);
  // Whoever else sends such headers is itself.
  assert.equal(await who({ certificate: shown('jane'), headers: given }), 'jane');
  assert.equal(await who({ headers: given }), 'system:anonymous');
});

test('a certificate is good from its first moment to its last', () => {
  const { validFrom, validTo } = new X509Certificate(file('jane.crt'));
  const at = (now: number) =>
    new ClientCertificates(file('ca.crt'), { clock: new ManualClock(now) }).identityOf(shown('jane'));
  assert.equal(at(Date.parse(validFrom))?.user, 'jane');
  assert.equal(at(Date.parse(validFrom) - 1000), undefined);
  assert.equal(at(Date.parse(validTo) + 1000), undefined);
});
