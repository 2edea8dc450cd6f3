import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Writes a CA and, for each name given, `NAME.crt` for that name and 127.0.0.1, and `NAME.key`, into a directory. */
export async function writeCertificates(
  directory: string,
  subjects: Readonly<Record<string, x509.JsonName>>,
  authority = 'ca',
): Promise<void> {
  const keys = await newKeys();
  const notBefore = new Date(Date.now() - 60_000);
  const notAfter = new Date(Date.now() + 3_600_000);
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: '01',
    name: [{ CN: [`test-${authority}`] }],
    keys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  writeFileSync(join(directory, `${authority}.crt`), ca.toString('pem'));
  let serial = 2;
  for (const [name, subject] of Object.entries(subjects)) {
    const own = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...common,
      serialNumber: String(serial++).padStart(2, '0'),
      subject,
      issuer: ca.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          { type: 'dns', value: name },
        ]),
      ],
    });
    const der = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
    writeFileSync(join(directory, `${name}.crt`), certificate.toString('pem'));
    writeFileSync(join(directory, `${name}.key`), x509.PemConverter.encode(der, 'PRIVATE KEY'), { mode: 0o600 });
  }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}
