import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import { findCondition, withoutCondition } from '../../framework/conditions.js';
import { availableOf, type ReplicaSets, replicasOf, sumOf } from './replica-sets.js';
import { maxUnavailableOf } from './strategy.js';

/** What fields of a status that are absent mean. */
export const ZERO_STATUS: Partial<DeploymentStatus> = {
  replicas: 0,
  updatedReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  unavailableReplicas: 0,
  terminatingReplicas: 0,
};

type Wanted = { type: string; status: string; reason: string; message: string };

/** Replaces a condition unless it says the same already; its transition time is that of its status. */
export function setCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  next: Wanted,
  now: number,
): DeploymentCondition[] {
  const old = findCondition(conditions, next.type);
  if (old?.status === next.status && old.reason === next.reason) return [...(conditions ?? [])];
  const time = rfc3339(now);
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : time;
  return [...withoutCondition(conditions, next.type), { ...next, lastUpdateTime: time, lastTransitionTime }];
}

export function progressing(status: 'True' | 'False' | 'Unknown', reason: string, message: string): Wanted {
  return { type: 'Progressing', status, reason, message };
}

/** The counts and the Available condition. */
export function countStatus(deployment: Deployment, { newest, old }: ReplicaSets, now: number): DeploymentStatus {
  const all = [newest, ...old];
  const availableReplicas = sumOf(all, availableOf);
  const enough = availableReplicas >= (deployment.spec?.replicas ?? 1) - maxUnavailableOf(deployment);
  const available = enough
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: sumOf(all, (it) => it.status?.replicas ?? 0),
    updatedReplicas: newest?.status?.replicas ?? 0,
    readyReplicas: sumOf(all, (it) => it.status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sumOf(all, replicasOf) - availableReplicas),
    terminatingReplicas: sumOf(all, (it) => it.status?.terminatingReplicas ?? 0),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    conditions: setCondition(deployment.status?.conditions, { type: 'Available', ...available }, now),
  };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return status.updatedReplicas === replicas && status.replicas === replicas && status.availableReplicas === replicas;
}

/** No deadline counts as this one, upstream's way of saying never. */
const NO_DEADLINE = 2 ** 31 - 1;

export function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

/** The status during a rollout: with how it progresses and what keeps its ReplicaSets from it. */
export function rolloutStatus(deployment: Deployment, sets: ReplicaSets, now: number): DeploymentStatus {
  const status = countStatus(deployment, sets, now);
  const subject =
    sets.newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${sets.newest.metadata.name}"`;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const settled = status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (hasDeadline(deployment) && !settled) {
    if (isComplete(deployment, status)) {
      status.conditions = setCondition(
        status.conditions,
        progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`),
        now,
      );
    } else if (hasProgressed(deployment, status)) {
      const next = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
      const lastTransitionTime = current?.status === 'True' ? current.lastTransitionTime : rfc3339(now);
      const others = withoutCondition(status.conditions, 'Progressing');
      status.conditions = [...others, { ...next, lastUpdateTime: rfc3339(now), lastTransitionTime }];
    } else if (hasTimedOut(deployment, status, now)) {
      status.conditions = setCondition(
        status.conditions,
        progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`),
        now,
      );
    }
  }
  status.conditions = withFailure(status.conditions ?? [], sets, now);
  return status;
}

function hasProgressed({ status: old }: Deployment, next: DeploymentStatus): boolean {
  const oldReplicas = (it: DeploymentStatus | undefined) => (it?.replicas ?? 0) - (it?.updatedReplicas ?? 0);
  return (
    (next.updatedReplicas ?? 0) > (old?.updatedReplicas ?? 0) ||
    oldReplicas(next) < oldReplicas(old) ||
    (next.readyReplicas ?? 0) > (old?.readyReplicas ?? 0) ||
    (next.availableReplicas ?? 0) > (old?.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const since = Date.parse(condition.lastUpdateTime ?? '');
  return since + (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) * 1000 < now;
}

/** When to look again whether a rollout has timed out, in ms; undefined if that cannot happen. */
export function deadlineIn(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || condition === undefined || isComplete(deployment, status)) return undefined;
  if (condition.reason === 'NewReplicaSetAvailable' || condition.reason === 'ProgressDeadlineExceeded')
    return undefined;
  const since = Date.parse(condition.lastUpdateTime ?? '');
  return Math.max(0, since + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000 - now) + 1000;
}

function withFailure(
  conditions: readonly DeploymentCondition[],
  { newest, old }: ReplicaSets,
  now: number,
): DeploymentCondition[] {
  const failureOf = (it: ReplicaSet | undefined) => findCondition(it?.status?.conditions, 'ReplicaFailure');
  const found = failureOf(newest) ?? old.map(failureOf).find((it) => it !== undefined);
  if (found === undefined) return withoutCondition(conditions, 'ReplicaFailure');
  const { status = 'True', reason = '', message = '' } = found;
  return setCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, now);
}
