import { controllerReference, type KubeObject, type Pod, type PodTemplateSpec } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Create, create, type Delete, remove } from '../framework/actions.js';

export interface OwnerKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Creates a pod and says so of its owner, in upstream's words. */
export function createPod(pod: Pod): Create {
  return create(resources.pods, pod, {
    done: ({ metadata }) => ({
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${metadata.name}`,
    }),
    failed: ({ message }) => ({ type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${message}` }),
  });
}

/** Deletes a pod and says so of its owner; one that is gone already, or another's by now, is as good. */
export function deletePod(pod: Pod): Delete {
  return remove(resources.pods, pod, {
    ignore: ['NotFound', 'Conflict'],
    done: ({ metadata }) => ({
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${metadata.name}`,
    }),
    failed: ({ message }) => ({ type: 'Warning', reason: 'FailedDelete', message: `Error deleting: ${message}` }),
  });
}

/** A pod of a template, owned by what the template is part of. */
export function podFromTemplate(template: PodTemplateSpec | undefined, owner: KubeObject, ownerKind: OwnerKind): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      labels: { ...labels },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(owner, ownerKind)],
    },
    spec: structuredClone(template?.spec) ?? { containers: [] },
  };
}
