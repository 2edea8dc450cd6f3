import { isControlledBy, type Job, type JobStatus, labelSelectorMatcher, type Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Decision, NOTHING, type Patch, patch, tell } from '../../framework/actions.js';
import { finishOf } from '../../jobs/finish.js';
import { claims } from '../../pods/claims.js';
import { createPod, deletePod } from '../../pods/pod-actions.js';
import { isReady } from '../../pods/pod-state.js';
import { isTracked, managedElsewhere, TRACKING_FINALIZER } from './job-spec.js';
import { type Plan, planOf } from './manage.js';
import { podOf } from './pod-of.js';
import { progressOf } from './progress.js';
import { nextStatus, statusActions } from './status.js';
import { track } from './track.js';
import { deadlineIn, verdictOf } from './verdict.js';

/** What is known beside the Job itself. */
export interface JobView {
  /** Pods that it owns or nobody does. */
  readonly pods: readonly Pod[];
  /** The resource version up to which all pods are known. */
  readonly podsVersion: number;
  /** When pods of it failed that are gone. */
  readonly gone: readonly number[];
  readonly now: number;
  /** Told of what was done. */
  readonly observer: JobObserver;
}

export type JobSyncAction = 'tracking' | 'pods_created' | 'pods_deleted';

export interface JobObserver {
  synced(job: Job, action: JobSyncAction, failure: unknown): void;
  written(job: Job, status: JobStatus): void;
  created(job: Job, failed: number, terminating: number, result: 'succeeded' | 'failed'): void;
}

const UNCERTAIN_MS = 1_000;
const UNMANAGED: Plan = { create: [], remove: [], waitMs: undefined };

export function decide(job: Job, view: JobView): Decision {
  if (managedElsewhere(job) !== undefined) return NOTHING;
  if (finishOf(job) !== undefined || job.metadata.deletionTimestamp !== undefined)
    return { steps: [view.pods.filter((pod) => isControlledBy(pod, job)).flatMap(releaseOf)] };
  const mode = job.spec?.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    const text = 'Skipped Job sync because completion mode is unknown';
    return { steps: [[tell('Warning', 'UnknownCompletionMode', text)]] };
  }
  return decideRunning(job, view);
}

function decideRunning(job: Job, { pods, podsVersion, gone, now, observer }: JobView): Decision {
  const selector = labelSelectorMatcher(job.spec?.selector);
  const claimed = claims(resources.pods, pods, {
    owner: job,
    owners: resources.jobs,
    selector,
    finalizers: [TRACKING_FINALIZER],
  });
  const progress = progressOf(job, claimed.mine, gone);
  const verdict = verdictOf(job, progress, now);
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid ?? '', pod]));
  const tracking = track(job, progress, verdict, { byUid, version: podsVersion });
  const isManaged = verdict === undefined;
  const plan = isManaged ? planOf(job, progress, now) : UNMANAGED;
  // What is only too many, or in the way of a suspension, is not counted: it is let go before it is deleted.
  const removed = new Set(verdict?.isRecorded === true ? progress.active : plan.remove);
  const creations = plan.create.map((index) => {
    const action = createPod(podOf(job, index, progress));
    const count = (result: 'succeeded' | 'failed') =>
      observer.created(job, progress.failed, progress.terminating.length, result);
    return {
      ...action,
      done: and(action.done, () => count('succeeded')),
      failed: and(action.failed, () => count('failed')),
    };
  });
  const left = progress.active.filter((pod) => !removed.has(pod));
  const waits = [
    plan.waitMs,
    isManaged ? deadlineIn(job, now) : undefined,
    tracking.isUncertain ? UNCERTAIN_MS : undefined,
  ].filter((it) => it !== undefined);
  return {
    steps: [
      claimed.actions,
      tracking.release.flatMap(releaseOf),
      plan.remove.flatMap(releaseOf),
      [...removed].map(deletePod),
      creations,
    ],
    afterwards: (failure) => {
      const isDone = failure === undefined;
      const acting = isDone ? left : progress.active;
      const parts = {
        tracking,
        verdict,
        isManaged,
        active: acting.length + (isDone ? creations.length : 0),
        ready: acting.filter(isReady).length,
        terminating: progress.terminating.length + (isDone ? removed.size : 0),
      };
      observer.synced(
        job,
        removed.size > 0 ? 'pods_deleted' : creations.length > 0 ? 'pods_created' : 'tracking',
        failure,
      );
      const next = nextStatus(job, parts, now);
      return statusActions(job, next, () => observer.written(job, next.status));
    },
    again: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}

/** Takes the tracking finalizer from a pod. */
export function releaseOf(pod: Pod): Patch[] {
  if (!isTracked(pod)) return [];
  const change = { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
  return [patch(resources.pods, pod, 'strategic', change, { ignore: ['NotFound', 'Conflict', 'Invalid'] })];
}

function and<A, R>(first: ((argument: A) => R | undefined) | undefined, second: () => void) {
  return (argument: A): R | undefined => {
    second();
    return first?.(argument);
  };
}
