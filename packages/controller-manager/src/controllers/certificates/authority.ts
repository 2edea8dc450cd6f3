import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { CertificateSigningRequest } from '@keelson/api';
import type { Clock, Random } from '@keelson/service';
import * as x509 from '@peculiar/x509';
import { type Asked, alternativeNames } from './request.js';

x509.cryptoProvider.set(webcrypto);

/** Clocks of other machines may be behind by so much. */
const BACKDATE_MS = 5 * 60_000;
/** A certificate that lives shorter than this does not pay for being valid earlier with its end. */
const SHORT_MS = 8 * 3_600_000;
const SHORTEST_MS = 10 * 60_000;
const SERIAL_BYTES = 16;

const KEY_USAGES: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: x509.KeyUsageFlags.digitalSignature,
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'content commitment': x509.KeyUsageFlags.nonRepudiation,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
  'key agreement': x509.KeyUsageFlags.keyAgreement,
  'data encipherment': x509.KeyUsageFlags.dataEncipherment,
  'cert sign': x509.KeyUsageFlags.keyCertSign,
  'crl sign': x509.KeyUsageFlags.cRLSign,
  'encipher only': x509.KeyUsageFlags.encipherOnly,
  'decipher only': x509.KeyUsageFlags.decipherOnly,
};

const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

export interface AuthorityFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Milliseconds that a certificate lives at the most. */
  readonly durationMs: number;
}

/** Signs what was approved, with a key in files that are read again each time: they may be renewed. */
export class FileAuthority {
  readonly #files: AuthorityFiles;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(files: AuthorityFiles, dependencies: { clock: Clock; random: Random }) {
    this.#files = files;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
  }

  /** The certificate in PEM. @throws Error if the files cannot be read or do not belong together */
  async sign({ parsed, usages }: Asked, { spec = {} }: CertificateSigningRequest): Promise<string> {
    const issuer = new x509.X509Certificate(await readFile(this.#files.certFile, 'utf8'));
    const { key, algorithm } = await importKey(await readFile(this.#files.keyFile, 'utf8'));
    const now = this.#clock.now();
    const livesMs = this.#livesMs(spec.expirationSeconds);
    const end = now + livesMs - (livesMs < SHORT_MS ? 0 : BACKDATE_MS);
    const flags = [...usages].reduce((sum, it) => sum | (KEY_USAGES[it] ?? 0), 0);
    const extended = [...new Set([...usages].flatMap((it) => EXTENDED_USAGES[it] ?? []))];
    const names = alternativeNames(parsed);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serialOf(this.#random.bytes(SERIAL_BYTES)),
      subject: parsed.subjectName.toJSON(),
      issuer: issuer.subjectName.toJSON(),
      notBefore: new Date(now - BACKDATE_MS),
      notAfter: new Date(Math.min(end, issuer.notAfter.getTime())),
      publicKey: parsed.publicKey,
      signingKey: key,
      signingAlgorithm: algorithm,
      extensions: [
        ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
        ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
        new x509.BasicConstraintsExtension(false, undefined, true),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
      ],
    });
    return `${certificate.toString('pem')}\n`;
  }

  #livesMs(seconds: number | undefined): number {
    const { durationMs } = this.#files;
    if (seconds === undefined) return durationMs;
    return Math.min(durationMs, Math.max(SHORTEST_MS, seconds * 1000));
  }
}

/** A positive number, as a serial has to be. */
function serialOf(bytes: Buffer): string {
  const positive = Buffer.from(bytes);
  positive[0] = (positive[0]! & 0x7f) | 0x01;
  return positive.toString('hex');
}

type SigningAlgorithm = EcdsaParams | Algorithm;

interface EcdsaParams extends Algorithm {
  readonly hash: string;
  readonly namedCurve?: string;
}

const CURVES: Readonly<Record<string, { namedCurve: string; hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
};

interface Algorithm {
  readonly name: string;
}

/** Keys of RSA and of elliptic curves, in whichever form PEM has them. */
async function importKey(pem: string): Promise<{ key: webcrypto.CryptoKey; algorithm: SigningAlgorithm }> {
  const key = createPrivateKey(pem);
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : curve === undefined
        ? undefined
        : { name: 'ECDSA', ...curve };
  if (algorithm === undefined) throw new Error(`a key of type ${key.asymmetricKeyType} cannot sign certificates`);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return { key: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']), algorithm };
}
