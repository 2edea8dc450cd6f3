import { compareQuantities, type PersistentVolumeClaim, type StorageClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource, refusal } from './admission.js';
import { lookUp } from './lookup.js';

/** A claim grows only where it is bound and its storage class can make its volume grow. */
export function persistentVolumeClaimResize(storageClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    async validate(attributes) {
      const { operation, kind, object, old, subresource } = attributes;
      if (operation !== 'UPDATE' || subresource !== '' || !isResource(kind, '', 'persistentvolumeclaims')) return;
      const [next, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
      if (compareQuantities(size(next), size(before)) <= 0) return;
      if (before.status?.phase !== 'Bound')
        throw refusal(attributes, 'Only bound persistent volume claims can be expanded');
      const name = classOf(next);
      const found = name !== '' && name === classOf(before) && (await lookUp<StorageClass>(storageClasses, '', name));
      if (found && found.allowVolumeExpansion === true) return;
      throw refusal(
        attributes,
        'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
      );
    },
  };
}

function size({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.['storage'] ?? '0';
}

function classOf({ spec, metadata }: PersistentVolumeClaim): string {
  return metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
}
