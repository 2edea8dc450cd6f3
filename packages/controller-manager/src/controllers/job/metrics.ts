import type { Job, JobStatus, Pod } from '@keelson/api';
import { Counter, Histogram, type Registry } from '@keelson/service';
import { findCondition } from '../../framework/conditions.js';
import { isFinished } from '../../pods/pod-state.js';
import type { JobObserver, JobSyncAction } from './decide.js';
import { IndexSet } from './index-set.js';
import { countsPerIndex, isIndexed, isTracked } from './job-spec.js';

const SUBSYSTEM = 'job_controller';

/** Upstream's metrics of Jobs. */
export class JobMetrics implements JobObserver {
  readonly #syncs: Counter<'completion_mode' | 'result' | 'action'>;
  readonly #duration: Histogram<'completion_mode' | 'result' | 'action'>;
  readonly #finished: Counter<'completion_mode' | 'result' | 'reason'>;
  readonly #pods: Counter<'completion_mode' | 'result'>;
  readonly #indexes: Counter<'status' | 'backoffLimit'>;
  readonly #created: Counter<'reason' | 'status'>;
  readonly #tracked: Counter<'event'>;
  readonly #elsewhere: Counter<'controller_name'>;
  readonly #started = new WeakMap<Job, number>();
  readonly #monotonic: () => number;

  constructor(registry: Registry, monotonic: () => number) {
    this.#monotonic = monotonic;
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter<L>({ name: `${SUBSYSTEM}_${name}`, help, labelNames, registers: [registry] });
    this.#syncs = counter('job_syncs_total', 'Looks at Jobs', 'completion_mode', 'result', 'action');
    this.#finished = counter('jobs_finished_total', 'Jobs that finished', 'completion_mode', 'result', 'reason');
    this.#pods = counter('job_pods_finished_total', 'Pods that ended and are counted', 'completion_mode', 'result');
    this.#indexes = counter('job_finished_indexes_total', 'Indexes that ended', 'status', 'backoffLimit');
    this.#created = counter('job_pods_creation_total', 'Pods made, by the reason for it', 'reason', 'status');
    this.#tracked = counter(
      'terminated_pods_tracking_finalizer_total',
      'Ended pods that got or lost the tracking finalizer',
      'event',
    );
    this.#elsewhere = counter('jobs_by_external_controller_total', 'Jobs that others manage', 'controller_name');
    this.#duration = new Histogram({
      name: `${SUBSYSTEM}_job_sync_duration_seconds`,
      help: 'Seconds that a look at a Job took',
      labelNames: ['completion_mode', 'result', 'action'],
      buckets: Array.from({ length: 15 }, (_, power) => 0.004 * 2 ** power),
      registers: [registry],
    });
  }

  begun(job: Job): void {
    this.#started.set(job, this.#monotonic());
  }

  synced(job: Job, action: JobSyncAction, failure: unknown): void {
    const labels = { completion_mode: modeOf(job), result: failure === undefined ? 'success' : 'error', action };
    this.#syncs.inc(labels);
    const started = this.#started.get(job);
    if (started !== undefined) this.#duration.observe(labels, (this.#monotonic() - started) / 1000);
  }

  written(job: Job, status: JobStatus): void {
    const completion_mode = modeOf(job);
    const before = job.status ?? {};
    const grown = (now = 0, then = 0) => Math.max(0, now - then);
    this.#pods.inc({ completion_mode, result: 'failed' }, grown(status.failed, before.failed));
    this.#pods.inc({ completion_mode, result: 'succeeded' }, grown(status.succeeded, before.succeeded));
    if (isIndexed(job)) {
      const backoffLimit = countsPerIndex(job) ? 'perIndex' : 'global';
      const count = (text: string | undefined) => IndexSet.parse(text, job.spec?.completions ?? 0).size;
      const succeeded = grown(count(status.completedIndexes), count(before.completedIndexes));
      this.#indexes.inc({ status: 'succeeded', backoffLimit }, succeeded);
      const failed = grown(count(status.failedIndexes), count(before.failedIndexes));
      if (countsPerIndex(job)) this.#indexes.inc({ status: 'failed', backoffLimit }, failed);
    }
    const [complete, failed] = ['Complete', 'Failed'].map((type) => findCondition(status.conditions, type));
    if (failed?.status === 'True')
      this.#finished.inc({ completion_mode, result: 'failed', reason: failed.reason ?? '' });
    else if (complete?.status === 'True')
      this.#finished.inc({ completion_mode, result: 'succeeded', reason: complete.reason ?? '' });
  }

  created({ spec }: Job, failed: number, terminating: number, status: 'succeeded' | 'failed'): void {
    let reason = 'new';
    if (spec?.podReplacementPolicy === 'Failed' && failed > 0) reason = 'recreate_failed';
    else if (failed > 0 || terminating > 0) reason = 'recreate_terminating_or_failed';
    this.#created.inc({ reason, status });
  }

  foundElsewhere(controller_name: string): void {
    this.#elsewhere.inc({ controller_name });
  }

  podChanged(pod: Pod | undefined, old: Pod | undefined): void {
    const holds = (it: Pod | undefined) => it !== undefined && isTracked(it) && isFinished(it);
    if (holds(pod) && !holds(old)) this.#tracked.inc({ event: 'add' });
    else if (!holds(pod) && holds(old)) this.#tracked.inc({ event: 'delete' });
  }
}

function modeOf(job: Job): string {
  return isIndexed(job) ? 'Indexed' : 'NonIndexed';
}
