import { apiErrors } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import type { AdmissionPlugin } from './admission.js';
import { lookUp } from './lookup.js';

/** Nothing is written in a namespace that is not there. */
export function namespaceExists(namespaces: ObjectCollection): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    async validate({ kind, namespace }) {
      if (kind.scope !== 'Namespaced') return;
      if ((await lookUp(namespaces, '', namespace)) === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
    },
  };
}
