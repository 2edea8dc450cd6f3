import 'reflect-metadata';
import type { CertificateSigningRequest } from '@keelson/api';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { SUPERUSERS } from '../auth/user.js';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';

const REQUESTS = 'certificatesigningrequests';
const SIGNER = 'kubernetes.io/kube-apiserver-client';

/** Nobody becomes a superuser by a certificate that somebody approves without reading it. */
export const restrictCertificateSubjects: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate(attributes) {
    const { operation, kind, object, subresource } = attributes;
    if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, 'certificates.k8s.io', REQUESTS)) return;
    const { spec } = object as CertificateSigningRequest;
    if (spec?.signerName !== SIGNER) return;
    if (!organizations(spec.request ?? '').includes(SUPERUSERS)) return;
    const why = `use of ${SIGNER} signer with ${SUPERUSERS} group is not allowed`;
    throw refusal(attributes, why);
  },
};

/** None of what is no request: that is refused by what validates it. */
function organizations(request: string): string[] {
  try {
    return new Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString('latin1')).subjectName.getField('O');
  } catch {
    return [];
  }
}
