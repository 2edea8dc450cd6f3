import { type CertificateSigningRequest, deepEqual, type KubeObject } from '@keelson/api';
import type { Authorizer } from '../auth/authorizer.js';
import { type AdmissionAttributes, type AdmissionPlugin, isResource, refusal } from './admission.js';

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

/** Whoever says which certificates a signer's clients trust must be allowed to for the signer. */
export function clusterTrustBundleAttest(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    async validate(attributes) {
      const { operation, kind, object, old } = attributes;
      if (operation === 'DELETE' || !isResource(kind, GROUP, 'clustertrustbundles')) return;
      const signer = (object as TrustBundle).spec?.signerName ?? '';
      if (signer === '' || (operation === 'UPDATE' && old && isOnlyOwnership(object, old))) return;
      if (await mayFor(signer, 'attest', attributes, authorizer)) return;
      throw refusal(attributes, `user not permitted to attest for signerName ${JSON.stringify(signer)}`);
    },
  };
}

type TrustBundle = KubeObject & { readonly spec?: { readonly signerName?: string } };

/** Whether nothing is new but who owns it and what is to be done before it goes. */
function isOnlyOwnership(next: KubeObject, old: KubeObject): boolean {
  const rest = ({ metadata, ...others }: KubeObject) => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managers, ...kept } = metadata;
    return { ...others, metadata: kept };
  };
  return deepEqual(rest(next), rest(old));
}

function isUpdateOf({ operation, kind, subresource }: AdmissionAttributes, part: string): boolean {
  return operation === 'UPDATE' && subresource === part && isResource(kind, GROUP, 'certificatesigningrequests');
}

async function checkSigner(
  attributes: AdmissionAttributes,
  verb: 'approve' | 'sign',
  authorizer: Authorizer,
): Promise<void> {
  const signer = (attributes.old as CertificateSigningRequest | undefined)?.spec?.signerName ?? '';
  if (await mayFor(signer, verb, attributes, authorizer)) return;
  throw refusal(attributes, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`);
}

/** The right may be for one signer or for all of a domain. */
async function mayFor(
  signer: string,
  verb: 'approve' | 'sign' | 'attest',
  { context }: AdmissionAttributes,
  authorizer: Authorizer,
): Promise<boolean> {
  const asked = {
    ...{ user: context.user, verb, group: GROUP, version: '*', resource: 'signers', subresource: '', namespace: '' },
  };
  for (const name of [signer, `${signer.split('/')[0]}/*`])
    if ((await authorizer.authorize({ ...asked, name }, context)).allowed) return true;
  return false;
}
