import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** An authority for one test, and what it makes. */
export class Authority {
  readonly ca: Buffer;
  readonly #keys: webcrypto.CryptoKeyPair;
  readonly #certificate: x509.X509Certificate;
  #serial = 2;

  private constructor(keys: webcrypto.CryptoKeyPair, certificate: x509.X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
    this.ca = Buffer.from(certificate.toString('pem'));
  }

  static async make(): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...validity(),
      serialNumber: '01',
      name: 'CN=test-ca',
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(keys, certificate);
  }

  /** For that name, and as a server for that host. */
  async pair(name: string, host: { readonly dns?: string; readonly ip?: string } = { ip: '127.0.0.1' }): Promise<Pair> {
    const own = await newKeys();
    const names =
      host.dns === undefined ? { type: 'ip' as const, value: host.ip! } : { type: 'dns' as const, value: host.dns };
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(),
      serialNumber: String(this.#serial++).padStart(2, '0'),
      subject: `CN=${name}`,
      issuer: this.#certificate.subject,
      publicKey: own.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([names]),
      ],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey));
    return {
      cert: Buffer.from(certificate.toString('pem')),
      key: Buffer.from(x509.PemConverter.encode(key, 'PRIVATE KEY')),
    };
  }
}

function validity() {
  const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  return { notBefore, notAfter, signingAlgorithm: ALGORITHM };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
