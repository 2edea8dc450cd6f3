import { isApiError } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.js';
import { lookUp } from './lookup.js';

/** Makes a namespace of that name, unless there is one. */
export type MakeNamespace = (name: string, attributes: AdmissionAttributes) => Promise<void>;

/** A namespace is made when something is created in it. */
export function namespaceAutoProvision(namespaces: ObjectCollection, make: MakeNamespace): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    async mutate(attributes) {
      const { operation, kind, namespace, dryRun } = attributes;
      if (operation !== 'CREATE' || dryRun || kind.scope !== 'Namespaced') return;
      if ((await lookUp(namespaces, '', namespace)) !== undefined) return;
      try {
        await make(namespace, attributes);
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists')) throw error;
      }
    },
  };
}
