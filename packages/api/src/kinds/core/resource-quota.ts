import { type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { roundList } from './pod-spec/defaults.js';
import { isQuotaResource, validateQuotaResourceName, validateResourceQuantity } from './resource-names.js';

const spec = path('spec');
const SELECTOR_TYPE = 'io.k8s.api.core.v1.ScopeSelector';

const POD_COUNT = ['pods'];
const POD_RESOURCES = [
  ...POD_COUNT,
  ...['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'],
];
/** The scopes that there are, and of what standard resources each can be. */
const SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Terminating', POD_RESOURCES],
  ['NotTerminating', POD_RESOURCES],
  ['BestEffort', POD_COUNT],
  ['NotBestEffort', POD_RESOURCES],
  ['PriorityClass', POD_RESOURCES],
  ['CrossNamespacePodAffinity', POD_RESOURCES],
  ['VolumeAttributesClass', ['persistentvolumeclaims', 'requests.storage']],
]);
/** What is of one or not: there are no values to choose by. */
const PLAIN_SCOPES: ReadonlySet<string> = new Set([
  ...['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'CrossNamespacePodAffinity'],
]);
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

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
  defaults(it) {
    for (const list of [it.spec?.hard, it.status?.hard, it.status?.used]) roundList(list);
  },
  validate: ({ spec: own = {} }) => [
    ...validateList(own.hard, spec.child('hard')),
    ...validateScopes(own),
    ...validateScopeSelector(own),
  ],
  validateUpdate: (next, old) => {
    const scopes = (it: ResourceQuota) => [...new Set(it.spec?.scopes ?? [])].sort().join();
    if (scopes(next) === scopes(old)) return [];
    return [invalid(spec.child('scopes'), next.spec?.scopes ?? null, FIELD_IMMUTABLE)];
  },
  validateStatusUpdate: ({ status: now = {} }) => [
    ...validateList(now.hard, path('status', 'hard')),
    ...validateList(now.used, path('status', 'used')),
  ],
});

function validateList(list: Readonly<Record<string, string>> = {}, at: Path): FieldError[] {
  return Object.entries(list).flatMap(([name, value]) => [
    ...validateQuotaResourceName(name, at.key(name)),
    ...validateResourceQuantity(name, value, at.key(name)),
  ]);
}

/** Of the resources that a scope cannot be of, each is told. */
function misfits(scope: string, { hard = {} }: ResourceQuotaSpec): string[] {
  const allowed = SCOPES.get(scope);
  if (allowed === undefined) return [];
  return Object.keys(hard).filter((name) => isQuotaResource(name) && !allowed.includes(name));
}

function validateScopes(own: ResourceQuotaSpec): FieldError[] {
  const { scopes = [] } = own;
  const at = spec.child('scopes');
  return [
    ...scopes.flatMap((scope) => [
      ...(SCOPES.has(scope) ? [] : [invalid(at, scopes, 'unsupported scope')]),
      ...misfits(scope, own).map(() => invalid(at, scopes, 'unsupported scope applied to resource')),
    ]),
    ...conflicts(scopes, scopes, at),
  ];
}

function conflicts(given: readonly string[], shown: readonly string[] | null, at: Path): FieldError[] {
  return CONFLICTS.filter((pair) => pair.every((scope) => given.includes(scope))).map(() =>
    invalid(at, shown, 'conflicting scopes'),
  );
}

/** Errors of requirements point at their list. */
function validateScopeSelector(own: ResourceQuotaSpec): FieldError[] {
  if (own.scopeSelector === undefined) return [];
  const { matchExpressions = [] } = own.scopeSelector;
  const at = spec.child('scopeSelector', 'matchExpressions');
  const scopes = matchExpressions.map(({ scopeName = '' }) => scopeName);
  return [
    ...matchExpressions.flatMap((it) => validateRequirement(it, own, at)),
    ...conflicts(scopes, own.scopes ?? null, at),
  ];
}

const NEEDS_EXISTS =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateRequirement(it: ScopedResourceSelectorRequirement, own: ResourceQuotaSpec, at: Path): FieldError[] {
  const { scopeName = '', operator = '', values = [] } = it;
  const [atOperator, atValues] = [at.child('operator'), at.child('values')];
  const errors = misfits(scopeName, own).map(() =>
    invalid(at, internalForm(SELECTOR_TYPE, own.scopeSelector), 'unsupported scope applied to resource'),
  );
  if (!SCOPES.has(scopeName)) errors.unshift(invalid(at.child('scopeName'), scopeName, 'unsupported scope'));
  if (PLAIN_SCOPES.has(scopeName) && operator !== 'Exists') errors.push(invalid(atOperator, operator, NEEDS_EXISTS));
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return errors;
    const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
    return [...errors, required(atValues, text)];
  }
  if (operator !== 'Exists' && operator !== 'DoesNotExist') {
    return [...errors, invalid(atOperator, operator, 'not a valid selector operator')];
  }
  if (values.length === 0) return errors;
  const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
  return [...errors, invalid(atValues, values, text)];
}

function usageText(it: ResourceQuota, isShown: (name: string) => boolean): string {
  const hard = Object.keys(it.status?.hard ?? {})
    .filter(isShown)
    .sort();
  return hard.map((name) => `${name}: ${it.status?.used?.[name] ?? '0'}/${it.status?.hard?.[name]}`).join(', ');
}
