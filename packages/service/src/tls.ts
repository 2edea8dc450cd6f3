import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import { CallCredentials, ChannelCredentials, Metadata, ServerCredentials } from '@grpc/grpc-js';

/** PEM contents. */
export interface TlsIdentity {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

/** With what a server encrypts its connections, beside what Node.js has by default. */
export interface ServingTls extends TlsIdentity {
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** OpenSSL's names with colons between them. */
  readonly ciphers?: string | undefined;
}

export class TlsError extends Error {
  override name = 'TlsError';
}

export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

/** Who a certificate says its holder is: Kubernetes' user (CN) and groups (O). */
export interface Identity {
  user: string;
  groups: string[];
}

/**
 * Reads a certificate with its key and CA and checks that they can serve: readable, PEM, a matching pair, valid at
 * `now` (wall time, milliseconds). Throws TlsError whose message names the file and what to do.
 */
export function loadIdentity(files: TlsFiles, now: number): TlsIdentity {
  const identity = { ca: read(files.ca, 'CA'), cert: read(files.cert, 'certificate'), key: read(files.key, 'key') };
  for (const file of ['ca', 'cert'] as const) checkValidity(files[file], identity[file], now);
  try {
    createSecureContext(identity);
  } catch (error) {
    throw new TlsError(
      `certificate ${files.cert} and key ${files.key} do not go together: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  return identity;
}

/** Reads the certificates of authorities and checks that they are some. Throws as `loadIdentity` does. */
export function loadAuthorities(path: string, now: number): Buffer {
  const bundle = read(path, 'CA');
  checkValidity(path, bundle, now);
  return bundle;
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TlsError(`cannot read ${what} file ${path}: ${(error as NodeJS.ErrnoException).code ?? error}`, {
      cause: error,
    });
  }
}

function checkValidity(path: string, pem: Buffer, now: number): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw new TlsError(`${path} is not a PEM certificate: ${(error as Error).message}`, { cause: error });
  }
  if (now > Date.parse(certificate.validTo)) {
    throw new TlsError(`certificate ${path} expired on ${certificate.validTo}: make a new one and restart`);
  }
  if (now < Date.parse(certificate.validFrom)) {
    throw new TlsError(`certificate ${path} is not valid before ${certificate.validFrom}: check this machine's clock`);
  }
}

/** Looks at a server's certificate beyond its CA and its host: what is wrong with it, or undefined. */
export type ServerCheck = (certificate: PeerCertificate) => Error | undefined;

/** node:tls' check of a server's certificate: that it is for the host, and then what the caller wants to know of it. */
export function serverIdentityCheck(check: ServerCheck) {
  return (host: string, certificate: PeerCertificate): Error | undefined =>
    checkServerIdentity(host, certificate) ?? check(certificate);
}

/** What a client trusts, and the certificate that it shows, if it shows one. */
export type ClientTls = Pick<TlsIdentity, 'ca'> & Partial<TlsIdentity>;

export function channelCredentials(
  identity: ClientTls | undefined,
  { check, token }: { readonly check?: ServerCheck | undefined; readonly token?: BearerToken | undefined } = {},
): ChannelCredentials {
  if (identity === undefined) return ChannelCredentials.createInsecure();
  const { ca, key = null, cert = null } = identity;
  const options = check === undefined ? {} : { checkServerIdentity: serverIdentityCheck(check) };
  const channel = ChannelCredentials.createSsl(ca, key, cert, options);
  return token === undefined ? channel : channel.compose(bearer(token));
}

/** A token, or what tells the one that is good now. */
export type BearerToken = string | (() => Promise<string>);

/** Goes with every call, over TLS only. */
function bearer(token: BearerToken): CallCredentials {
  const metadataOf = async () => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${typeof token === 'string' ? token : await token()}`);
    return metadata;
  };
  return CallCredentials.createFromMetadataGenerator((_options, done) => {
    metadataOf().then((metadata) => done(null, metadata), done);
  });
}

export function serverCredentials(
  identity: TlsIdentity | undefined,
  clientCertificates: 'require' | 'none' = 'require',
): ServerCredentials {
  if (identity === undefined) return ServerCredentials.createInsecure();
  return ServerCredentials.createSsl(
    identity.ca,
    [{ private_key: identity.key, cert_chain: identity.cert }],
    clientCertificates === 'require',
  );
}

/** The subject of a verified peer certificate in the shape that node:tls gives it. */
export function identityOf(
  subject: { CN?: string | string[]; O?: string | string[] } | undefined,
): Identity | undefined {
  const user = [subject?.CN ?? []].flat()[0];
  if (user === undefined || user === '') return undefined;
  return { user, groups: [subject?.O ?? []].flat() };
}

/** The names that a certificate carries: its CN and its DNS names. */
export function namesOf(certificate: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): ReadonlySet<string> {
  const names = new Set<string>();
  const commonName = [certificate.subject?.CN ?? []].flat()[0];
  if (commonName !== undefined && commonName !== '') names.add(commonName);
  // A name that needs quoting is no host name, and must not smuggle in others.
  for (const part of (certificate.subjectaltname ?? '').split(', ')) {
    const name = /^DNS:([^"]+)$/.exec(part)?.[1];
    if (name !== undefined) names.add(name);
  }
  return names;
}
