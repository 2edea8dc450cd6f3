import {
  type DaemonSet,
  type Deployment,
  humanDuration,
  isControlledBy,
  type Job,
  type KubeObject,
  type LabelSelector,
  labelSelectorMatcher,
  type PodTemplateSpec,
  type ReplicaSet,
  type StatefulSet,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { REVISION } from '../../rollout/history.js';
import type { Describer, Scene } from '../describer.js';
import type { Description } from '../description.js';
import { annotations, controlledBy, labels, pairTexts, timeText } from '../metadata.js';
import { podTemplate } from '../pod-template.js';

const selectorText = (selector: LabelSelector | undefined) => labelSelectorMatcher(selector).toString() || '<none>';

export const describeDeployment: Describer<Deployment> = async (out, it, { cluster }) => {
  const { metadata, spec, status } = it;
  out
    .field('Name', metadata.name)
    .field('Namespace', metadata.namespace)
    .field('CreationTimestamp', timeText(metadata.creationTimestamp));
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('Selector', selectorText(spec?.selector));
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, unavailableReplicas = 0 } = status ?? {};
  out.field(
    'Replicas',
    `${spec?.replicas ?? 1} desired | ${updatedReplicas} updated | ${replicas} total | ${availableReplicas} available | ${unavailableReplicas} unavailable`,
  );
  out.field('StrategyType', spec?.strategy?.type ?? '').field('MinReadySeconds', spec?.minReadySeconds ?? 0);
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling !== undefined)
    out.field('RollingUpdateStrategy', `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  podTemplate(out, spec?.template as PodTemplateSpec);
  conditions(out, status?.conditions);
  const labelSelector = labelSelectorMatcher(spec?.selector).toString();
  const { items } = await cluster.client.list(resources.replicaSets, { namespace: metadata.namespace, labelSelector });
  const own = items.filter((set) => isControlledBy(set, it));
  const current = own.find((set) => set.metadata.annotations?.[REVISION] === metadata.annotations?.[REVISION]);
  const text = (set: ReplicaSet) =>
    `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec?.replicas ?? 1} replicas created)`;
  const old = own.filter((set) => set !== current);
  out.field('OldReplicaSets', old.map(text).join(', ') || '<none>');
  out.field('NewReplicaSet', current === undefined ? '<none>' : text(current));
};

function conditions(
  out: Description,
  list: readonly { type?: string | undefined; status?: string | undefined; reason?: string | undefined }[] | undefined,
): void {
  if (list === undefined || list.length === 0) return;
  out.line('Conditions:').rows(
    ['Type', 'Status', 'Reason'],
    list.map((it) => [`${it.type} `, it.status ?? '', it.reason ?? '']),
  );
}

export const describeReplicaSet: Describer<ReplicaSet> = async (out, it, scene) => {
  const { metadata, spec, status } = it;
  out
    .field('Name', metadata.name)
    .field('Namespace', metadata.namespace)
    .field('Selector', selectorText(spec?.selector));
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  controlledBy(out, it);
  out.field('Replicas', `${status?.replicas ?? 0} current / ${spec?.replicas ?? 1} desired`);
  out.field('Pods Status', await podCounts(it, spec?.selector, scene));
  podTemplate(out, spec?.template as PodTemplateSpec);
  conditions(out, status?.conditions);
};

export const describeStatefulSet: Describer<StatefulSet> = async (out, it, scene) => {
  const { metadata, spec, status } = it;
  out
    .field('Name', metadata.name)
    .field('Namespace', metadata.namespace)
    .field('CreationTimestamp', timeText(metadata.creationTimestamp));
  out.field('Selector', selectorText(spec?.selector));
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('Replicas', `${spec?.replicas ?? 1} desired | ${status?.replicas ?? 0} total`);
  out.field('Update Strategy', spec?.updateStrategy?.type ?? '');
  out.field('Pods Status', await podCounts(it, spec?.selector, scene));
  podTemplate(out, spec?.template as PodTemplateSpec);
};

export const describeDaemonSet: Describer<DaemonSet> = async (out, it, scene) => {
  const { metadata, spec, status } = it;
  out.field('Name', metadata.name).field('Selector', selectorText(spec?.selector));
  out.field('Node-Selector', pairTexts(spec?.template?.spec?.nodeSelector).join(',') || '<none>');
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.line(`Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`);
  out.line(`Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`);
  out.line(`Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`);
  out.line(`Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`);
  out.line(`Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`);
  out.field('Pods Status', await podCounts(it, spec?.selector, scene));
  podTemplate(out, spec?.template as PodTemplateSpec);
};

async function podCounts(owner: KubeObject, selector: LabelSelector | undefined, { cluster }: Scene): Promise<string> {
  const labelSelector = labelSelectorMatcher(selector).toString();
  const { items } = await cluster.client.list(resources.pods, { namespace: owner.metadata.namespace, labelSelector });
  const own = items.filter((pod) => isControlledBy(pod, owner));
  const count = (phase: string) => own.filter((pod) => pod.status?.phase === phase).length;
  return `${count('Running')} Running / ${count('Pending')} Waiting / ${count('Succeeded')} Succeeded / ${count('Failed')} Failed`;
}

export const describeJob: Describer<Job> = (out, it) => {
  const { metadata, spec, status } = it;
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  if (spec?.selector !== undefined) out.field('Selector', selectorText(spec.selector));
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  controlledBy(out, it);
  if (spec?.parallelism !== undefined) out.field('Parallelism', spec.parallelism);
  out.field('Completions', spec?.completions ?? '<unset>');
  if (spec?.completionMode) out.field('Completion Mode', spec.completionMode);
  if (spec?.suspend !== undefined) out.field('Suspend', spec.suspend);
  if (spec?.backoffLimit !== undefined) out.field('Backoff Limit', spec.backoffLimit);
  if (spec?.ttlSecondsAfterFinished !== undefined)
    out.field('TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  if (status?.startTime) out.field('Start Time', timeText(status.startTime));
  if (status?.completionTime) out.field('Completed At', timeText(status.completionTime));
  if (status?.startTime && status.completionTime) {
    out.field('Duration', humanDuration(Date.parse(status.completionTime) - Date.parse(status.startTime)));
  }
  if (spec?.activeDeadlineSeconds !== undefined) out.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  const ready = status?.ready === undefined ? '' : ` (${status.ready} Ready)`;
  out.field(
    'Pods Statuses',
    `${status?.active ?? 0} Active${ready} / ${status?.succeeded ?? 0} Succeeded / ${status?.failed ?? 0} Failed`,
  );
  if (spec?.completionMode === 'Indexed') out.field('Completed Indexes', status?.completedIndexes || '<none>');
  podTemplate(out, spec?.template as PodTemplateSpec);
};
