import { path } from '../../field-errors.js';
import type { Pod, PodCondition } from '../../gen/types.js';
import { defineKind, type RowCondition, type SubresourceInput, status } from '../../kind.js';
import { deepEqual } from '../../object.js';
import { podColumns } from './pod-spec/columns.js';
import { defaultPod } from './pod-spec/defaults.js';
import { dropGatedPodFields } from './pod-spec/gated.js';
import { applyLabelKeys } from './pod-spec/label-keys.js';
import { qosClass } from './pod-spec/resources.js';
import { validatePodStatusUpdate, validatePodUpdate } from './pod-spec/update.js';
import { validateSpecOfPod } from './pod-spec/validate.js';
import { nameWarnings, podWarnings } from './pod-spec/warnings.js';

const core = (kind: string) => ({ group: '', version: 'v1', kind });
const proxyVerbs: SubresourceInput['verbs'] = ['create', 'delete', 'get', 'patch', 'update'];

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  columns: podColumns,
  rowConditions: completed,
  subresources: [
    { name: 'attach', gvk: core('PodAttachOptions'), verbs: ['create', 'get'] },
    { name: 'binding', gvk: core('Binding'), verbs: ['create'] },
    { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', gvk: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    { name: 'exec', gvk: core('PodExecOptions'), verbs: ['create', 'get'] },
    { name: 'log', verbs: ['get'] },
    { name: 'portforward', gvk: core('PodPortForwardOptions'), verbs: ['create', 'get'] },
    { name: 'proxy', gvk: core('PodProxyOptions'), verbs: proxyVerbs },
    { name: 'resize', verbs: ['get', 'patch', 'update'] },
    status,
  ],
  selectableFields: {
    'spec.nodeName': (it) => it.spec?.nodeName ?? '',
    'spec.restartPolicy': (it) => it.spec?.restartPolicy ?? '',
    'spec.schedulerName': (it) => it.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (it) => it.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (it) => String(it.spec?.hostNetwork ?? false),
    'status.phase': (it) => it.status?.phase ?? '',
    'status.podIP': (it) => it.status?.podIP ?? it.status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': (it) => it.status?.podIPs?.[0]?.ip ?? it.status?.podIP ?? '',
    'status.nominatedNodeName': (it) => it.status?.nominatedNodeName ?? '',
  },
  defaults: defaultPod,
  validate: (it, old) =>
    old !== undefined && deepEqual(it.spec, old.spec) ? [] : validateSpecOfPod(it.spec ?? {}, it.metadata.name ?? ''),
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  dropDisabled: (it) => dropGatedPodFields(it.spec),
  strategy: {
    // People do not update pods themselves.
    warnings: (it, old) =>
      old === undefined
        ? [...nameWarnings(it.metadata.name, "the Pod's hostname"), ...podWarnings(it.spec ?? {}, it.metadata, path())]
        : [],
    prepareForCreate(it) {
      it.status = { phase: 'Pending', qosClass: qosClass(it.spec ?? {}) };
      if ((it.spec?.schedulingGates?.length ?? 0) > 0) it.status.conditions = [gatedCondition(it)];
      applyLabelKeys(it);
    },
    prepareForStatusUpdate(next, old) {
      if (next.status !== undefined && old.status?.qosClass !== undefined) next.status.qosClass ??= old.status.qosClass;
      next.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
      if (old.metadata.deletionTimestamp === undefined) delete next.metadata.deletionTimestamp;
    },
    deletionGrace,
  },
});

/** Clients that watch for the end of a pod see it in its row. */
function completed({ status: { phase } = {} }: Pod): RowCondition[] {
  if (phase !== 'Succeeded' && phase !== 'Failed') return [];
  const message = phase === 'Succeeded' ? 'The pod has completed successfully.' : 'The pod failed.';
  return [{ type: 'Completed', status: 'True', reason: phase, message }];
}

function gatedCondition(it: Pod): PodCondition {
  return {
    type: 'PodScheduled',
    status: 'False',
    lastTransitionTime: it.metadata.creationTimestamp,
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
}

/** Seconds a pod has to end. One that no node has, or that has ended, goes at once. */
function deletionGrace(it: Pod, requestedSeconds: number | undefined): number {
  const wanted = Number(requestedSeconds ?? it.spec?.terminationGracePeriodSeconds ?? 0);
  const seconds = wanted < 0 ? 1 : wanted;
  const isOver = it.status?.phase === 'Failed' || it.status?.phase === 'Succeeded';
  return (it.spec?.nodeName ?? '') === '' || isOver ? 0 : seconds;
}
