import { type FieldError, invalid, path } from '../../field-errors.js';
import type { ResourceQuota } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { qualifiedNameErrors } from '../../names.js';
import { semanticEqual } from '../../object.js';
import { parseQuantity } from '../../quantity.js';
import { ageColumn, nameColumn } from '../columns.js';
import { NOT_INTEGER, nonNegativeQuantity } from '../rules.js';
import { isHugePage } from './pod-spec/resources.js';

const spec = path('spec');

const STANDARD_QUOTAS: ReadonlySet<string> = new Set([
  ...['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage'],
  ...['requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods'],
  ...['resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims', 'configmaps'],
  ...['services.nodeports', 'services.loadbalancers'],
]);
/** Counts of objects: they come in whole numbers only. */
const WHOLE: ReadonlySet<string> = new Set([
  ...['pods', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'resourcequotas'],
  ...['persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'],
]);
const SCOPES: ReadonlySet<string> = new Set([
  ...['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass'],
  ...['CrossNamespacePodAffinity', 'VolumeAttributesClass'],
]);
const POD_SCOPE_RESOURCES: ReadonlySet<string> = new Set([
  'pods',
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

export const resourceQuota = defineKind<ResourceQuota>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Request', type: 'string', value: (it) => usageText(it, (name) => !name.startsWith('limits.')) },
    { name: 'Limit', type: 'string', value: (it) => usageText(it, (name) => name.startsWith('limits.')) },
    ageColumn(),
  ],
  validate: (it) => [...validateHard(it), ...validateScopes(it)],
  validateUpdate: (next, old) => {
    const scopes = (it: ResourceQuota) => [...(it.spec?.scopes ?? [])].sort();
    if (semanticEqual(scopes(next), scopes(old))) return [];
    return [invalid(spec.child('scopes'), next.spec?.scopes ?? null, 'field is immutable')];
  },
});

function validateHard({ spec: own = {} }: ResourceQuota): FieldError[] {
  return Object.entries(own.hard ?? {}).flatMap(([name, value]) => {
    const at = spec.child('hard').key(name);
    const errors = [...validateQuotaName(name, String(at)), ...nonNegativeQuantity(value, at)];
    const isWhole = WHOLE.has(name) || name.startsWith('count/');
    if (isWhole && parseQuantity(value).nanos % 1_000_000_000n !== 0n) errors.push(invalid(at, value, NOT_INTEGER));
    return errors;
  });
}

function validateQuotaName(name: string, at: string): FieldError[] {
  const errors = qualifiedNameErrors(name).map((text) => invalid(at, name, text));
  const bare = name.replace(/^requests\./, '');
  if (!name.includes('/') && !STANDARD_QUOTAS.has(name) && !isHugePage(bare)) {
    errors.push(invalid(at, name, 'must be a standard resource for quota'));
  }
  return errors;
}

function validateScopes({ spec: own = {} }: ResourceQuota): FieldError[] {
  const scopes = own.scopes ?? [];
  const at = spec.child('scopes');
  const errors = scopes.flatMap((scope) => {
    if (!SCOPES.has(scope)) return [invalid(at, scopes, 'unsupported scope')];
    const names = Object.keys(own.hard ?? {});
    const isPodScope = scope === 'BestEffort' || scope === 'NotBestEffort';
    const misfits = names.some((name) => (scope === 'BestEffort' ? name !== 'pods' : !POD_SCOPE_RESOURCES.has(name)));
    return isPodScope && misfits ? [invalid(at, scopes, 'unsupported scope applied to resource')] : [];
  });
  const conflicts = [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ].some((pair) => pair.every((scope) => scopes.includes(scope)));
  return conflicts ? [...errors, invalid(at, scopes, 'conflicting scopes')] : errors;
}

function usageText(it: ResourceQuota, isShown: (name: string) => boolean): string {
  const hard = Object.keys(it.status?.hard ?? {})
    .filter(isShown)
    .sort();
  return hard.map((name) => `${name}: ${it.status?.used?.[name] ?? '0'}/${it.status?.hard?.[name]}`).join(', ');
}
