import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { loadIdentity, seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { ensurePki } from './cluster-pki.js';

const DAY_MS = 24 * 3600 * 1000;
const NOW = Date.UTC(2026, 0, 1);
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keelson-pki-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (name: string) => join(directory, name);
const identity = (name: string) => ({ ca: file('ca.crt'), cert: file(`${name}.crt`), key: file(`${name}.key`) });

async function ensure(now: number, hosts: string[] = ['localhost', '127.0.0.1']): Promise<string[]> {
  const plan = new Map([
    ['server', { authority: 'ca' as const, commonName: 'server', hosts }],
    ['admin', { authority: 'ca' as const, commonName: 'kubernetes-admin', organizations: ['system:masters'] }],
    ['etcd/client', { authority: 'etcd/ca' as const, commonName: 'client' }],
  ]);
  return await ensurePki(directory, plan, { clock: new ManualClock(now), random: seededRandom(1) });
}

test('certificates carry user, groups and hosts, and their CA signed them', async () => {
  await ensure(NOW);
  const ca = new X509Certificate(readFileSync(file('ca.crt')));
  const admin = new X509Certificate(readFileSync(file('admin.crt')));
  assert.deepEqual(admin.subject.split('\n').sort(), ['CN=kubernetes-admin', 'O=system:masters']);
  assert.ok(admin.verify(ca.publicKey));
  const server = new X509Certificate(readFileSync(file('server.crt')));
  assert.equal(server.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  assert.equal(statSync(file('admin.key')).mode & 0o777, 0o600);
  assert.doesNotThrow(() => loadIdentity(identity('server'), NOW));
});

test('what is good is kept; what is about to expire or lacks a host is made anew by the same CA', async () => {
  await ensure(NOW);
  const [ca, first] = ['ca.crt', 'server.crt'].map((name) => readFileSync(file(name), 'utf8'));
  await ensure(NOW + 300 * DAY_MS);
  assert.equal(readFileSync(file('server.crt'), 'utf8'), first);
  await ensure(NOW + 340 * DAY_MS);
  assert.notEqual(readFileSync(file('server.crt'), 'utf8'), first);
  await ensure(NOW + 340 * DAY_MS, ['localhost', '127.0.0.1', 'other']);
  assert.match(new X509Certificate(readFileSync(file('server.crt'))).subjectAltName ?? '', /DNS:other/);
  assert.equal(readFileSync(file('ca.crt'), 'utf8'), ca);
});

test('each authority signs for its own doors', async () => {
  await ensure(NOW);
  const signed = (certificate: string, authority: string) =>
    new X509Certificate(readFileSync(file(`${certificate}.crt`))).verify(
      new X509Certificate(readFileSync(file(`${authority}.crt`))).publicKey,
    );
  assert.ok(signed('etcd/client', 'etcd/ca'));
  for (const other of ['ca', 'etcd/peer-ca', 'front-proxy-ca']) assert.ok(!signed('etcd/client', other), other);
  assert.equal(statSync(file('etcd')).mode & 0o777, 0o700);
});

test('a certificate of another authority, with a name too many or without its key is made anew', async () => {
  await ensure(NOW);
  cpSync(file('admin.crt'), file('etcd/client.crt'));
  assert.deepEqual(await ensure(NOW), ['etcd/client']);
  assert.deepEqual(await ensure(NOW, ['localhost']), ['server']);
  cpSync(file('admin.key'), file('server.key'));
  assert.deepEqual(await ensure(NOW, ['localhost']), ['server']);
  assert.deepEqual(await ensure(NOW, ['localhost']), []);
});

test('an expired certificate is refused by name, with what to do', async () => {
  await ensure(NOW);
  assert.throws(() => loadIdentity(identity('server'), NOW + 366 * DAY_MS), {
    message: /^certificate .*server\.crt expired on .*: make a new one and restart$/,
  });
  assert.throws(() => loadIdentity({ ...identity('server'), key: file('admin.key') }, NOW), {
    message: /do not go together/,
  });
  assert.throws(() => loadIdentity({ ...identity('server'), key: file('none.key') }, NOW), {
    message: /^cannot read key file .*none\.key: ENOENT$/,
  });
});
