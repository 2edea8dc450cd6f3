import { duplicate, type FieldError, forbidden, path, required } from '../../field-errors.js';
import type { Node, Taint } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { validateLabelName } from '../../meta.js';
import { labelValueErrors } from '../../names.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOf } from '../rules.js';
import { roundList } from './pod-spec/defaults.js';
import { validateResourceQuantity } from './resource-names.js';

const spec = path('spec');
const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  scope: 'Cluster',
  updateMetadata: 'both',
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
    if (own?.podCIDR !== undefined) own.podCIDRs ??= [own.podCIDR];
    if (state?.capacity === undefined) return;
    // A node that tells no allocatable resources offers all it has.
    state.allocatable ??= { ...state.capacity };
    roundList(state.capacity);
    roundList(state.allocatable);
  },
  validate: (it) => [...validateTaints(it.spec?.taints ?? []), ...validateCapacity(it)],
  strategy: {
    warnings: ({ spec: own = {} }) => [
      ...(own.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
    ],
  },
  validateUpdate: (next, old) => [
    ...settableOnce(next.spec?.podCIDR, old.spec?.podCIDR, 'podCIDRs', 'podCIDR'),
    ...settableOnce(next.spec?.providerID, old.spec?.providerID, 'providerID', 'providerID'),
  ],
  validateStatusUpdate: validateCapacity,
  keepsStatusOnCreate: true,
});

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

function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = spec.child('taints').index(index);
    const { key = '', value = '', effect = '' } = taint;
    const errors = validateLabelName(key, at.child('key'));
    errors.push(
      ...labelValueErrors(value).map(
        (text): FieldError => ({ type: 'FieldValueInvalid', field: String(at.child('value')), value, detail: text }),
      ),
    );
    if (effect === '') errors.push(required(at.child('effect')));
    else errors.push(...oneOf(effect, EFFECTS, at.child('effect')));
    const pair = `${key}/${effect}`;
    if (seen.has(pair))
      errors.push({ ...duplicate(at, taint), detail: 'taints must be unique by key and effect pair' });
    seen.add(pair);
    return errors;
  });
}

function validateCapacity(it: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((field) =>
    Object.entries(it.status?.[field] ?? {}).flatMap(([name, value]) =>
      validateResourceQuantity(name, value, path('status', field).key(name)),
    ),
  );
}

function settableOnce(next = '', old = '', field: string, name: string): FieldError[] {
  if (next === old || old === '') return [];
  return [forbidden(spec.child(field), `node updates may not change ${name} except from "" to valid`)];
}

function kernelText({ status = {} }: Node): string {
  const { kernelVersion = '', architecture = '' } = status.nodeInfo ?? {};
  return kernelVersion !== '' && architecture !== '' ? `${kernelVersion} (${architecture})` : orUnknown(kernelVersion);
}
