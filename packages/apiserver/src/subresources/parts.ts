import { type CertificateSigningRequest, certificates, type KubeObject, type Pod, podParts } from '@keelson/api';
import type { Subresource } from '../registry/handler.js';
import type { Reader } from '../registry/reader.js';
import type { Registry } from '../registry/registry.js';
import { type Part, STATUS } from '../registry/write.js';

/** A subresource that reads the whole object and writes a part of it. */
export function partSubresource(part: Part, dependencies: { registry: Registry; reader: Reader }): Subresource {
  const { registry, reader } = dependencies;
  return {
    get: (collection, request) => reader.get(collection, request),
    update: (collection, request, context) => registry.update(collection, request, context, part),
    patch: (collection, request, context) => registry.patch(collection, request, context, part),
  };
}

/** The conditions of a request for a certificate: whether it is granted. */
export const APPROVAL: Part = {
  ...STATUS,
  name: 'approval',
  prepare(kind, next, old, now) {
    const conditions = (next as CertificateSigningRequest).status?.conditions;
    STATUS.prepare(kind, next, old, now);
    const [request, before] = [next as CertificateSigningRequest, old as CertificateSigningRequest];
    const { conditions: _conditions, ...status } = before.status ?? {};
    request.status = { ...structuredClone(status), ...(conditions === undefined ? {} : { conditions }) };
    certificates.stampConditions(request, before, now);
  },
  validate(kind, next, old) {
    const [request, before] = [next as CertificateSigningRequest, old as CertificateSigningRequest];
    const metadata = kind.validateUpdate({ ...before, metadata: next.metadata } as KubeObject, old);
    const changes = certificates.validateChange(request, before, { setsApproval: true });
    return [...metadata, ...certificates.validateRequest(request, before), ...changes];
  },
};

/** Takes the object as it was and lets `change` bring in what this part is about. */
function only(change: (to: Pod, from: Pod) => void): Part['prepare'] {
  return (kind, next, old) => {
    const wanted = structuredClone(next) as Pod;
    const { resourceVersion, managedFields } = next.metadata;
    for (const field of Object.keys(next)) delete (next as unknown as Record<string, unknown>)[field];
    Object.assign(next, structuredClone(old));
    next.metadata.resourceVersion = resourceVersion;
    if (managedFields !== undefined) next.metadata.managedFields = managedFields;
    change(next as Pod, wanted);
    kind.strategy.prepareForUpdate(next, old);
  };
}

/** The resources of a pod's containers. */
export const RESIZE: Part = {
  name: 'resize',
  warnings: () => [],
  prepare: only((to, from) => {
    if (to.spec !== undefined) to.spec = podParts.resizedSpec(from.spec ?? {}, to.spec);
  }),
  validate(kind, next, old) {
    const { only, errors } = podParts.validateResize(next as Pod, old as Pod);
    return only ? errors : [...kind.validate(next), ...errors];
  },
};

/** Containers that come to look into a running pod; none ever goes or changes. */
export const EPHEMERAL_CONTAINERS: Part = {
  name: 'ephemeralcontainers',
  warnings: () => [],
  prepare: only((to, from) => {
    const { ephemeralContainers } = from.spec ?? {};
    if (ephemeralContainers !== undefined) to.spec = { ...to.spec, ephemeralContainers } as Pod['spec'];
  }),
  validate(kind, next, old) {
    const { only, errors } = podParts.validateEphemeralContainers(next as Pod, old as Pod);
    return only ? errors : [...kind.validate(next), ...errors];
  },
};
