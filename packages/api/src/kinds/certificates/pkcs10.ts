/** Requests for certificates (PKCS #10): whether one is well-formed, and signed by whom it says it is of. */
import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
const DATA_TRUNCATED = 'asn1: syntax error: data truncated';
const TRAILING_DATA = 'asn1: syntax error: trailing data';
const NO_STRUCTURE = 'asn1: structure error: tags do not match';

interface Signing {
  readonly hash: string | null;
  readonly padding?: number;
}

const { RSA_PKCS1_PADDING } = constants;

/** By the bytes of the algorithm's identifier. */
const SIGNINGS: Readonly<Record<string, Signing>> = {
  '2a864886f70d01010b': { hash: 'sha256', padding: RSA_PKCS1_PADDING },
  '2a864886f70d01010c': { hash: 'sha384', padding: RSA_PKCS1_PADDING },
  '2a864886f70d01010d': { hash: 'sha512', padding: RSA_PKCS1_PADDING },
  '2a8648ce3d040302': { hash: 'sha256' },
  '2a8648ce3d040303': { hash: 'sha384' },
  '2a8648ce3d040304': { hash: 'sha512' },
  '2b6570': { hash: null },
};

/** One element of DER. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  /** The element with its head. */
  readonly whole: Buffer;
  readonly rest: Buffer;
}

class DerError extends Error {}

function read(bytes: Buffer, tag?: number): Element {
  const first = bytes[1];
  if (bytes.length < 2 || first === undefined) throw new DerError(DATA_TRUNCATED);
  if (tag !== undefined && bytes[0] !== tag) throw new DerError(NO_STRUCTURE);
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 4) throw new DerError('asn1: structure error: length too large');
  const start = 2 + more;
  if (bytes.length < start) throw new DerError(DATA_TRUNCATED);
  const length = more === 0 ? first : bytes.readUIntBE(2, more);
  const end = start + length;
  if (bytes.length < end) throw new DerError(DATA_TRUNCATED);
  const [content, whole, rest] = [bytes.subarray(start, end), bytes.subarray(0, end), bytes.subarray(end)];
  return { tag: bytes[0] ?? 0, content, whole, rest };
}

/** What is wrong with a request, in Go's words where they are known; undefined where nothing is. */
export function requestProblem(der: Buffer): string | undefined {
  try {
    const outer = read(der, SEQUENCE);
    if (outer.rest.length > 0) return TRAILING_DATA;
    const information = read(outer.content, SEQUENCE);
    const algorithm = read(information.rest, SEQUENCE);
    const signature = read(algorithm.rest, BIT_STRING);
    if (signature.rest.length > 0) return TRAILING_DATA;
    const oid = read(algorithm.content, OBJECT_IDENTIFIER).content.toString('hex');
    return signatureProblem(publicKeyOf(information), oid, information.whole, signature.content.subarray(1));
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

/** Behind the version and the subject. */
function publicKeyOf(information: Element): KeyObject {
  const subject = read(read(information.content).rest, SEQUENCE);
  const { whole } = read(subject.rest, SEQUENCE);
  try {
    return createPublicKey({ key: whole, format: 'der', type: 'spki' });
  } catch {
    throw new DerError('x509: unsupported or malformed public key');
  }
}

function signatureProblem(key: KeyObject, oid: string, signed: Buffer, signature: Buffer): string | undefined {
  const signing = SIGNINGS[oid];
  const unsupported = 'x509: cannot verify signature: algorithm unimplemented';
  if (signing === undefined) return unsupported;
  try {
    const how = signing.padding === undefined ? key : { key, padding: signing.padding };
    if (verify(signing.hash, signed, how, signature)) return undefined;
  } catch {
    return unsupported;
  }
  if (key.asymmetricKeyType === 'rsa') return 'crypto/rsa: verification error';
  return key.asymmetricKeyType === 'ec' ? 'x509: ECDSA verification failure' : 'x509: Ed25519 verification failure';
}
