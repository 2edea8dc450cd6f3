import type { Job, Pod } from '@keelson/api';
import { podFromTemplate } from '../../pods/pod-actions.js';
import { INDEX_ANNOTATION } from './indexes.js';
import { INDEX_FAILURES, type JobProgress, TRACKING_FINALIZER } from './progress.js';

export const KIND = { group: 'batch', version: 'v1', kind: 'Job' };

/** A pod of a Job; with its index, by name, label, annotation and environment, if the Job is Indexed. */
export function podOf(job: Job, index: number | undefined, progress: JobProgress): Pod {
  const pod = podFromTemplate(job.spec?.template, job, KIND);
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING_FINALIZER];
  if (index === undefined) return pod;
  const { name } = job.metadata;
  pod.metadata.generateName = `${name}-${index}-`;
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX_ANNOTATION]: String(index) };
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX_ANNOTATION]: String(index) };
  if (job.spec?.backoffLimitPerIndex !== undefined) {
    pod.metadata.annotations[INDEX_FAILURES] = String(progress.indexFailures.get(index) ?? 0);
  }
  const { spec } = pod;
  if (spec === undefined) return pod;
  spec.hostname ??= `${name}-${index}`;
  const env = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX_ANNOTATION}']` } },
  };
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    if (!container.env?.some((it) => it.name === env.name))
      container.env = [...(container.env ?? []), structuredClone(env)];
  }
  return pod;
}
