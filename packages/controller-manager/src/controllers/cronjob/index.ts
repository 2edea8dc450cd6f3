import { type CronJob, controllerOf, type Job, objectKey, TimeZones } from '@keelson/api';
import { resources } from '@keelson/client';
import { Histogram } from '@keelson/service';
import { onClockJump } from '../../framework/clock-jumps.js';
import type { Controller } from '../../framework/controller.js';
import { ownedBy, ownershipIndices } from '../../framework/owned.js';
import { reconciler } from '../../framework/reconciler.js';
import { decide } from './decide.js';

/** Starts Jobs by the clock. `localZone`: whose clocks count where a CronJob names none. */
export function cronJobs(localZone: () => string): Controller {
  return reconciler<CronJob>({
    name: 'cronjob',
    resource: resources.cronJobs,
    concurrency: { flag: 'concurrent-cron-job-syncs', workers: 5 },
    setUp({ informers, owners, loop, clock, signal, metrics }) {
      const jobs = informers.for(resources.jobs, { indices: ownershipIndices });
      loop.feed(jobs, (job, old) => [...ownerKeys(job), ...(old === undefined ? [] : ownerKeys(old))]);
      onClockJump(clock, signal, () => {
        for (const it of owners.list()) loop.queue.add(objectKey(it));
      });
      const skew = new Histogram({
        name: 'cronjob_controller_cronjob_job_creation_skew_duration_seconds',
        help: 'Seconds between when a CronJob was to be started and when its Job was made',
        buckets: Array.from({ length: 10 }, (_, power) => 2 ** power),
        registers: [metrics.registry],
      });
      const zones = new TimeZones();
      const made = (milliseconds: number) => skew.observe(milliseconds / 1000);
      return (cronJob, now) => {
        const zone = zones.get(localZone()) ?? zones.get('UTC')!;
        return decide(cronJob, { jobs: ownedBy(jobs, cronJob), jobsVersion: jobs.version, zone, zones, now, made });
      };
    },
  });
}

/** In the zone of the process, as upstream's. */
export const cronJobController = cronJobs(() => Intl.DateTimeFormat().resolvedOptions().timeZone);

function ownerKeys(job: Job): string[] {
  const owner = controllerOf(job);
  return owner?.kind === 'CronJob' ? [`${job.metadata.namespace}/${owner.name}`] : [];
}
