import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { etcd } from '@keelson/protocol';
import { ROOT } from '../../storage/keys.js';
import type { Store } from '../../storage/store.js';

/** Where the key is kept that all API servers of a cluster share when none is given by a flag. */
const STORE_KEY = Buffer.from(`${ROOT}serviceaccountkeys/signing`);

/** A key that service account tokens are checked with. */
export interface VerifyingKey {
  readonly id: string;
  readonly algorithm: 'ES256' | 'RS256';
  readonly publicKey: KeyObject;
}

/** A key that signs service account tokens. */
export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject;
}

/** Reads a PEM private key. Throws for anything but RSA and P-256. */
export function signingKeyOf(pem: string | Buffer): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { ...verifyingKeyOf(createPublicKey(privateKey)), privateKey };
}

/** The keys of a file of PEM blocks: public ones, or private ones whose public half is meant. */
export function verifyingKeysOf(pem: string): VerifyingKey[] {
  const blocks = pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  if (blocks.length === 0) throw new Error('no PEM key is in it');
  return blocks.map((block) => verifyingKeyOf(createPublicKey(block)));
}

function verifyingKeyOf(publicKey: KeyObject): VerifyingKey {
  const type = publicKey.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') throw new Error(`a service account key is RSA or EC, not ${type}`);
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const id = createHash('sha256').update(der).digest('base64url');
  return { id, algorithm: type === 'rsa' ? 'RS256' : 'ES256', publicKey };
}

/** The cluster's key from the store; the first API server makes it. */
export async function sharedSigningKey(store: Store): Promise<SigningKey> {
  const { kvs } = await store.kv.range({ key: STORE_KEY });
  if (kvs[0] !== undefined) return signingKeyOf(kvs[0].value);
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const value = Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const { succeeded, responses } = await store.kv.txn({
    compare: [{ key: STORE_KEY, target: etcd.CompareTarget.MOD, result: etcd.CompareResult.EQUAL, modRevision: 0 }],
    success: [{ requestPut: { key: STORE_KEY, value } }],
    failure: [{ requestRange: { key: STORE_KEY } }],
  });
  const theirs = responses[0]?.responseRange?.kvs[0]?.value;
  return signingKeyOf(succeeded || theirs === undefined ? value : theirs);
}
