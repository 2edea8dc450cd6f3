import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Random } from '@keelson/service';
import { Authority, type CertificateRequest, type KeyPair } from './authority.js';

const CA_DAYS = 3650;
const CERTIFICATE_DAYS = 365;
/** A certificate with less than this left is made anew when the cluster starts. */
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

/** The certificates of a cluster by file name, without ending. */
export type CertificatePlan = ReadonlyMap<string, CertificateRequest>;

/** Makes what is missing or about to expire under `directory`, and keeps the rest. */
export async function ensurePki(
  directory: string,
  plan: CertificatePlan,
  dependencies: { clock: Clock; random: Random },
): Promise<void> {
  const { clock, random } = dependencies;
  const deps = { now: clock.now(), serial: () => `0${random.bytes(15).toString('hex')}` };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const authority = existsSync(join(directory, 'ca.key'))
    ? await Authority.load(read(directory, 'ca'), deps)
    : await Authority.create('keelson-ca', CA_DAYS, deps);
  write(directory, 'ca', authority.pair);
  for (const [name, request] of plan) {
    if (stillGood(directory, name, request, clock.now())) continue;
    write(directory, name, await authority.issue(request, CERTIFICATE_DAYS));
  }
}

function read(directory: string, name: string): KeyPair {
  const [cert, key] = ['crt', 'key'].map((end) => readFileSync(join(directory, `${name}.${end}`), 'utf8'));
  return { cert: cert!, key: key! };
}

/** The key first: a certificate that is there has its key. */
function write(directory: string, name: string, { cert, key }: KeyPair): void {
  replaceFile(join(directory, `${name}.key`), key, 0o600);
  replaceFile(join(directory, `${name}.crt`), cert, 0o644);
}

function replaceFile(path: string, content: string, mode: number): void {
  writeFileSync(`${path}.tmp`, content, { mode });
  renameSync(`${path}.tmp`, path);
}

function stillGood(directory: string, name: string, request: CertificateRequest, now: number): boolean {
  const path = join(directory, `${name}.crt`);
  if (!existsSync(path) || !existsSync(join(directory, `${name}.key`))) return false;
  const certificate = new X509Certificate(readFileSync(path));
  if (Date.parse(certificate.validTo) - now < RENEW_BEFORE_MS) return false;
  const names = certificate.subjectAltName ?? '';
  return (request.hosts ?? []).every((host) => names.includes(`:${host}`));
}
