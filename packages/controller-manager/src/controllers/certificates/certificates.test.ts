import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { CertificateSigningRequest } from '@keelson/api';
import { resources } from '@keelson/client';
import { until } from '@keelson/client/testing';
import { rfc3339 } from '@keelson/service';
import * as x509 from '@peculiar/x509';
import { type TestWorld, testWorld } from '../../testing/world.js';
import { certificateApproving, groundsFor } from './approving.js';
import { certificateCleaner } from './cleaner.js';
import { SIGNERS } from './request.js';
import { signerOf, signingController } from './signing.js';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const HOUR = 3_600_000;
const directory = mkdtempSync(join(tmpdir(), 'keelson-signing-'));
after(() => rmSync(directory, { recursive: true }));

/** A CA that is valid for so long from `now`, in files. */
async function authority(name: string, algorithm: typeof EC | typeof RSA, now: number, hours: number) {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ca',
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + hours * HOUR),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const [certFile, keyFile] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)];
  writeFileSync(certFile, certificate.toString('pem'));
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  // The form that openssl and kubeadm write.
  writeFileSync(keyFile, key.export({ format: 'pem', type: algorithm === RSA ? 'pkcs1' : 'sec1' } as never) as string);
  return { certFile, keyFile, pem: certificate.toString('pem') };
}

interface Wish {
  subject?: string;
  names?: x509.JsonGeneralNames;
  usages?: string[];
  signer?: string;
  username?: string;
  seconds?: number;
}

async function request(name: string, wish: Wish = {}): Promise<CertificateSigningRequest> {
  const keys = (await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: wish.subject ?? 'O=system:nodes, CN=system:node:n1',
    keys,
    signingAlgorithm: EC,
    extensions: wish.names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(wish.names)],
  });
  return {
    metadata: { name },
    spec: {
      request: Buffer.from(csr.toString('pem')).toString('base64'),
      signerName: wish.signer ?? SIGNERS.kubeletClient,
      usages: wish.usages ?? ['digital signature', 'client auth'],
      username: wish.username ?? 'system:node:n1',
      ...(wish.seconds === undefined ? {} : { expirationSeconds: wish.seconds }),
    },
  };
}

const approval = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'by a test' }] };

async function approve(world: TestWorld, name: string): Promise<void> {
  await world.client.patch(
    resources.certificateSigningRequests,
    { name },
    'merge',
    { status: approval },
    { subresource: 'status' },
  );
}

const found = (world: TestWorld, name: string) =>
  world.informers.for(resources.certificateSigningRequests).get('', name);
const certificateOf = (it: CertificateSigningRequest | undefined) =>
  new X509Certificate(Buffer.from(it?.status?.certificate ?? '', 'base64'));

describe('requests for certificates', () => {
  for (const [kind, algorithm] of [
    ['elliptic', EC],
    ['rsa', RSA],
  ] as const) {
    it(`are signed once approved, by a key that is ${kind}, and only for their signer`, async () => {
      const world = testWorld();
      const now = world.clock.now();
      const ca = await authority(kind, algorithm, now, 24);
      const files = { ...ca, durationMs: 10 * HOUR };
      const signers = [SIGNERS.kubeletClient, SIGNERS.kubeletServing].map((it) => ({ signer: signerOf(it)!, files }));
      await world.start(signingController(signers));
      const names: x509.JsonGeneralNames = [
        { type: 'dns', value: 'n1.example.com' },
        { type: 'ip', value: '10.0.0.1' },
      ];
      const serving = { signer: SIGNERS.kubeletServing, names, usages: ['digital signature', 'server auth'] };
      await world.client.create(resources.certificateSigningRequests, await request('client'));
      await world.client.create(resources.certificateSigningRequests, await request('serving', serving));
      await world.client.create(
        resources.certificateSigningRequests,
        await request('other', { signer: 'example.com/x' }),
      );
      await world.client.create(resources.certificateSigningRequests, await request('waiting'));
      for (const name of ['client', 'serving', 'other']) await approve(world, name);
      const isSigned = (name: string) => found(world, name)?.status?.certificate !== undefined;
      await until(() => isSigned('client') && isSigned('serving'), world);
      const [client, server] = [certificateOf(found(world, 'client')), certificateOf(found(world, 'serving'))];
      const issuer = new X509Certificate(ca.pem);
      for (const it of [client, server]) {
        assert.ok(it.checkIssued(issuer) && it.verify(issuer.publicKey) && !it.ca);
        // It was signed some time after the test began.
        const signedAt = Date.parse(it.validFrom) + 300_000;
        assert.ok(signedAt >= now - 1000 && signedAt <= world.clock.now());
        assert.equal(Date.parse(it.validTo), signedAt + 10 * HOUR - 300_000);
      }
      assert.equal(client.subject, 'O=system:nodes\nCN=system:node:n1');
      assert.deepEqual(client.keyUsage, ['1.3.6.1.5.5.7.3.2']);
      assert.equal(server.subjectAltName, 'DNS:n1.example.com, IP Address:10.0.0.1');
      assert.notEqual(client.serialNumber, server.serialNumber);
      assert.ok(!isSigned('other') && !isSigned('waiting'));
      await world.stop();
    });
  }

  it('live as long as they ask, but no longer than the flag says and the authority does, and not shorter than 10 minutes', async () => {
    const world = testWorld();
    const now = world.clock.now();
    const ca = await authority('short', EC, now, 20);
    await world.start(
      signingController([{ signer: signerOf(SIGNERS.kubeletClient)!, files: { ...ca, durationMs: 100 * HOUR } }]),
    );
    const hours = async (name: string, seconds?: number) => {
      const wish = await request(name, seconds === undefined ? {} : { seconds });
      await world.client.create(resources.certificateSigningRequests, wish);
      await approve(world, name);
      await until(() => found(world, name)?.status?.certificate !== undefined, world);
      return (Date.parse(certificateOf(found(world, name)).validTo) - now) / HOUR;
    };
    const near = (value: number, wanted: number) =>
      assert.ok(Math.abs(value - wanted) < 0.05, `${value} not ${wanted}`);
    near(await hours('default'), 20);
    near(await hours('two-hours', 7200), 2);
    near(await hours('a-minute', 60), 1 / 6);
    near(await hours('twelve-hours', 12 * 3600), 12 - 1 / 12);
    await world.stop();
  });

  it('fail that are not what their signer signs, with what is wrong', async () => {
    const world = testWorld();
    const ca = await authority('strict', EC, world.clock.now(), 20);
    const all = [SIGNERS.kubeletClient, SIGNERS.kubeletServing, SIGNERS.apiserverClient];
    const files = { ...ca, durationMs: HOUR };
    await world.start(signingController(all.map((it) => ({ signer: signerOf(it)!, files }))));
    const dns: x509.JsonGeneralNames = [{ type: 'dns', value: 'a' }];
    const serving = { signer: SIGNERS.kubeletServing, usages: ['digital signature', 'server auth'] };
    const cases: [Wish, string][] = [
      [{ subject: 'O=others, CN=system:node:n1' }, 'subject organization is not system:nodes'],
      [{ subject: 'O=system:nodes, CN=n1' }, 'subject common name does not begin with system:node:'],
      [{ names: dns }, 'DNS subjectAltNames are not allowed'],
      [{ usages: ['client auth'] }, 'usages did not match [client auth digital signature key encipherment]'],
      [serving, 'DNS or IP subjectAltName is required'],
      [
        { ...serving, names: dns, usages: ['server auth', 'client auth', 'digital signature'] },
        'usages did not match [digital signature key encipherment server auth]',
      ],
      [
        { signer: SIGNERS.apiserverClient, usages: ['server auth'] },
        'invalid usage for client certificate: server auth',
      ],
      [
        { signer: SIGNERS.apiserverClient, usages: ['digital signature'] },
        'missing required usage for client certificate: client auth',
      ],
    ];
    for (const [at, [wish, message]] of cases.entries()) {
      await world.client.create(resources.certificateSigningRequests, await request(`r${at}`, wish));
      await approve(world, `r${at}`);
      const failure = () => found(world, `r${at}`)?.status?.conditions?.find((it) => it.type === 'Failed');
      await until(() => failure() !== undefined, world);
      assert.deepEqual([failure()?.reason, failure()?.message], ['SignerValidationFailure', message]);
      assert.equal(found(world, `r${at}`)?.status?.certificate, undefined);
    }
    await world.stop();
  });

  it('of kubelets are approved if access control lets them, and never those of others', async () => {
    const self = await request('self');
    assert.deepEqual(
      groundsFor(self).map((it) => it.subresource),
      ['selfnodeclient', 'nodeclient'],
    );
    assert.deepEqual(
      groundsFor(await request('boot', { username: 'system:bootstrap:x' })).map((it) => it.subresource),
      ['nodeclient'],
    );
    assert.deepEqual(groundsFor(await request('no', { subject: 'CN=system:node:n1' })), []);
    assert.deepEqual(groundsFor(await request('no', { signer: SIGNERS.apiserverClient })), []);
  });

  it('go when they are spent', async () => {
    const world = testWorld();
    const { client, clock, informers } = world;
    const now = clock.now();
    const ago = (hours: number) => rfc3339(now - hours * HOUR);
    const put = async (name: string, hours: number, status?: CertificateSigningRequest['status']) => {
      const made = await request(name);
      made.metadata.creationTimestamp = ago(hours);
      await client.create(resources.certificateSigningRequests, status === undefined ? made : { ...made, status });
    };
    const said = (type: string, hours: number) => ({
      conditions: [{ type, status: 'True', reason: 'r', lastUpdateTime: ago(hours) }],
    });
    await put('pending-old', 25);
    await put('pending-new', 23);
    await put('denied-old', 3, said('Denied', 2));
    await put('denied-new', 30, said('Denied', 0.5));
    await put('issued-old', 3, { ...said('Approved', 2), certificate: 'eA==' });
    await put('issued-new', 3, { ...said('Approved', 0.5), certificate: 'eA==' });
    await world.start(certificateCleaner);
    const left = () =>
      informers
        .for(resources.certificateSigningRequests)
        .list()
        .map((it) => it.metadata.name)
        .sort()
        .join();
    await until(() => left() === 'denied-new,issued-new,pending-new', world);
    await clock.advanceAsync(2 * HOUR);
    await until(() => left() === '', world);
    await world.stop();
  });

  it('of a kubelet: asked of the API server, which says yes or no', async () => {
    const world = testWorld();
    await world.start(certificateApproving);
    let allowed = false;
    const asked: string[] = [];
    const original = world.client.create.bind(world.client);
    world.client.create = (async (resource: { plural: string }, object: never) => {
      if (resource.plural !== 'subjectaccessreviews') return original(resource as never, object);
      const { subresource } = (object as { spec: { resourceAttributes: { subresource: string } } }).spec
        .resourceAttributes;
      asked.push(subresource);
      return { status: { allowed: allowed && subresource === 'nodeclient' } };
    }) as never;
    await original(resources.certificateSigningRequests, await request('one'));
    await world.clock.advanceAsync(1_000);
    assert.deepEqual(asked.slice(0, 2), ['selfnodeclient', 'nodeclient']);
    assert.equal(found(world, 'one')?.status?.conditions, undefined);
    assert.ok(asked.length < 40, 'it waits longer and longer');
    allowed = true;
    await until(() => found(world, 'one')?.status?.conditions?.[0]?.reason === 'AutoApproved', world);
    await world.stop();
  });
});
