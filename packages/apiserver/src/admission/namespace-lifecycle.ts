import { ApiError, apiErrors, type Namespace } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';

const IMMORTAL = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is missing or on its way out, and three namespaces are never deleted. */
export function namespaceLifecycle(namespaces: ObjectCollection): AdmissionPlugin {
  return {
    name: 'NamespaceLifecycle',
    async mutate({ operation, kind, namespace, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || kind.scope !== 'Namespaced') return;
      const found = await lookUp<Namespace>(namespaces, '', namespace);
      if (found === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
      if (found.metadata.deletionTimestamp === undefined) return;
      const text = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const { code, reason, message, details } = apiErrors.forbidden(kind, object.metadata.name ?? '', text);
      const cause = {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      };
      throw new ApiError({ code, reason, message, details: { ...details, causes: [cause] } });
    },
    validate({ operation, kind, object }) {
      if (operation !== 'DELETE' || !isResource(kind, '', 'namespaces')) return;
      const name = object.metadata.name ?? '';
      if (IMMORTAL.has(name)) throw apiErrors.forbidden(kind, name, 'this namespace may not be deleted');
    },
  };
}
