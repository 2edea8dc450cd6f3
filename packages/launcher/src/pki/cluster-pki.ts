import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock, Random } from '@keelson/service';
import { Authority, type AuthorityDependencies, type CertificateRequest, type KeyPair } from './authority.js';
import { AUTHORITIES, type AuthorityName, type CertificatePlan } from './certificates.js';

const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 365;
/** A certificate with less than this left is made anew when the cluster starts. */
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

/**
 * Makes what is missing, about to expire or of another authority or name than planned under `directory`, and keeps the
 * rest. Returns the certificates that were made in the place of others.
 */
export async function ensurePki(
  directory: string,
  plan: CertificatePlan,
  dependencies: { clock: Clock; random: Random },
): Promise<string[]> {
  const { clock, random } = dependencies;
  const deps = { now: clock.now(), serial: () => `0${random.bytes(15).toString('hex')}` };
  const authorities = new Map<AuthorityName, Authority>();
  for (const name of Object.keys(AUTHORITIES) as AuthorityName[])
    authorities.set(name, await ensureAuthority(directory, name, deps));
  const replaced: string[] = [];
  for (const [name, request] of plan) {
    const authority = authorities.get(request.authority)!;
    if (stillGood(directory, name, request, authority, clock.now())) continue;
    if (existsSync(join(directory, `${name}.crt`))) replaced.push(name);
    write(directory, name, await authority.issue(request, CERTIFICATE_DAYS));
  }
  return replaced;
}

async function ensureAuthority(
  directory: string,
  name: AuthorityName,
  deps: AuthorityDependencies,
): Promise<Authority> {
  if (existsSync(join(directory, `${name}.key`))) return await Authority.load(read(directory, name), deps);
  const authority = await Authority.create(AUTHORITIES[name], CA_DAYS, deps);
  write(directory, name, authority.pair);
  return authority;
}

function read(directory: string, name: string): KeyPair {
  const [cert, key] = ['crt', 'key'].map((end) => readFileSync(join(directory, `${name}.${end}`), 'utf8'));
  return { cert: cert!, key: key! };
}

/** The certificate first: whoever finds a key finds what belongs to it. */
function write(directory: string, name: string, { cert, key }: KeyPair): void {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(`${path}.crt`, cert, 0o644);
  replaceFile(`${path}.key`, key, 0o600);
}

function replaceFile(path: string, content: string, mode: number): void {
  writeFileSync(`${path}.tmp`, content, { mode });
  renameSync(`${path}.tmp`, path);
}

function stillGood(
  directory: string,
  name: string,
  request: CertificateRequest,
  authority: Authority,
  now: number,
): boolean {
  const path = join(directory, `${name}.crt`);
  if (!existsSync(path) || !existsSync(join(directory, `${name}.key`))) return false;
  const { cert, key } = read(directory, name);
  const certificate = new X509Certificate(cert);
  if (Date.parse(certificate.validTo) - now < RENEW_BEFORE_MS || !authority.signed(cert)) return false;
  if (!certificate.checkPrivateKey(createPrivateKey(key))) return false;
  const subject = [...(request.organizations ?? []).map((it) => `O=${it}`), `CN=${request.commonName}`];
  return certificate.subject === subject.join('\n') && sameHosts(certificate, request.hosts ?? []);
}

/** Neither more nor less: a name too many lets its holder pass for somebody else. */
function sameHosts({ subjectAltName = '' }: X509Certificate, hosts: readonly string[]): boolean {
  const has = subjectAltName === '' ? [] : subjectAltName.split(', ').map((it) => it.replace(/^(DNS|IP Address):/, ''));
  return has.length === hosts.length && hosts.every((host) => has.includes(host));
}
