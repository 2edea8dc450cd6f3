import type { Container, Job, Pod } from '@keelson/api';
import { resources } from '@keelson/client';
import { podFromTemplate } from '../../pods/pod-actions.js';
import { countsPerIndex, INDEX_ANNOTATION, TRACKING_FINALIZER } from './job-spec.js';
import { failuresUpTo, INDEX_FAILURES, INDEX_IGNORED } from './per-index.js';
import type { JobProgress } from './progress.js';

/** What may stand before the part of a name that is made up. */
const PREFIX_MAX = 58;
const INDEX_ENV = 'JOB_COMPLETION_INDEX';

/** A pod of a Job; with its index, by name, label, annotation, host name and environment, if the Job is Indexed. */
export function podOf(job: Job, index: number | undefined, progress: JobProgress): Pod {
  const pod = podFromTemplate(job.spec?.template, job, resources.jobs);
  pod.metadata.finalizers = [...new Set([...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER])];
  if (index === undefined) return pod;
  const { name = '' } = job.metadata;
  const end = `-${index}-`;
  pod.metadata.generateName = name.slice(0, PREFIX_MAX - end.length) + end;
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX_ANNOTATION]: String(index) };
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX_ANNOTATION]: String(index) };
  if (countsPerIndex(job)) {
    const { counted, ignored } = failuresUpTo(job, progress.lastFailures.get(index));
    pod.metadata.annotations[INDEX_FAILURES] = String(counted);
    if (ignored > 0) pod.metadata.annotations[INDEX_IGNORED] = String(ignored);
  }
  if (pod.spec === undefined) return pod;
  pod.spec.hostname = `${name}-${index}`;
  for (const it of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]) addIndex(it);
  return pod;
}

function addIndex(container: Container): void {
  if (container.env?.some((it) => it.name === INDEX_ENV)) return;
  const fieldPath = `metadata.labels['${INDEX_ANNOTATION}']`;
  container.env = [...(container.env ?? []), { name: INDEX_ENV, valueFrom: { fieldRef: { fieldPath } } }];
}
