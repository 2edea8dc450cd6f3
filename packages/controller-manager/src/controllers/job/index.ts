import { controllerOf, type Job, labelSelectorMatcher } from '@keelson/api';
import { resources } from '@keelson/client';
import { onClockJump } from '../../framework/clock-jumps.js';
import type { Controller } from '../../framework/controller.js';
import { orphansBeside, ownedBy, ownershipIndices } from '../../framework/owned.js';
import { reconciler } from '../../framework/reconciler.js';
import { finishOf } from '../../jobs/finish.js';
import { follow } from '../../pods/follow.js';
import { GoneFailures } from './backoff.js';
import { decide } from './decide.js';
import { managedElsewhere } from './job-spec.js';
import { JobMetrics } from './metrics.js';
import { orphanLoop, unfinishedIn, unfinishedIndex } from './orphans.js';

/** Runs pods until as many as a Job asks for have succeeded, or it has failed. */
const runningJobs = reconciler<Job>({
  name: 'job',
  resource: resources.jobs,
  concurrency: { flag: 'concurrent-job-syncs', workers: 5 },
  setUp({ informers, owners, loop, clock, signal, metrics }) {
    const pods = informers.for(resources.pods, { indices: ownershipIndices });
    informers.for(resources.jobs, { indices: unfinishedIndex });
    const adopters = (namespace: string | undefined) => unfinishedIn(owners, namespace);
    const selectorOf = (it: Job) => labelSelectorMatcher(it.spec?.selector);
    follow({ kind: 'Job', selectorOf, adopters }, { owned: pods, owners, queue: loop.queue });
    onClockJump(clock, signal, () => {
      for (const job of owners.list())
        if (finishOf(job) === undefined) loop.queue.add(`${job.metadata.namespace}/${job.metadata.name}`);
    });
    const observer = new JobMetrics(metrics.registry, () => clock.monotonic());
    const gone = new GoneFailures();
    pods.addHandler({
      onAdd: (pod) => observer.podChanged(pod, undefined),
      onUpdate: (pod, old) => observer.podChanged(pod, old),
      onDelete(pod) {
        observer.podChanged(undefined, pod);
        gone.add(owners.get(pod.metadata.namespace ?? '', controllerOf(pod)?.name ?? ''), pod);
      },
    });
    owners.addHandler({
      onAdd(job) {
        const elsewhere = managedElsewhere(job);
        if (elsewhere !== undefined) observer.foundElsewhere(elsewhere);
      },
      onUpdate: (job) => finishOf(job) !== undefined && gone.forget(job),
      onDelete: (job) => gone.forget(job),
    });
    return (job, now) => {
      observer.begun(job);
      const candidates = finishOf(job) !== undefined ? [] : orphansBeside(pods, job);
      const view = {
        pods: [...ownedBy(pods, job), ...candidates],
        podsVersion: pods.version,
        gone: gone.of(job),
        now,
        observer,
      };
      return decide(job, view);
    };
  },
});

export const jobController: Controller = {
  ...runningJobs,
  setUp(context) {
    const run = runningJobs.setUp(context);
    const { informers } = context;
    const orphans = orphanLoop(context, { jobs: informers.for(resources.jobs), pods: informers.for(resources.pods) });
    return async () => {
      await Promise.all([run(), orphans()]);
    };
  },
};
