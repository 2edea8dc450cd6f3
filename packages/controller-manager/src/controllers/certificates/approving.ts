import type { CertificateSigningRequest, KubeObject } from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { findCondition } from '../../framework/conditions.js';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { kubeletClientProblem, readRequest, SIGNERS } from './request.js';

const WORKERS = 5;

interface SubjectAccessReview extends KubeObject {
  readonly spec: object;
  readonly status?: { readonly allowed?: boolean };
}

const REVIEWS: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/** What a kubelet has to be allowed, and what is said of its request then. */
interface Ground {
  readonly subresource: string;
  readonly message: string;
}

/** Approves what kubelets ask for themselves, if access control lets them. */
export const certificateApproving: Controller = {
  name: 'certificatesigningrequest-approving',
  setUp(context) {
    const { client, informers, clock } = context;
    const requests = informers.for(resources.certificateSigningRequests);
    const loop = new KeyedLoop('certificatesigningrequest-approving', context);
    loop.feed(requests, ({ metadata }) => [metadata.name ?? '']);
    return () =>
      loop.run(WORKERS, async (name) => {
        const request = requests.get('', name);
        if (request === undefined || request.status?.certificate) return undefined;
        if (['Approved', 'Denied'].some((it) => findCondition(request.status?.conditions, it) !== undefined))
          return undefined;
        const grounds = groundsFor(request);
        for (const ground of grounds) {
          if (!(await isAllowed(request, ground))) continue;
          await client.update(
            resources.certificateSigningRequests,
            { ...request, status: approved(request, ground.message, rfc3339(clock.now())) },
            { subresource: 'approval' },
          );
          return undefined;
        }
        // Whoever it is may be allowed later: asked again with back-off.
        if (grounds.length > 0) throw new Error(`${name} is a kubelet's request, but access control does not allow it`);
        return undefined;
      });

    async function isAllowed({ spec = {} }: CertificateSigningRequest, { subresource }: Ground): Promise<boolean> {
      const review = await client.create(REVIEWS, {
        metadata: {},
        spec: {
          user: spec.username,
          uid: spec.uid,
          groups: spec.groups,
          extra: spec.extra,
          resourceAttributes: {
            group: 'certificates.k8s.io',
            resource: 'certificatesigningrequests',
            verb: 'create',
            subresource,
          },
        },
      });
      return review.status?.allowed === true;
    }
  },
};

/** On which grounds a request may be approved: those of whoever asks for itself come first. */
export function groundsFor(request: CertificateSigningRequest): Ground[] {
  if (request.spec?.signerName !== SIGNERS.kubeletClient) return [];
  const asked = readRequest(request);
  if (kubeletClientProblem(asked) !== undefined) return [];
  const other = {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  };
  const own = {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  };
  return request.spec.username === asked.commonName ? [own, other] : [other];
}

function approved({ status }: CertificateSigningRequest, message: string, now: string) {
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: now };
  return { ...status, conditions: [...(status?.conditions ?? []), condition] };
}
