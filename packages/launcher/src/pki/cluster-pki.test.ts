import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
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

async function ensure(now: number, hosts: string[] = ['localhost', '127.0.0.1']): Promise<void> {
  const plan = new Map([
    ['server', { commonName: 'server', hosts }],
    ['admin', { commonName: 'kubernetes-admin', organizations: ['system:masters'] }],
  ]);
  await ensurePki(directory, plan, { clock: new ManualClock(now), random: seededRandom(1) });
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
