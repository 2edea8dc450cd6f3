import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type CryptoKey = webcrypto.CryptoKey;

x509.cryptoProvider.set(webcrypto);

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

export interface CertificateRequest extends Subject {
  /** Names and addresses that a server of this certificate is reached at; none for clients. */
  readonly hosts?: readonly string[];
  /** False for one that only serves. */
  readonly client?: boolean;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks of other machines may be a little behind. */
const BACKDATE_MS = 5 * 60 * 1000;

export interface AuthorityDependencies {
  /** Wall time, milliseconds. */
  now: number;
  serial(): string;
}

/** A certificate authority of a cluster. */
export class Authority {
  readonly pair: KeyPair;
  readonly #certificate: x509.X509Certificate;
  readonly #key: CryptoKey;
  readonly #deps: AuthorityDependencies;

  private constructor(pair: KeyPair, certificate: x509.X509Certificate, key: CryptoKey, deps: AuthorityDependencies) {
    this.pair = pair;
    this.#certificate = certificate;
    this.#key = key;
    this.#deps = deps;
  }

  static async create(commonName: string, days: number, deps: AuthorityDependencies): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: deps.serial(),
      name: nameOf({ commonName }),
      notBefore: new Date(deps.now - BACKDATE_MS),
      notAfter: new Date(deps.now + days * DAY_MS),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    const pair = { cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
    return new Authority(pair, certificate, keys.privateKey, deps);
  }

  static async load(pair: KeyPair, deps: AuthorityDependencies): Promise<Authority> {
    const der = x509.PemConverter.decodeFirst(pair.key);
    const key = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
    return new Authority(pair, new x509.X509Certificate(pair.cert), key, deps);
  }

  /** Whether a certificate is one that this authority signed. */
  signed(pem: string): boolean {
    const [certificate, own] = [new X509Certificate(pem), new X509Certificate(this.pair.cert)];
    return certificate.checkIssued(own) && certificate.verify(own.publicKey);
  }

  /** A certificate for servers (with hosts) and clients. */
  async issue(request: CertificateRequest, days: number): Promise<KeyPair> {
    const keys = await generateKeys();
    const hosts = request.hosts ?? [];
    const usages = [
      ...(request.client === false ? [] : [x509.ExtendedKeyUsage.clientAuth]),
      ...(hosts.length > 0 ? [x509.ExtendedKeyUsage.serverAuth] : []),
    ];
    const names = hosts.map((host) => ({ type: isAddress(host) ? 'ip' : 'dns', value: host }) as const);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: this.#deps.serial(),
      subject: nameOf(request),
      issuer: this.#certificate.subject,
      notBefore: new Date(this.#deps.now - BACKDATE_MS),
      notAfter: new Date(this.#deps.now + days * DAY_MS),
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(usages),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return { cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
  }
}

function isAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(':');
}

function nameOf({ commonName, organizations = [] }: Subject): x509.JsonName {
  return [...organizations.map((it) => ({ O: [it] })), { CN: [commonName] }];
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function exportKey(key: CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}
