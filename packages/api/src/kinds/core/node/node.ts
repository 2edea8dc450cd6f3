import { path } from '../../../field-errors.js';
import type { Node, NodeSpec } from '../../../gen/types.js';
import { defineKind, status } from '../../../kind.js';
import { ipRangeWarnings } from '../../addresses.js';
import { ageColumn, nameColumn } from '../../columns.js';
import { roundList } from '../pod-spec/defaults.js';
import { validateChange, validateNode } from './validate.js';

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  subresources: [
    {
      name: 'proxy',
      gvk: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
    status,
  ],
  columns: [
    nameColumn(),
    { name: 'Status', type: 'string', value: statusText },
    { name: 'Roles', type: 'string', value: rolesText },
    ageColumn(),
    { name: 'Version', type: 'string', value: (it) => it.status?.nodeInfo?.kubeletVersion ?? '' },
    { name: 'Internal-IP', type: 'string', priority: 1, value: (it) => addressOf(it, 'InternalIP') },
    { name: 'External-IP', type: 'string', priority: 1, value: (it) => addressOf(it, 'ExternalIP') },
    { name: 'OS-Image', type: 'string', priority: 1, value: (it) => orUnknown(it.status?.nodeInfo?.osImage) },
    {
      name: 'Kernel-Version',
      type: 'string',
      priority: 1,
      value: kernelText,
    },
    {
      name: 'Container-Runtime',
      type: 'string',
      priority: 1,
      value: (it) => orUnknown(it.status?.nodeInfo?.containerRuntimeVersion),
    },
  ],
  selectableFields: { 'spec.unschedulable': (it) => String(it.spec?.unschedulable ?? false) },
  defaults(it) {
    const { spec: own, status: state } = it;
    if (own !== undefined) matchRanges(own);
    if (state?.capacity === undefined) return;
    // A node that tells no allocatable resources offers all it has.
    state.allocatable ??= { ...state.capacity };
    roundList(state.capacity);
    roundList(state.allocatable);
  },
  validate: validateNode,
  validateUpdate: validateChange,
  validateStatusUpdate: validateChange,
  keepsStatusOnCreate: true,
  strategy: {
    // Kubelets have no configuration from the API any more.
    prepareForCreate({ spec: own, status: state }) {
      delete own?.configSource;
      delete state?.config;
    },
    prepareForUpdate({ spec: own }, old) {
      if (old.spec?.configSource === undefined) delete own?.configSource;
    },
    prepareForStatusUpdate({ status: state }, old) {
      if (old.status?.config === undefined) delete state?.config;
    },
    warnings: ({ spec: own = {} }) => [
      ...(own.configSource === undefined ? [] : ['spec.configSource: the feature is removed']),
      ...(own.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
      ...(own.podCIDRs ?? []).flatMap((range, index) => ipRangeWarnings(range, path('spec', 'podCIDRs').index(index))),
    ],
  },
});

/** The first range stands in a field of its own too, which is what older clients write. */
function matchRanges(own: NodeSpec): void {
  const { podCIDR = '', podCIDRs = [] } = own;
  if (podCIDR !== '' && podCIDR !== podCIDRs[0]) own.podCIDRs = [podCIDR];
  else if (podCIDRs[0] !== undefined) own.podCIDR = podCIDRs[0];
}

function statusText(it: Node): string {
  const ready = it.status?.conditions?.find((condition) => condition.type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (it.spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function rolesText(it: Node): string {
  const labels = Object.entries(it.metadata.labels ?? {});
  const roles = labels.flatMap(([key, value]) => {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) return [key.slice(ROLE_PREFIX.length)];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

function addressOf(it: Node, type: string): string {
  return it.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

function orUnknown(text: string | undefined): string {
  return text === undefined || text === '' ? '<unknown>' : text;
}

function kernelText({ status = {} }: Node): string {
  const { kernelVersion = '', architecture = '' } = status.nodeInfo ?? {};
  return kernelVersion !== '' && architecture !== '' ? `${kernelVersion} (${architecture})` : orUnknown(kernelVersion);
}
