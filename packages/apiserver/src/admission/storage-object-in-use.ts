import type { AdmissionPlugin } from './admission.js';

/** By `group/plural`: what keeps an object while something uses it. A controller takes it away. */
const FINALIZERS: Readonly<Record<string, string>> = {
  '/persistentvolumes': 'kubernetes.io/pv-protection',
  '/persistentvolumeclaims': 'kubernetes.io/pvc-protection',
  'storage.k8s.io/volumeattributesclasses': 'kubernetes.io/vac-protection',
};

/** What is stored is not forgotten while it is in use: new objects get the finalizer of their kind. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  mutate({ operation, kind, object: { metadata }, subresource }) {
    const finalizer = FINALIZERS[`${kind.group}/${kind.plural}`];
    if (operation !== 'CREATE' || subresource !== '' || finalizer === undefined) return;
    if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
