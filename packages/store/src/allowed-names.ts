import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** Whose certificates a port takes beyond asking for one of its CA; both empty: anybody's. */
export interface AllowedNames {
  readonly commonNames: readonly string[];
  readonly hostnames: readonly string[];
}

/** Undefined if the certificate is one of those that are allowed. */
export function refusedName(allowed: AllowedNames, certificate: PeerCertificate): Error | undefined {
  const { commonNames, hostnames } = allowed;
  if (commonNames.length === 0 && hostnames.length === 0) return undefined;
  const commonName = [certificate.subject?.CN ?? []].flat()[0] ?? '';
  if (commonNames.includes(commonName)) return undefined;
  if (hostnames.some((host) => isFor(host, certificate))) return undefined;
  return new Error(`a certificate of CN ${JSON.stringify(commonName)} is not among those allowed`);
}

/** Whether a certificate carries a host's name or address, as its alternative name: a CN does not count. */
export function isFor(host: string, certificate: PeerCertificate): boolean {
  return certificate.subjectaltname !== undefined && checkServerIdentity(host, certificate) === undefined;
}
