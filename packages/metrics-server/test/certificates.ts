import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import type { TlsIdentity } from '@keelson/service';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const COMMON = {
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 3_600_000),
  signingAlgorithm: ALGORITHM,
};

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

/** Makes certificates of one authority, for names that are users and DNS names alike. */
export async function authority(name: string): Promise<(of: string) => Promise<TlsIdentity>> {
  const keys = await newKeys();
  const extensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
  const subject = [{ CN: [name] }];
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ ...COMMON, serialNumber: '01', name: subject, keys, extensions },
  });
  let serial = 2;
  return async (of) => {
    const own = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...{ ...COMMON, serialNumber: `0${serial++}`, subject: [{ CN: [of] }], issuer: ca.subject },
      ...{ publicKey: own.publicKey, signingKey: keys.privateKey },
      extensions: [
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: of }]),
      ],
    });
    const der = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
    const texts = [ca.toString('pem'), certificate.toString('pem'), x509.PemConverter.encode(der, 'PRIVATE KEY')];
    const [caPem, cert, key] = texts.map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
    return { ca: caPem, cert, key };
  };
}
