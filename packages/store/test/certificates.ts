import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes a CA and a certificate of it for 127.0.0.1, good for both ends of a connection. */
export async function writeCertificates(directory: string): Promise<Certificates> {
  const authority = await TestAuthority.create(directory, 'ca');
  return await authority.write('store');
}

/** A CA of which certificates are written beside it. */
export class TestAuthority {
  readonly #directory: string;
  readonly #file: string;
  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(directory: string, file: string, certificate: x509.X509Certificate, key: webcrypto.CryptoKey) {
    this.#directory = directory;
    this.#file = file;
    this.#certificate = certificate;
    this.#key = key;
  }

  static async create(directory: string, name: string): Promise<TestAuthority> {
    x509.cryptoProvider.set(webcrypto);
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=test-${name}`,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
    });
    const file = join(directory, `${name}.crt`);
    writeFileSync(file, certificate.toString('pem'));
    return new TestAuthority(directory, file, certificate, keys.privateKey);
  }

  /** A certificate with a common name, for 127.0.0.1. */
  async write(commonName: string, file = commonName): Promise<Certificates> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}`,
      issuer: this.#certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      ],
    });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    const [certFile, keyFile] = [join(this.#directory, `${file}.crt`), join(this.#directory, `${file}.key`)];
    writeFileSync(certFile, certificate.toString('pem'));
    writeFileSync(keyFile, key);
    return { ca: this.#file, cert: certFile, key: keyFile };
  }
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}
