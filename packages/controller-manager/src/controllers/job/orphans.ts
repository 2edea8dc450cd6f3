import { controllerOf, type Job, labelSelectorMatcher, objectKey, type Pod } from '@keelson/api';
import type { Informer } from '@keelson/client';
import type { Decision } from '../../framework/actions.js';
import { NOTHING } from '../../framework/actions.js';
import type { ControllerContext } from '../../framework/controller.js';
import { KeyedLoop, splitKey } from '../../framework/controller.js';
import { runDecisions, UNDECIDED } from '../../framework/decisions.js';
import { ownedBy } from '../../framework/owned.js';
import { finishOf } from '../../jobs/finish.js';
import { releaseOf } from './decide.js';
import { isTracked, managedElsewhere } from './job-spec.js';

const UNCERTAIN_MS = 1_000;

interface Known {
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
}

/** Pods that no Job counts, because it is gone or over or never was: nothing must hold them. */
export function orphanLoop(context: ControllerContext, { jobs, pods }: Known): () => Promise<void> {
  const loop = new KeyedLoop('job_orphan_pod', context);
  const ownerOf = (pod: Pod): Job | undefined => {
    const owner = controllerOf(pod);
    const job = owner === undefined ? undefined : jobs.get(pod.metadata.namespace ?? '', owner.name ?? '');
    return job?.metadata.uid === owner?.uid ? job : undefined;
  };
  loop.feed(pods, (pod) => {
    if (!isTracked(pod)) return [];
    const owner = controllerOf(pod);
    if (owner === undefined) return [objectKey(pod)];
    if (owner.kind !== 'Job' || pod.metadata.deletionTimestamp === undefined) return [];
    const job = ownerOf(pod);
    return job === undefined || finishOf(job) !== undefined ? [objectKey(pod)] : [];
  });
  jobs.addHandler({
    onDelete(job) {
      for (const pod of ownedBy(pods, job)) if (isTracked(pod)) loop.queue.add(objectKey(pod));
    },
  });
  const decide = (pod: Pod): Decision => {
    const owner = controllerOf(pod);
    if (owner === undefined) return isWanted(jobs, pod) ? NOTHING : { steps: [releaseOf(pod)] };
    if (owner.kind !== 'Job' || owner.apiVersion !== 'batch/v1') return NOTHING;
    const job = ownerOf(pod);
    if (job !== undefined)
      return finishOf(job) !== undefined && managedElsewhere(job) === undefined ? { steps: [releaseOf(pod)] } : NOTHING;
    // The Job may be newer than what is known of Jobs.
    return jobs.version < Number(pod.metadata.resourceVersion) ? { again: UNCERTAIN_MS } : { steps: [releaseOf(pod)] };
  };
  return () =>
    runDecisions(loop, context, {
      workers: 1,
      decide(key) {
        const { namespace, name } = splitKey(key);
        const subject = pods.get(namespace, name);
        return subject === undefined || !isTracked(subject) ? UNDECIDED : { subject, decision: decide(subject) };
      },
    });
}

/** Jobs that are not over, by namespace: they alone may adopt. */
export const unfinishedIndex = {
  unfinished: (job: Job) => (finishOf(job) === undefined ? [job.metadata.namespace ?? ''] : []),
};

export function unfinishedIn(jobs: Informer<Job>, namespace: string | undefined): Job[] {
  return jobs.indexer.byIndex('unfinished', namespace ?? '');
}

function isWanted(jobs: Informer<Job>, { metadata: { namespace, labels = {} } }: Pod): boolean {
  return unfinishedIn(jobs, namespace).some((job) => labelSelectorMatcher(job.spec?.selector).matches(labels));
}
