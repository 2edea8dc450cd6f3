import { X509Certificate } from 'node:crypto';
import { pemBlocks } from './certificates/pem.js';

/** Why a bundle holds no authority that a client could trust; undefined if it holds one. */
export function caBundleProblem(bundle: Buffer): string | undefined {
  const problem = problemOf(bundle);
  return problem === undefined ? undefined : `unable to load root certificates: ${problem}`;
}

function problemOf(bundle: Buffer): string | undefined {
  const blocks = pemBlocks(bundle.toString('latin1'));
  const certificates = blocks.filter(({ type, hasHeaders }) => type === 'CERTIFICATE' && !hasHeaders);
  if (certificates.some(({ bytes }) => isCertificate(bytes))) return undefined;
  if (certificates.length > 0) return 'failed to parse certificate: x509: malformed certificate';
  return blocks.length === 0 ? 'unable to parse bytes as PEM block' : 'no valid certificate authority data seen';
}

function isCertificate(bytes: Buffer): boolean {
  try {
    new X509Certificate(bytes);
    return true;
  } catch {
    return false;
  }
}
