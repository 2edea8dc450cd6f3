import type { CustomResourceDefinition } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import type { ResourceRules } from '../registry/rules.js';
import { withCondition } from './conditions.js';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** A definition that is to go stays until its objects have gone. */
export const definitionRules: ResourceRules = {
  mark(object, nowMs) {
    const definition = object as CustomResourceDefinition;
    const now = rfc3339(nowMs);
    const { metadata } = definition;
    metadata.deletionTimestamp = now;
    const finalizers = metadata.finalizers ?? [];
    if (!finalizers.includes(CLEANUP_FINALIZER)) metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    definition.status = withCondition(
      definition,
      {
        type: 'Terminating',
        status: 'True',
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      },
      now,
    ).status;
  },
};
