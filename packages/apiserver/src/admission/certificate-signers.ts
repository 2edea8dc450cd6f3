import { apiErrors, type CertificateSigningRequest, deepEqual } from '@keelson/api';
import type { Authorizer } from '../auth/authorizer.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource } from './admission.js';

const GROUP = 'certificates.k8s.io';

/** Whoever approves or denies a request must be allowed to for its signer. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    async validate(attributes) {
      if (isUpdateOf(attributes, 'approval')) await checkSigner(attributes, 'approve', authorizer);
    },
  };
}

/** Whoever signs a request, or says that it cannot be signed, must be allowed to for its signer. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    async validate(attributes) {
      if (!isUpdateOf(attributes, 'status')) return;
      const [next, before] = [attributes.object, attributes.old].map((it) => (it as CertificateSigningRequest).status);
      const failed = (status: typeof next) => (status?.conditions ?? []).filter(({ type }) => type === 'Failed');
      if (next?.certificate === before?.certificate && deepEqual(failed(next), failed(before))) return;
      await checkSigner(attributes, 'sign', authorizer);
    },
  };
}

function isUpdateOf({ operation, kind, subresource }: AdmissionAttributes, part: string): boolean {
  return operation === 'UPDATE' && subresource === part && isResource(kind, GROUP, 'certificatesigningrequests');
}

async function checkSigner(
  { kind, object, old, context }: AdmissionAttributes,
  verb: 'approve' | 'sign',
  authorizer: Authorizer,
): Promise<void> {
  const signer = (old as CertificateSigningRequest | undefined)?.spec?.signerName ?? '';
  const asked = {
    ...{ user: context.user, verb, group: GROUP, version: '*', resource: 'signers', subresource: '', namespace: '' },
  };
  // The right may be for one signer or for all of a domain.
  for (const name of [signer, `${signer.split('/')[0]}/*`])
    if ((await authorizer.authorize({ ...asked, name }, context.signal)).allowed) return;
  const text = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`;
  throw apiErrors.forbidden(kind, object.metadata.name ?? '', text);
}
