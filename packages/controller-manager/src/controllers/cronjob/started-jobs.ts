import { type CronJob, controllerReference, type Job, type TimeZone } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Finish, finishOf } from '../../jobs/finish.js';

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MINUTE_MS = 60_000;

/** Two starts of a minute would have one name: a schedule comes once a minute at the most, unless it is an interval. */
export function jobName({ metadata }: CronJob, start: number): string {
  return `${metadata.name}-${Math.floor(start / MINUTE_MS)}`;
}

/** The Job of a start: its name tells the start, so that there is never another one for it. */
export function jobOf(cronJob: CronJob, start: number, zone: TimeZone): Job {
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, start),
      namespace: cronJob.metadata.namespace,
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, [SCHEDULED]: shownIn(zone, start) },
      ownerReferences: [controllerReference(cronJob, resources.cronJobs)],
    },
    spec: structuredClone(spec) ?? {},
  };
}

/** The start that a Job was made for; undefined if somebody else made it. */
export function startOf(cronJob: CronJob, { metadata }: Job): number | undefined {
  const start = Date.parse(metadata.annotations?.[SCHEDULED] ?? '');
  return !Number.isNaN(start) && metadata.name === jobName(cronJob, start) ? start : undefined;
}

/** The oldest of finished Jobs, where there are more than shall be kept. */
export function overHistory({ spec }: CronJob, jobs: readonly Job[]): Job[] {
  const over = (type: Finish, limit: number | undefined): Job[] => {
    if (limit === undefined) return [];
    const finished = jobs.filter((it) => it.metadata.deletionTimestamp === undefined && finishOf(it)?.type === type);
    if (finished.length <= limit) return [];
    return finished.sort(byStart).slice(0, finished.length - limit);
  };
  return [...over('Complete', spec?.successfulJobsHistoryLimit), ...over('Failed', spec?.failedJobsHistoryLimit)];
}

function byStart(a: Job, b: Job): number {
  const [first, second] = [a, b].map((it) => Date.parse(it.status?.startTime ?? '') || Number.POSITIVE_INFINITY);
  if (first !== second) return first! < second! ? -1 : 1;
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}

/** RFC 3339 with the zone's offset. */
function shownIn(zone: TimeZone, instant: number): string {
  const minutes = Math.round(zone.offset(instant) / MINUTE_MS);
  const shown = new Date(instant + minutes * MINUTE_MS).toISOString().slice(0, 19);
  if (minutes === 0) return `${shown}Z`;
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
  return `${shown}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
