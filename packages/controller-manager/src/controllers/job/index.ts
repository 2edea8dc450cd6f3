import {
  controllerOf,
  deepEqual,
  isApiError,
  isControlledBy,
  type Job,
  type JobCondition,
  type JobStatus,
  labelSelectorMatcher,
  objectKey,
  type Pod,
} from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { findCondition, withCondition } from '../../framework/conditions.js';
import { type Controller, type ControllerContext, KeyedLoop, splitKey } from '../../framework/controller.js';
import { Expectations } from '../../framework/expectations.js';
import { isTerminating } from '../../framework/runner.js';
import { slowStart } from '../../framework/slow-start.js';
import { claim } from '../../pods/claim.js';
import { deleteExpected } from '../../pods/delete-expected.js';
import { followPods } from '../../pods/follow-pods.js';
import { PodControl } from '../../pods/pod-control.js';
import { decide, type JobDecision } from './decide.js';
import { judgeFailure } from './failure-policy.js';
import { formatIndexes } from './indexes.js';
import { KIND, podOf } from './pod-of.js';
import {
  isIndexed,
  isJobFinished,
  isTracked,
  type JobProgress,
  outcomeOf,
  progressOf,
  TRACKING_FINALIZER,
} from './progress.js';

const WORKERS = 5;
const BURST_MAX = 500;
const FINALIZERS_MAX = 500;

/** Runs pods until as many as a Job asks for have succeeded, or it has failed. */
export const jobController: Controller = {
  name: 'job',
  setUp(context) {
    const { informers, clock } = context;
    const jobs = informers.for(resources.jobs);
    const pods = informers.for(resources.pods);
    const expectations = new Expectations({ clock });
    const loop = new KeyedLoop('job', context);
    loop.feed(jobs, (it) => [objectKey(it)]);
    const selectorOf = (it: Job) => labelSelectorMatcher(it.spec?.selector);
    followPods({ kind: 'Job', selectorOf }, { pods, owners: jobs, expectations, queue: loop.queue });
    const orphans = new KeyedLoop('job-orphans', context);
    orphans.feed(pods, (pod) => (controllerOf(pod) === undefined && isTracked(pod) ? [objectKey(pod)] : []));
    const sync = new JobSync(context, expectations, { jobs, pods });
    return async () => {
      await Promise.all([loop.run(WORKERS, (key) => sync.run(key)), orphans.run(1, (key) => sync.releaseOrphan(key))]);
    };
  },
};

class JobSync {
  readonly #context: ControllerContext;
  readonly #expectations: Expectations;
  readonly #informers: { jobs: Informer<Job>; pods: Informer<Pod> };
  readonly #control: PodControl;

  constructor(
    context: ControllerContext,
    expectations: Expectations,
    informers: { jobs: Informer<Job>; pods: Informer<Pod> },
  ) {
    this.#context = context;
    this.#expectations = expectations;
    this.#informers = informers;
    this.#control = new PodControl(context);
  }

  async run(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const found = this.#informers.jobs.get(namespace, name);
    if (found === undefined) {
      this.#expectations.forget(key);
      await this.#releaseOrphans(namespace, name);
      return undefined;
    }
    const { client, clock } = this.#context;
    const inNamespace = this.#informers.pods.list(namespace);
    if (isJobFinished(found) || found.metadata.deletionTimestamp !== undefined) {
      await this.#release(inNamespace.filter((pod) => isControlledBy(pod, found)));
      return undefined;
    }
    const selector = labelSelectorMatcher(found.spec?.selector);
    const finalizers = [TRACKING_FINALIZER];
    const claimant = { owner: found, ownerKind: KIND, owners: resources.jobs, selector, finalizers };
    const pods = await claim(client, resources.pods, inNamespace, claimant);
    const job = await this.#start(found);
    const progress = progressOf(job, pods);
    const decision = decide(job, progress, clock.now());
    if (this.#expectations.satisfied(key)) await this.#carryOut(key, job, decision, progress);
    await this.#track(job, pods, progress, decision);
    return this.#lookAgain(job, decision);
  }

  /** Gives a Job its start time, and says when it is suspended or goes on. */
  async #start(job: Job): Promise<Job> {
    const { clock, recorder } = this.#context;
    const now = rfc3339(clock.now());
    const suspended = findCondition(job.status?.conditions, 'Suspended');
    const status: JobStatus = { ...job.status };
    if (job.spec?.suspend === true) {
      if (suspended?.status === 'True') return job;
      delete status.startTime;
      status.conditions = withCondition(
        status.conditions,
        condition('Suspended', 'True', 'JobSuspended', 'Job suspended', now),
        now,
      );
      recorder.record(job, 'Normal', 'Suspended', 'Job suspended');
    } else if (suspended?.status === 'True') {
      status.startTime = now;
      status.conditions = withCondition(
        status.conditions,
        condition('Suspended', 'False', 'JobResumed', 'Job resumed', now),
        now,
      );
      recorder.record(job, 'Normal', 'Resumed', 'Job resumed');
    } else if (job.status?.startTime === undefined) status.startTime = now;
    else return job;
    return this.#write(job, status);
  }

  async #carryOut(key: string, job: Job, decision: JobDecision, progress: JobProgress): Promise<void> {
    const remove = decision.remove;
    const create = decision.end === undefined ? decision.create.slice(0, BURST_MAX) : [];
    if (remove.length > 0) {
      this.#expectations.expect(
        key,
        0,
        remove.map((pod) => pod.metadata.uid ?? ''),
      );
      // Pods that are only too many, or in the way of a suspension, are not counted as failures.
      if (decision.end === undefined) await this.#release(remove);
      const failure = await deleteExpected(this.#control, this.#expectations, key, remove, job);
      if (failure !== undefined) throw failure;
    }
    if (create.length === 0) return;
    this.#expectations.expect(key, create.length);
    const { done, error } = await slowStart(create.length, async (at) => {
      await this.#control.create(podOf(job, create[at], progress), job);
    });
    this.#expectations.created(key, create.length - done);
    if (error !== undefined && !isTerminating(error)) throw error;
  }

  /**
   * Counts each pod that ended exactly once: its uid is written into the status, then its finalizer is taken away, and
   * only then does it move from the list into the count. A crash between any two of these loses and doubles nothing.
   */
  async #track(job: Job, pods: readonly Pod[], progress: JobProgress, decision: JobDecision): Promise<void> {
    const uncounted = {
      succeeded: [...(job.status?.uncountedTerminatedPods?.succeeded ?? [])],
      failed: [...(job.status?.uncountedTerminatedPods?.failed ?? [])],
    };
    const removed = new Set(decision.end === undefined ? decision.remove : []);
    const ended = pods
      .filter((pod) => isTracked(pod) && !removed.has(pod) && this.#hasEnded(job, pod, decision))
      .slice(0, FINALIZERS_MAX);
    const listed = new Set([...uncounted.succeeded, ...uncounted.failed]);
    for (const pod of ended) {
      const uid = pod.metadata.uid ?? '';
      const outcome = outcomeOf(job, pod) ?? 'failed';
      if (listed.has(uid) || (outcome === 'failed' && !judgeFailure(job, pod).counts)) continue;
      // Of an Indexed Job it is the index that counts, in completedIndexes.
      if (outcome === 'succeeded' && isIndexed(job)) continue;
      uncounted[outcome].push(uid);
    }
    let current = await this.#write(job, this.#statusOf(job, progress, decision, uncounted));
    await this.#release(ended);
    const tracked = new Set(
      pods.filter((pod) => isTracked(pod) && !ended.includes(pod)).map((pod) => pod.metadata.uid ?? ''),
    );
    const counted = (uids: readonly string[]) => uids.filter((uid) => !tracked.has(uid)).length;
    const succeeded = counted(uncounted.succeeded);
    const failed = counted(uncounted.failed);
    const rest = {
      succeeded: uncounted.succeeded.filter((uid) => tracked.has(uid)),
      failed: uncounted.failed.filter((uid) => tracked.has(uid)),
    };
    const status: JobStatus = { ...current.status };
    status.succeeded = isIndexed(job) ? progress.completedIndexes.size : (status.succeeded ?? 0) + succeeded;
    status.failed = (status.failed ?? 0) + failed;
    status.uncountedTerminatedPods = trimmed(rest);
    this.#conclude(current, status, decision, progress, rest);
    current = await this.#write(current, status);
    if (isJobFinished(current)) this.#announce(current);
  }

  /** Pods that the end of the Job takes with it are counted at once; others when they have really ended. */
  #hasEnded(job: Job, pod: Pod, decision: JobDecision): boolean {
    if (outcomeOf(job, pod) !== undefined) return true;
    return decision.end !== undefined && pod.metadata.deletionTimestamp !== undefined;
  }

  #statusOf(
    job: Job,
    progress: JobProgress,
    decision: JobDecision,
    uncounted: { succeeded: string[]; failed: string[] },
  ): JobStatus {
    const now = rfc3339(this.#context.clock.now());
    const removed = new Set(decision.remove);
    const status: JobStatus = { ...job.status, uncountedTerminatedPods: trimmed(uncounted) };
    status.active =
      progress.active.filter((pod) => !removed.has(pod)).length +
      (decision.end === undefined ? decision.create.length : 0);
    status.ready = progress.active.filter(
      (pod) => !removed.has(pod) && pod.status?.conditions?.some((it) => it.type === 'Ready' && it.status === 'True'),
    ).length;
    status.terminating = progress.terminating.length;
    if (isIndexed(job)) {
      status.completedIndexes = formatIndexes(progress.completedIndexes);
      if (job.spec?.backoffLimitPerIndex !== undefined) status.failedIndexes = formatIndexes(progress.failedIndexes);
    }
    if (decision.end !== undefined) {
      const { reason, message } = decision.verdict;
      const type = decision.end === 'failed' ? 'FailureTarget' : 'SuccessCriteriaMet';
      status.conditions = withCondition(status.conditions, condition(type, 'True', reason, message, now), now);
    }
    return status;
  }

  /** The last word on a Job, once none of its pods is left to wait for. */
  #conclude(
    job: Job,
    status: JobStatus,
    decision: JobDecision,
    progress: JobProgress,
    uncounted: { succeeded: string[]; failed: string[] },
  ): void {
    if (decision.end === undefined || uncounted.succeeded.length + uncounted.failed.length > 0) return;
    if (progress.active.length > 0 || progress.terminating.length > 0) return;
    const now = rfc3339(this.#context.clock.now());
    const { reason, message } = decision.verdict;
    const type = decision.end === 'failed' ? 'Failed' : 'Complete';
    status.conditions = withCondition(status.conditions, condition(type, 'True', reason, message, now), now);
    status.active = 0;
    status.ready = 0;
    status.terminating = 0;
    if (decision.end === 'complete') status.completionTime = now;
    else if (status.completionTime === undefined) delete status.completionTime;
    this.#expectations.forget(objectKey(job));
  }

  #announce(job: Job): void {
    const failed = findCondition(job.status?.conditions, 'Failed');
    const { recorder } = this.#context;
    if (failed?.status === 'True') recorder.record(job, 'Warning', failed.reason ?? '', failed.message ?? '');
    else recorder.record(job, 'Normal', 'Completed', 'Job completed');
  }

  async #write(job: Job, status: JobStatus): Promise<Job> {
    const zero = { active: 0, ready: 0, succeeded: 0, failed: 0, terminating: 0, uncountedTerminatedPods: {} };
    if (deepEqual({ ...zero, ...job.status }, { ...zero, ...status })) return job;
    return this.#context.client.update(resources.jobs, { ...job, status }, { subresource: 'status' });
  }

  /** Takes the tracking finalizer from pods that have ended. */
  async #release(pods: readonly Pod[]): Promise<void> {
    const { client } = this.#context;
    for (const pod of pods) {
      if (!isTracked(pod)) continue;
      const { namespace, name = '', uid } = pod.metadata;
      const patch = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } };
      try {
        await client.patch(resources.pods, { namespace, name }, 'strategic', patch);
      } catch (error) {
        if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
      }
    }
  }

  /** Pods whose Job is gone are not counted any more: nothing must hold them. */
  async #releaseOrphans(namespace: string, jobName: string): Promise<void> {
    const orphans = this.#informers.pods.list(namespace).filter((pod) => {
      const owner = controllerOf(pod);
      return isTracked(pod) && owner?.kind === 'Job' && owner.name === jobName;
    });
    await this.#release(orphans);
  }

  /** A pod that no Job owns, and none adopts, is counted by none. */
  async releaseOrphan(key: string): Promise<undefined> {
    const { namespace, name } = splitKey(key);
    const pod = this.#informers.pods.get(namespace, name);
    if (pod === undefined || controllerOf(pod) !== undefined) return;
    const labels = pod.metadata.labels ?? {};
    const isWanted = this.#informers.jobs
      .list(namespace)
      .some((job) => !isJobFinished(job) && labelSelectorMatcher(job.spec?.selector).matches(labels));
    if (!isWanted) await this.#release([pod]);
  }

  #lookAgain(job: Job, decision: JobDecision): number | undefined {
    const { activeDeadlineSeconds, suspend } = job.spec ?? {};
    const waits: number[] = [];
    if (decision.end === undefined && decision.waitMs > 0) waits.push(decision.waitMs);
    if (
      activeDeadlineSeconds !== undefined &&
      suspend !== true &&
      job.status?.startTime !== undefined &&
      decision.end === undefined
    ) {
      waits.push(
        Math.max(
          1,
          Date.parse(job.status.startTime) + Number(activeDeadlineSeconds) * 1000 - this.#context.clock.now(),
        ),
      );
    }
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}

function trimmed({ succeeded, failed }: { succeeded: string[]; failed: string[] }): {
  succeeded?: string[];
  failed?: string[];
} {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

function condition(type: string, status: string, reason: string, message: string, now: string): JobCondition {
  return { type, status, reason, message, lastProbeTime: now, lastTransitionTime: now };
}
