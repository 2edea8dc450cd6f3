import {
  type Deployment,
  type DeploymentStatus,
  deepEqual,
  labelSelectorMatcher,
  largest,
  type ReplicaSet,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { type Action, type Decision, tell, update } from '../../framework/actions.js';
import { findCondition } from '../../framework/conditions.js';
import { newestAnnotations, REVISION, revisionOf } from './annotations.js';
import { createNewest } from './newest.js';
import { partition, type ReplicaSets, replicasOf } from './replica-sets.js';
import { isScaling, type Resize, rollingStep, scaleStep } from './rollout.js';
import {
  countStatus,
  deadlineIn,
  hasDeadline,
  isComplete,
  progressing,
  rolloutStatus,
  setCondition,
} from './status.js';
import { cleanUp, resize, revisionNoted, statusWritten } from './writes.js';

/** What a decision about a Deployment is made on. */
export interface Look {
  readonly deployment: Deployment;
  /** The ReplicaSets that it owns. */
  readonly owned: readonly ReplicaSet[];
  /** Whether a pod of one of these ReplicaSets has not ended. */
  readonly anyRuns: (sets: readonly ReplicaSet[]) => boolean;
  readonly now: number;
}

/** One step of a Deployment, and its status. What the step changes brings the next look. */
export function decide(look: Look): Decision {
  const { deployment, owned, now } = look;
  if (labelSelectorMatcher(deployment.spec?.selector).empty) return selectsAll(deployment);
  const sets = partition(deployment, owned);
  if (deployment.metadata.deletionTimestamp !== undefined)
    return { afterwards: () => statusWritten(deployment, countStatus(deployment, sets, now)) };
  const pause = notePause(deployment, now);
  if (pause !== undefined) return { steps: [[pause]] };
  if (deployment.spec?.paused === true || isScaling(deployment, owned)) return scale(look, sets);
  return deployment.spec?.strategy?.type === 'Recreate' ? recreate(look, sets) : roll(look, sets);
}

function selectsAll(deployment: Deployment): Decision {
  const text = 'This deployment is selecting all pods. A non-empty selector is required.';
  const { generation = 0 } = deployment.metadata;
  const seen = Math.max(deployment.status?.observedGeneration ?? 0, generation);
  const status = { ...deployment.status, observedGeneration: seen };
  return {
    steps: [[tell('Warning', 'SelectingAll', text)]],
    afterwards: () => statusWritten(deployment, status),
  };
}

/** A pause stops the clock of the progress deadline, and resuming starts it anew. */
function notePause(deployment: Deployment, now: number): Action | undefined {
  if (!hasDeadline(deployment)) return undefined;
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const paused = deployment.spec?.paused === true;
  if (paused === (current?.reason === 'DeploymentPaused')) return undefined;
  const condition = paused
    ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused')
    : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  const conditions = setCondition(deployment.status?.conditions, condition, now);
  const [written] = statusWritten(deployment, { ...deployment.status, conditions });
  return written;
}

function scale(look: Look, sets: ReplicaSets): Decision {
  const { deployment, now } = look;
  const before = prepared(look, sets);
  if (before !== undefined) return before;
  const steps = scaleStep(deployment, sets).map((it) => resize(deployment, it));
  const spent = deployment.spec?.paused === true ? [cleanUp(deployment, sets)] : [];
  return { ...finished(deployment, countStatus(deployment, sets, now), now), steps: [...steps, ...spent] };
}

function roll(look: Look, sets: ReplicaSets): Decision {
  const { deployment, now } = look;
  const { newest, old } = sets;
  if (newest === undefined) return createNewest(deployment, old, now);
  const before = prepared(look, sets);
  if (before !== undefined) return before;
  const resizes = rollingStep(deployment, { newest, old });
  return settle(look, sets, resizes);
}

function recreate(look: Look, sets: ReplicaSets): Decision {
  const { deployment, now, anyRuns } = look;
  const { newest, old } = sets;
  const before = prepared(look, sets);
  if (before !== undefined) return before;
  const active = old.filter((it) => replicasOf(it) > 0);
  if (active.length > 0 || anyRuns(old)) {
    const steps = active.map((replicaSet) => resize(deployment, { replicaSet, replicas: 0 }));
    return { ...finished(deployment, rolloutStatus(deployment, sets, now), now), steps };
  }
  if (newest === undefined) return createNewest(deployment, old, now);
  return settle(look, sets, [{ replicaSet: newest, replicas: deployment.spec?.replicas ?? 1 }]);
}

/** Resizes; with nothing left to resize and all there, forgets ReplicaSets beyond the history that is kept. */
function settle({ deployment, now }: Look, sets: ReplicaSets, resizes: readonly Resize[]): Decision {
  const steps = resizes.map((it) => resize(deployment, it)).filter((it) => it.length > 0);
  const status = rolloutStatus(deployment, sets, now);
  const spent = steps.length === 0 && isComplete(deployment, status) ? [cleanUp(deployment, sets)] : [];
  return { ...finished(deployment, status, now), steps: [...steps, ...spent] };
}

function finished(deployment: Deployment, status: DeploymentStatus, now: number): Decision {
  return {
    afterwards: (failure) => (failure === undefined ? statusWritten(deployment, status) : []),
    again: deadlineIn(deployment, status, now),
  };
}

/** The newest ReplicaSet has the Deployment's annotations and revision, and the Deployment says which; else that first. */
function prepared({ deployment, now }: Look, { newest, old }: ReplicaSets): Decision | undefined {
  if (newest === undefined) return undefined;
  const revision = largest(old.map(revisionOf)) + 1n;
  const existing = newest.metadata.annotations ?? {};
  const annotations = newestAnnotations(deployment, existing, revision, false);
  const minReadySeconds = deployment.spec?.minReadySeconds;
  const isCurrent = deepEqual(annotations, existing) && (newest.spec?.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
  if (!isCurrent) {
    const next = {
      ...newest,
      metadata: { ...newest.metadata, annotations },
      spec: { ...newest.spec!, minReadySeconds },
    };
    return { steps: [[update(resources.replicaSets, next)]] };
  }
  const found = progressing('True', 'FoundNewReplicaSet', `Found new replica set "${newest.metadata.name}"`);
  const isKnown = findCondition(deployment.status?.conditions, 'Progressing') !== undefined;
  const saysProgress = hasDeadline(deployment) && !isKnown;
  const text = String(revisionOf(newest));
  if (deployment.metadata.annotations?.[REVISION] === text && !saysProgress) return undefined;
  const conditions = saysProgress
    ? setCondition(deployment.status?.conditions, found, now)
    : deployment.status?.conditions;
  return { steps: [[revisionNoted(deployment, text, conditions)]] };
}
