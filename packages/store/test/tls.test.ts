import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { StoreClientError } from '@keelson/store-client';
import { type Certificates, writeCertificates } from './certificates.js';
import { ClusterUnderTest } from './processes.js';

const key = Buffer.from('secret');

function identity(files: Certificates) {
  return { ca: readFileSync(files.ca), cert: readFileSync(files.cert), key: readFileSync(files.key) };
}

describe('mutual TLS between members and to clients', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keelson-pki-'));
  let cluster: ClusterUnderTest;
  let files: Certificates;

  before(async () => {
    files = await writeCertificates(directory);
    const flags = (prefix: string) => [
      ...[`--${prefix}cert-file`, files.cert, `--${prefix}key-file`, files.key],
      ...[`--${prefix}trusted-ca-file`, files.ca, `--${prefix}client-cert-auth`],
    ];
    cluster = await ClusterUnderTest.start('keelson', 3, [...flags(''), ...flags('peer-')], identity(files));
  });
  after(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true });
  });

  test('whoever has a certificate of the CA is served by every member', async () => {
    for (const url of cluster.endpoints) {
      const client = cluster.client([url]);
      await client.kv.put({ key, value: Buffer.from(url) });
      assert.equal((await client.kv.range({ key })).kvs[0]?.value.toString(), url);
      client.close();
    }
  });

  test('a certificate of another CA opens nothing', async () => {
    const other = mkdtempSync(join(directory, 'other-'));
    const stranger = { ...identity(await writeCertificates(other)), ca: readFileSync(files.ca) };
    const client = cluster.client(cluster.endpoints, stranger);
    await assert.rejects(client.kv.range({ key }, { timeoutMs: 1_500 }), StoreClientError);
    client.close();
  });
});
