import { humanDuration } from '../../duration.js';
import type { CertificateSigningRequest } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { pathSegmentName } from '../../meta.js';
import { deepClone } from '../../object.js';
import { ageColumn, nameColumn } from '../columns.js';
import { keepConditions, stampConditions, validateChange } from './approval.js';
import { validateRequest } from './validate.js';

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'change', 'update'],
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
  validate: validateRequest,
  validateUpdate: (next, old) => validateChange(next, old, {}),
  validateStatusUpdate: (next, old) => [
    ...validateRequest(next, old),
    ...validateChange(next, old, { setsCertificate: true }),
  ],
  strategy: {
    // Who asks and for what never changes.
    prepareForUpdate(next, old) {
      next.spec = deepClone(old.spec);
    },
    prepareForStatusUpdate(next, old, now) {
      for (const type of ['Approved', 'Denied']) keepConditions(next, old, type);
      stampConditions(next, old, now);
    },
  },
});

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
