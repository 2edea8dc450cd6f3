import { X509Certificate } from 'node:crypto';
import { duplicate, type FieldError, invalid, notSupported, path, quote, required } from '../../field-errors.js';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../gen/types.js';
import { pemBlocks } from './pem.js';
import { requestProblem } from './pkcs10.js';
import { validateSignerName } from './signer-name.js';

const spec = path('spec');
const SECONDS_MIN = 600;
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const USAGES = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
];

/** What was let in once may stay as it is. */
export function validateRequest(it: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  const { usages = [], signerName = '', request, expirationSeconds } = it.spec ?? {};
  return [
    ...validateContent(request),
    ...(usages.length === 0 ? [required(spec.child('usages'))] : []),
    ...validateUsages(usages, old?.spec?.usages ?? []),
    ...(signerName === LEGACY_SIGNER && old?.spec?.signerName !== LEGACY_SIGNER
      ? [invalid(spec.child('signerName'), signerName, 'the legacy signerName is not allowed via this API version')]
      : validateSignerName(signerName, spec.child('signerName'))),
    ...validateSeconds(expirationSeconds),
    ...validateConditions(it.status?.conditions ?? [], old?.status?.conditions ?? []),
    ...validateCertificate(it.status?.certificate ?? '', old),
  ];
}

function validateContent(request: string | undefined): FieldError[] {
  const [block] = pemBlocks(Buffer.from(request ?? '', 'base64').toString('latin1'));
  const problem =
    block?.type === 'CERTIFICATE REQUEST' ? requestProblem(block.bytes) : 'PEM block type must be CERTIFICATE REQUEST';
  return problem === undefined ? [] : [invalid(spec.child('request'), request, problem)];
}

function validateUsages(usages: readonly string[], before: readonly string[]): FieldError[] {
  const at = (index: number) => spec.child('usages').index(index);
  const mayBeUnknown = before.some((usage) => !USAGES.includes(usage));
  const mayBeTwice = new Set(before).size < before.length;
  return [
    ...usages.flatMap((usage, index) =>
      mayBeUnknown || USAGES.includes(usage) ? [] : [notSupported(at(index), usage, USAGES)],
    ),
    ...usages.flatMap((usage, index) =>
      mayBeTwice || usages.indexOf(usage) === index ? [] : [duplicate(at(index), usage)],
    ),
  ];
}

function validateSeconds(seconds: number | undefined): FieldError[] {
  if (seconds === undefined || seconds >= SECONDS_MIN) return [];
  const text = 'may not specify a duration less than 600 seconds (10 minutes)';
  return [invalid(spec.child('expirationSeconds'), seconds, text)];
}

type Conditions = readonly CertificateSigningRequestCondition[];

function validateConditions(conditions: Conditions, before: Conditions): FieldError[] {
  const types = before.map(({ type = '' }) => type);
  const mayBeTwice = new Set(types).size < types.length;
  const mayContradict = types.includes('Approved') && types.includes('Denied');
  const seen = new Set<string>();
  return conditions.flatMap(({ type = '', status = '' }, index) => {
    const at = path('status', 'conditions').index(index);
    const errors: FieldError[] = [];
    if (type === '' && !types.includes('')) errors.push(required(at.child('type')));
    const supported = ['Approved', 'Denied', 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(at.child('status')));
    else if (!supported.includes(status)) errors.push(notSupported(at.child('status'), status, supported));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (!mayContradict && opposite !== undefined && seen.has(opposite))
      errors.push(invalid(at.child('type'), type, 'Approved and Denied conditions are mutually exclusive'));
    if (!mayBeTwice && seen.has(type)) errors.push(duplicate(at.child('type'), type));
    seen.add(type);
    return errors;
  });
}

function validateCertificate(certificate: string, old: CertificateSigningRequest | undefined): FieldError[] {
  const before = old?.status?.certificate ?? '';
  if (old !== undefined && (certificate === before || certificateProblem(before) !== undefined)) return [];
  const problem = certificateProblem(certificate);
  return problem === undefined ? [] : [invalid(path('status', 'certificate'), '<certificate data>', problem)];
}

function certificateProblem(certificate: string): string | undefined {
  if (certificate === '') return undefined;
  const blocks = pemBlocks(Buffer.from(certificate, 'base64').toString('latin1'));
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    try {
      new X509Certificate(bytes);
    } catch {
      return 'x509: malformed certificate';
    }
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined;
}
