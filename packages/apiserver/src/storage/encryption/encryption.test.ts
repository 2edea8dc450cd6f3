import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kms } from '@keelson/protocol';
import { GrpcServer, seededRandom, silentLogger, systemClock } from '@keelson/service';
import { MemoryStore } from '../../../test/memory-store.js';
import { ConfigError, readConfig } from '../../config/config-file.js';
import { EncryptedStore } from './encrypted-store.js';
import { Encryption } from './encryption.js';
import {
  type EncryptionConfiguration,
  encryptionConfiguration,
  type ProviderConfig,
} from './encryption-configuration.js';

const random = seededRandom(3);
const dependencies = { clock: systemClock(), random, logger: silentLogger };
const key = (name: string, bytes: number) => ({ keys: [{ name, secret: random.bytes(bytes).toString('base64') }] });
const encryption = (resources: string[], ...providers: ProviderConfig[]) =>
  new Encryption({ resources: [{ resources, providers }] }, dependencies);
const KEY = '/registry/secrets/default/a';
const PROVIDERS: Record<string, ProviderConfig> = {
  'aescbc 16': { aescbc: key('k', 16) },
  'aescbc 32': { aescbc: key('k', 32) },
  'aesgcm 24': { aesgcm: key('k', 24) },
  'aesgcm 32': { aesgcm: key('k', 32) },
  secretbox: { secretbox: key('k', 32) },
};

for (const [name, provider] of Object.entries(PROVIDERS)) {
  test(`${name}: values come back, look like nothing in the store, and are never stored alike twice`, async () => {
    const it = encryption(['secrets'], provider).transformerOf(KEY)!;
    for (const length of [0, 1, 15, 16, 17, 1000]) {
      const value = random.bytes(length);
      const stored = await it.encrypt(value, Buffer.from(KEY));
      assert.ok(stored.toString('latin1').startsWith(`k8s:enc:${name.split(' ')[0]}:v1:k:`));
      if (length > 8) assert.ok(!stored.includes(value));
      assert.notDeepEqual(await it.encrypt(value, Buffer.from(KEY)), stored);
      assert.deepEqual(await it.decrypt(stored, Buffer.from(KEY)), { value, stale: false });
    }
  });
}

for (const name of ['aesgcm 32', 'secretbox']) {
  test(`${name}: a changed byte is noticed`, async () => {
    const it = encryption(['secrets'], PROVIDERS[name]!).transformerOf(KEY)!;
    const stored = await it.encrypt(Buffer.from('value'), Buffer.from(KEY));
    for (let at = 0; at < stored.length; at += 1) {
      const changed = Buffer.from(stored);
      changed[at]! ^= 1;
      await assert.rejects(async () => it.decrypt(changed, Buffer.from(KEY)), { name: 'UnreadableValueError' });
    }
    for (let length = 0; length < stored.length; length += 1)
      await assert.rejects(async () => it.decrypt(stored.subarray(0, length), Buffer.from(KEY)));
  });
}

test('aesgcm: a value moved to another key is no value', async () => {
  const it = encryption(['secrets'], PROVIDERS['aesgcm 32']!).transformerOf(KEY)!;
  const stored = await it.encrypt(Buffer.from('value'), Buffer.from(KEY));
  await assert.rejects(async () => it.decrypt(stored, Buffer.from(`${KEY}b`)), /default\/ab cannot be decrypted/);
});

test('a rule is for resources, groups, or all, and the first one counts', () => {
  const first = { resources: ['secrets', 'deployments.apps'], providers: [PROVIDERS['secretbox']!] };
  const plain = { resources: ['configmaps', '*.batch'], providers: [{ identity: {} }] };
  const rest = { resources: ['*.*'], providers: [PROVIDERS['aesgcm 32']!] };
  const it = new Encryption({ resources: [first, plain, rest] }, dependencies);
  const same = (a: string, b: string) => assert.equal(it.transformerOf(a), it.transformerOf(b));
  same('/registry/secrets/n/a', '/registry/apps/deployments/n/a');
  same('/registry/configmaps/n/a', '/registry/batch/jobs/n/a');
  same('/registry/nodes/a', '/registry/rbac.authorization.k8s.io/clusterroles/a');
  assert.notEqual(it.transformerOf('/registry/secrets/n/a'), it.transformerOf('/registry/pods/n/a'));
  assert.equal(it.transformerOf('compact_rev_key'), undefined);
  const core = encryption(['*.'], { identity: {} });
  assert.ok(core.transformerOf('/registry/pods/n/a'));
  assert.equal(core.transformerOf('/registry/apps/deployments/n/a'), undefined);
});

test('keys are rotated: an older key reads, and what it wrote is to be written anew', async () => {
  const store = new MemoryStore();
  const [old, next] = [PROVIDERS['aescbc 32']!, { aesgcm: key('n', 32) }];
  const over = (...providers: ProviderConfig[]) => {
    const it = encryption(['secrets'], ...providers);
    return new EncryptedStore(store, () => it);
  };
  const put = (to: EncryptedStore, text: string) =>
    to.kv.txn({ success: [{ requestPut: { key: Buffer.from(KEY), value: Buffer.from(text) } }] });
  const get = async (from: EncryptedStore) => {
    const { kvs } = await from.kv.range({ key: Buffer.from(KEY) });
    const [kv] = kvs as { value: Buffer; stale?: boolean }[];
    return [kv?.value.toString(), kv?.stale];
  };
  await store.kv.txn({ success: [{ requestPut: { key: Buffer.from(KEY), value: Buffer.from('plain') } }] });
  assert.deepEqual(await get(over(old, { identity: {} })), ['plain', true]);
  await assert.rejects(get(over(old)), /no configured provider wrote it/);
  await put(over(old), 'first');
  assert.deepEqual(await get(over(next, old)), ['first', true]);
  assert.deepEqual(await get(over(old, next)), ['first', false]);
  await put(over(next, old), 'second');
  assert.deepEqual(await get(over(next)), ['second', false]);
  // An encrypted value is never taken for a plain one.
  await assert.rejects(get(over({ identity: {} })), /no configured provider wrote it/);
});

/** Encrypts by turning bytes over; its key can be changed. */
async function plugin(directory: string) {
  const state = { keyId: 'k1', healthz: 'ok', calls: [] as string[] };
  const turned = (bytes: Buffer) => Buffer.from(bytes.map((it) => it ^ 0xff));
  const server = new GrpcServer({ address: `unix:${join(directory, 'kms.sock')}`, protoFiles: ['kms/v2/api.proto'] });
  const handlers = {
    status: async () => ({ version: 'v2', healthz: state.healthz, keyId: state.keyId }),
    encrypt: async ({ plaintext }: kms.EncryptRequest) => {
      state.calls.push('encrypt');
      return { ciphertext: turned(plaintext), keyId: state.keyId, annotations: { 'a.b': Buffer.from('c') } };
    },
    decrypt: async ({ ciphertext, annotations }: kms.DecryptRequest) => {
      state.calls.push('decrypt');
      assert.equal(annotations['a.b']?.toString(), 'c');
      return { plaintext: turned(ciphertext) };
    },
  };
  server.add(kms.KeyManagementServiceService, handlers);
  await server.listen();
  return { state, close: () => server.close(async () => {}, 10) };
}

test('kms: one call a seed; another key means another seed; a plugin that is not well is told', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-kms-'));
  const { state, close } = await plugin(directory);
  const config: ProviderConfig = { kms: { apiVersion: 'v2', name: 'mine', endpoint: `unix://${directory}/kms.sock` } };
  const [writer, reader] = [encryption(['secrets'], config), encryption(['secrets'], config)];
  try {
    await writer.check();
    const context = Buffer.from(KEY);
    const stored = await Promise.all(
      ['a', 'b'].map(async (it) => writer.transformerOf(KEY)!.encrypt(Buffer.from(it), context)),
    );
    assert.ok(stored[0]!.toString('latin1').startsWith('k8s:enc:kms:v2:mine:'));
    for (const [index, it] of stored.entries()) {
      const { value, stale } = await reader.transformerOf(KEY)!.decrypt(it, context);
      assert.deepEqual([value.toString(), stale], ['ab'[index], false]);
    }
    assert.deepEqual(state.calls, ['encrypt', 'decrypt']);
    state.keyId = 'k2';
    await writer.check();
    assert.equal((await writer.transformerOf(KEY)!.decrypt(stored[0]!, context)).stale, true);
    const next = await writer.transformerOf(KEY)!.encrypt(Buffer.from('c'), context);
    assert.deepEqual(state.calls, ['encrypt', 'decrypt', 'encrypt']);
    assert.equal((await reader.transformerOf(KEY)!.decrypt(next, context)).value.toString(), 'c');
    state.healthz = 'out of order';
    await assert.rejects(writer.check(), /it says "out of order"/);
  } finally {
    writer.close();
    reader.close();
    await close();
    rmSync(directory, { recursive: true });
  }
});

test('a configuration is checked field by field', () => {
  const problems = (config: EncryptionConfiguration): string => {
    try {
      const head = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' };
      readConfig(JSON.stringify({ ...head, ...config }), 'f', encryptionConfiguration);
      return '';
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
  };
  const rule = (...providers: ProviderConfig[]) => problems({ resources: [{ resources: ['secrets'], providers }] });
  assert.equal(rule(PROVIDERS['secretbox']!, { identity: {} }), '');
  assert.match(problems({}), /resources: Required value: at least one/);
  assert.match(rule(), /resources\[0\].providers: Required value/);
  assert.match(rule({}), /providers\[0\]: Required value: provider does not contain any/);
  assert.match(rule({ aesgcm: key('a', 32), identity: {} }), /more than one provider specified/);
  assert.match(rule({ secretbox: key('a', 16) }), /keys\[0\].secret: .*got 16, expected one of \[32\]/);
  assert.match(
    rule({ aescbc: { keys: [{ name: 'a:b', secret: '??' }] } }),
    /keys\[0\].name: .*; .*secret: .*not valid base64/,
  );
  assert.match(
    rule({ kms: { apiVersion: 'v1', name: 'a', endpoint: '/x' } }),
    /only v2 is served; .*endpoint: Invalid/,
  );
  assert.match(
    problems({ resources: [{ resources: ['*'], providers: [{ identity: {} }] }] }),
    /resources\[0\]: Invalid value: "\*"/,
  );
});
