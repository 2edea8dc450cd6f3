import { labelSelectorMatcher, type Pod, type ReplicaSet, type ReplicaSetStatus } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { withCondition, withoutCondition } from '../../framework/conditions.js';
import { deletionOrder } from '../../pods/deletion-order.js';
import { isActive, isAvailable, isReady } from '../../pods/pod-state.js';

/** What a ReplicaSet needs now. */
export interface ReplicaSetPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** How many pods are missing, or which ones are too many; at most `burstMax` at a time. */
export function planReplicas(
  replicaSet: ReplicaSet,
  active: readonly Pod[],
  burstMax: number,
  now: number,
): ReplicaSetPlan {
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing > 0) return { create: Math.min(missing, burstMax), remove: [] };
  const surplus = Math.min(-missing, burstMax);
  return { create: 0, remove: surplus === 0 ? [] : deletionOrder(active, now).slice(0, surplus) };
}

/** The status that a ReplicaSet's pods make; `failure` is what went wrong with the plan. */
export function replicaSetStatus(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  plan: ReplicaSetPlan,
  failure: unknown,
  now: number,
): ReplicaSetStatus {
  const active = pods.filter(isActive);
  const minReady = replicaSet.spec?.minReadySeconds ?? 0;
  const template = labelSelectorMatcher({ matchLabels: replicaSet.spec?.template?.metadata?.labels ?? {} });
  const old = replicaSet.status ?? { replicas: 0 };
  let conditions = old.conditions;
  if (failure === undefined) conditions = withoutCondition(conditions, 'ReplicaFailure');
  else {
    const reason = plan.create > 0 ? 'FailedCreate' : 'FailedDelete';
    const message = failure instanceof Error ? failure.message : String(failure);
    conditions = withCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason, message }, rfc3339(now));
  }
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter((pod) => template.matches(pod.metadata.labels ?? {})).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, minReady, now)).length,
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    observedGeneration: replicaSet.metadata.generation,
    ...(conditions !== undefined && conditions.length > 0 ? { conditions } : {}),
  };
}

/** What fields of a status that are absent mean. */
export const ZERO_STATUS: Partial<ReplicaSetStatus> = {
  replicas: 0,
  fullyLabeledReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  terminatingReplicas: 0,
  conditions: [],
};
