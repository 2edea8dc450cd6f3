import { ApiError, apiErrors, type Namespace } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp } from './lookup.js';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is missing or on its way out, and three namespaces are never deleted. */
export function namespaceLifecycle(namespaces: ObjectCollection): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    async mutate(attributes) {
      const { operation, kind, namespace } = attributes;
      if (operation !== 'CREATE' || kind.scope !== 'Namespaced') return;
      const found = await lookUp<Namespace>(namespaces, '', namespace);
      if (found === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
      if (found.metadata.deletionTimestamp === undefined) return;
      const text = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const { code, reason, message, details } = refusal(attributes, text);
      const cause = {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      };
      throw new ApiError({ code, reason, message, details: { ...details, causes: [cause] } });
    },
    validate(attributes) {
      const { operation, kind, object } = attributes;
      if (operation !== 'DELETE' || !isResource(kind, '', 'namespaces')) return;
      if (IMMORTAL.has(object.metadata.name ?? '')) throw refusal(attributes, 'this namespace may not be deleted');
    },
  };
}
