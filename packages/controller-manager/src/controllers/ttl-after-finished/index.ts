import { type Job, objectKey } from '@keelson/api';
import { resources } from '@keelson/client';
import { Histogram } from '@keelson/service';
import { type Decision, NOTHING, remove } from '../../framework/actions.js';
import { onClockJump } from '../../framework/clock-jumps.js';
import type { Controller } from '../../framework/controller.js';
import { reconciler } from '../../framework/reconciler.js';
import { finishOf } from '../../jobs/finish.js';

/** Deletes Jobs, and with them their pods, so long after they finished as they say. */
export const ttlAfterFinishedController: Controller = reconciler<Job>({
  name: 'ttl-after-finished',
  resource: resources.jobs,
  concurrency: { flag: 'concurrent-ttl-after-finished-syncs', workers: 5 },
  setUp({ owners, loop, clock, signal, metrics }) {
    onClockJump(clock, signal, () => {
      for (const job of owners.list()) if (expiryOf(job) !== undefined) loop.queue.add(objectKey(job));
    });
    const duration = new Histogram({
      name: 'ttl_after_finished_controller_job_deletion_duration_seconds',
      help: 'Seconds between when a Job was to be deleted and when it was',
      buckets: Array.from({ length: 14 }, (_, power) => 0.1 * 2 ** power),
      registers: [metrics.registry],
    });
    return (job, now) => expire(job, now, (milliseconds) => duration.observe(milliseconds / 1000));
  },
});

/** When a Job has to go; undefined: not for its time. */
function expiryOf(job: Job): number | undefined {
  const { ttlSecondsAfterFinished: ttl } = job.spec ?? {};
  if (ttl === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const finish = finishOf(job);
  return finish === undefined || Number.isNaN(finish.at) ? undefined : finish.at + ttl * 1000;
}

export function expire(job: Job, now: number, deleted: (lateMs: number) => void): Decision {
  const expiry = expiryOf(job);
  if (expiry === undefined) return NOTHING;
  if (expiry > now) return { again: expiry - now };
  const action = remove(resources.jobs, job, {
    propagationPolicy: 'Foreground',
    // Only as it was looked at: somebody may have given it more time meanwhile.
    ...(job.metadata.resourceVersion === undefined ? {} : { resourceVersion: job.metadata.resourceVersion }),
    ignore: ['NotFound', 'Conflict'],
    done: () => {
      deleted(now - expiry);
      return undefined;
    },
  });
  return { steps: [[action]] };
}
