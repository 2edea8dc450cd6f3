import { apiErrors, type PersistentVolumeClaim, quantityValue, type StorageClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';
import { lookUp } from './lookup.js';

/** A claim grows only where it is bound and its storage class can make its volume grow. */
export function persistentVolumeClaimResize(storageClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    async validate({ operation, kind, object, old, subresource }) {
      if (operation !== 'UPDATE' || subresource !== '' || !isResource(kind, '', 'persistentvolumeclaims')) return;
      const [next, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
      if (size(next) <= size(before)) return;
      const refuse = (text: string) => apiErrors.forbidden(kind, next.metadata.name ?? '', text);
      if (before.status?.phase !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded');
      const name = classOf(next);
      const found = name !== '' && name === classOf(before) && (await lookUp<StorageClass>(storageClasses, '', name));
      if (found && found.allowVolumeExpansion === true) return;
      throw refuse(
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    },
  };
}

function size({ spec }: PersistentVolumeClaim): number {
  const storage = spec?.resources?.requests?.['storage'];
  return storage === undefined ? 0 : quantityValue(String(storage));
}

function classOf({ spec, metadata }: PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
}
