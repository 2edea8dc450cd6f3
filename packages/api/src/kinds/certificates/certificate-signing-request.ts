import { humanDuration } from '../../duration.js';
import { type FieldError, forbidden, invalid, notSupported, path, required } from '../../field-errors.js';
import type { CertificateSigningRequest } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { dns1123SubdomainErrors } from '../../names.js';
import { deepClone } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';

const spec = path('spec');
const SECONDS_MIN = 600;
const USAGES = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
];

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  updateMetadata: 'both',
  nameRule: pathSegmentName,
  subresources: [{ name: 'approval', verbs: ['get', 'patch', 'update'] }, status],
  columns: [
    nameColumn(),
    ageColumn(),
    { name: 'SignerName', type: 'string', value: (it) => it.spec?.signerName ?? '<none>' },
    { name: 'Requestor', type: 'string', value: (it) => it.spec?.username ?? '' },
    {
      name: 'RequestedDuration',
      type: 'string',
      value: ({ spec: own }) =>
        own?.expirationSeconds === undefined ? '<none>' : humanDuration(own.expirationSeconds * 1000),
    },
    { name: 'Condition', type: 'string', value: conditionText },
  ],
  selectableFields: { 'spec.signerName': (it) => it.spec?.signerName ?? '' },
  validate: validateSpec,
  strategy: {
    // Who asks and for what never changes.
    prepareForUpdate(next, old) {
      next.spec = deepClone(old.spec);
    },
  },
});

function validateSpec({ spec: own = {} }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  if ((own.usages ?? []).length === 0) errors.push(required(spec.child('usages')));
  for (const [index, usage] of (own.usages ?? []).entries()) {
    if (!USAGES.includes(usage)) errors.push(notSupported(spec.child('usages').index(index), usage, USAGES));
  }
  errors.push(...validateSignerName(own.signerName ?? ''), ...validateRequest(own.request ?? ''));
  if (own.expirationSeconds !== undefined && own.expirationSeconds < SECONDS_MIN) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid(spec.child('expirationSeconds'), own.expirationSeconds, text));
  }
  return errors;
}

function validateRequest(request: string): FieldError[] {
  const text = Buffer.from(request, 'base64').toString('latin1');
  if (/-----BEGIN CERTIFICATE REQUEST-----[\s\S]+-----END CERTIFICATE REQUEST-----/.test(text)) return [];
  return [invalid(spec.child('request'), request, 'PEM block type must be CERTIFICATE REQUEST')];
}

/** A signer is `domain/name`. */
function validateSignerName(name: string): FieldError[] {
  const at = spec.child('signerName');
  if (name === '') return [required(at)];
  const parts = name.split('/');
  const [domain = '', signer = ''] = parts;
  if (parts.length !== 2) {
    return [invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const errors = [...dns1123SubdomainErrors(domain), ...dns1123SubdomainErrors(signer)].map((text) =>
    invalid(at, name, text),
  );
  if (!domain.includes('.'))
    errors.push(invalid(at, name, 'should be a domain with at least two segments separated by dots'));
  if (domain === 'kubernetes.io' && signer === 'legacy-unknown') {
    errors.push(forbidden(at, '"kubernetes.io/legacy-unknown" is not allowed'));
  }
  return errors;
}

function conditionText({ status: state = {} }: CertificateSigningRequest): string {
  const has = (type: string) => state.conditions?.some((condition) => condition.type === type) ?? false;
  const words = [];
  if (has('Denied')) words.push('Denied');
  else if (has('Approved')) words.push('Approved');
  else words.push('Pending');
  if (has('Failed')) words.push('Failed');
  if ((state.certificate ?? '') !== '') words.push('Issued');
  return words.join(',');
}
