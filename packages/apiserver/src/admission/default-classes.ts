import type { Ingress, IngressClass, KubeObject, PersistentVolumeClaim, StorageClass } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import { type AdmissionPlugin, isResource } from './admission.js';

const DEFAULT_STORAGE = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const STORAGE_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const DEFAULT_INGRESS = ['ingressclass.kubernetes.io/is-default-class'];
const INGRESS_ANNOTATION = 'kubernetes.io/ingress.class';

/** A claim that names no storage class gets the default one, if there is one. */
export function defaultStorageClass(storageClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    mutate({ operation, kind, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, '', 'persistentvolumeclaims')) return;
      const { spec, metadata } = object as PersistentVolumeClaim;
      if (spec === undefined || spec.storageClassName != null) return;
      if (metadata.annotations?.[STORAGE_ANNOTATION] !== undefined) return;
      const name = defaultOf<StorageClass>(storageClasses, DEFAULT_STORAGE)?.metadata.name;
      if (name !== undefined) spec.storageClassName = name;
    },
  };
}

/** An Ingress that names no class gets the default one, if there is one. */
export function defaultIngressClass(ingressClasses: ObjectCollection): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    mutate({ operation, kind, object, subresource }) {
      if (operation !== 'CREATE' || subresource !== '' || !isResource(kind, 'networking.k8s.io', 'ingresses')) return;
      const { spec, metadata } = object as Ingress;
      if (spec === undefined || spec.ingressClassName != null) return;
      if (metadata.annotations?.[INGRESS_ANNOTATION] !== undefined) return;
      const name = defaultOf<IngressClass>(ingressClasses, DEFAULT_INGRESS)?.metadata.name;
      if (name !== undefined) spec.ingressClassName = name;
    },
  };
}

/** The newest of those that are marked; of two as old the first by name. */
function defaultOf<T extends KubeObject>(classes: ObjectCollection, annotations: readonly string[]): T | undefined {
  const marked = [...classes.cache.list()]
    .map((stored) => stored.object as T)
    .filter(({ metadata }) => annotations.some((it) => metadata.annotations?.[it] === 'true'));
  const madeAt = ({ metadata }: T) => Date.parse(metadata.creationTimestamp ?? '');
  return marked.sort(
    (a, b) => madeAt(b) - madeAt(a) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  )[0];
}
