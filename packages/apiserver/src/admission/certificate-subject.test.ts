import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { allKinds, type KubeObject } from '@keelson/api';
import * as x509 from '@peculiar/x509';
import { context } from '../../test/world.js';
import { Admission } from './admission.js';
import { restrictCertificateSubjects } from './certificate-subject.js';

x509.cryptoProvider.set(webcrypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const kind = allKinds.find((it) => it.plural === 'certificatesigningrequests')!;

async function refusal(name: string, signerName: string): Promise<string | undefined> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const asked = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: ALGORITHM });
  const request = Buffer.from(asked.toString('pem')).toString('base64');
  const object = { metadata: { name: 'x' }, spec: { signerName, request } } as unknown as KubeObject;
  const attributes = { operation: 'CREATE', kind, object, subresource: '', user: context.user } as const;
  try {
    await new Admission([restrictCertificateSubjects]).validate(attributes as never);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test('the signer of clients is not asked to make superusers', async () => {
  const client = 'kubernetes.io/kube-apiserver-client';
  const why =
    /"x" is forbidden: use of kubernetes.io.kube-apiserver-client signer with system:masters group is not allowed/;
  assert.match((await refusal('CN=x, O=system:masters', client)) ?? '', why);
  assert.match((await refusal('O=a, O=system:masters, CN=x', client)) ?? '', why);
  assert.equal(await refusal('O=a, CN=x', client), undefined);
  assert.equal(await refusal('O=system:masters, CN=x', 'example.com/own'), undefined);
});
