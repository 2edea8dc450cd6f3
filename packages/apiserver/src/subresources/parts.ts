import {
  type CertificateSigningRequest,
  type Container,
  certificates,
  deepEqual,
  type FieldError,
  fieldErrors,
  type KubeObject,
  type Pod,
  qosClass,
} from '@keelson/api';
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

function resourcesInto(to: Container[] | undefined, from: Container[] | undefined): void {
  for (const container of to ?? []) {
    const wanted = from?.find((it) => it.name === container.name);
    if (wanted === undefined) continue;
    for (const field of ['resources', 'resizePolicy'] as const) {
      if (wanted[field] === undefined) delete container[field];
      else Object.assign(container, { [field]: wanted[field] });
    }
  }
}

/** The resources of a pod's containers. */
export const RESIZE: Part = {
  name: 'resize',
  warnings: () => [],
  prepare: only((to, from) => {
    resourcesInto(to.spec?.containers, from.spec?.containers);
    resourcesInto(to.spec?.initContainers, from.spec?.initContainers);
  }),
  validate(kind, next, old) {
    return [...kind.validate(next), ...resizeErrors(next as Pod, old as Pod)];
  },
};

const RESIZABLE = new Set(['cpu', 'memory']);

function resizeErrors({ spec = {} }: Pod, { spec: before = {} }: Pod): FieldError[] {
  if (qosClass(spec) !== qosClass(before)) {
    return [fieldErrors.invalid('spec', qosClass(spec), 'Pod QOS Class may not change as a result of resizing')];
  }
  const fixed = (containers: readonly Container[] | undefined) =>
    (containers ?? []).map(({ resources, ...rest }) => [
      rest,
      without(resources?.limits),
      without(resources?.requests),
    ]);
  if (deepEqual(fixed(spec.containers), fixed(before.containers))) return [];
  return [fieldErrors.forbidden('spec', 'only cpu and memory resources are mutable')];
}

function without(list: Readonly<Record<string, unknown>> | undefined): object {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !RESIZABLE.has(name)));
}

/** Containers that come to look into a running pod; none ever goes or changes. */
export const EPHEMERAL_CONTAINERS: Part = {
  name: 'ephemeralcontainers',
  warnings: () => [],
  prepare: only((to, from) => {
    const { ephemeralContainers } = from.spec ?? {};
    if (ephemeralContainers !== undefined) to.spec = { ...to.spec, ephemeralContainers } as Pod['spec'];
  }),
  validate(kind, next, old) {
    return [...kind.validate(next), ...ephemeralErrors(next, old)];
  },
};

function ephemeralErrors(next: KubeObject, old: KubeObject): FieldError[] {
  const now = (next as Pod).spec?.ephemeralContainers ?? [];
  return ((old as Pod).spec?.ephemeralContainers ?? []).flatMap((before) => {
    const same = now.find((it) => it.name === before.name);
    if (same !== undefined && deepEqual(same, before)) return [];
    const name = JSON.stringify(before.name);
    const text =
      same === undefined
        ? `existing ephemeral containers ${name} may not be removed\n`
        : `existing ephemeral containers ${name} may not be changed\n`;
    return [fieldErrors.forbidden('spec.ephemeralContainers', text)];
  });
}
