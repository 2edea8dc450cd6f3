import { type FieldError, forbidden, invalid, path, required } from '../../field-errors.js';
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, scale, status } from '../../kind.js';
import { dnsLabelName, validateAnnotations, validateLabels } from '../../meta.js';
import { semanticEqual } from '../../object.js';
import { labelSelectorMatcher } from '../../selectors/label.js';
import { ageColumn, nameColumn, templateColumns } from '../columns.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { validatePodTemplate } from '../core/pod-spec/validate.js';
import { workloadWarnings } from '../core/pod-spec/warnings.js';
import { validateClaimSpec } from '../core/volumes/claim-spec.js';
import { nonNegative, oneOf } from '../rules.js';
import {
  isSelector,
  shownSelector,
  validateCollisions,
  validateIntOrPercent,
  validateReplicaCounts,
  validateRunsForEver,
  validateSelectorMatches,
  validateWorkloadSelector,
} from './workload.js';

const spec = path('spec');
const MAY_CHANGE = [
  ...(['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'] as const),
  ...(['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'] as const),
];

export const statefulSet = defineKind<StatefulSet>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  nameRule: dnsLabelName,
  validateStatusUpdate: (next, old) => [
    ...validateReplicaCounts(next.status ?? {}, {
      counts: [
        ...['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
        ...['observedGeneration', 'collisionCount'],
      ],
      parts: ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
      ready: 'status.readyReplicas',
    }),
    ...validateCollisions(next.status ?? {}, old.status ?? {}),
  ],
  subresources: [scale, status],
  columns: [
    nameColumn(),
    { name: 'Ready', type: 'string', value: (it) => `${it.status?.readyReplicas ?? 0}/${it.spec?.replicas ?? 0}` },
    ageColumn(),
    ...templateColumns<StatefulSet>((it) => it.spec?.template),
  ],
  defaults: applyDefaults,
  validate: validateSpec,
  validateUpdate(next, old) {
    const rest = (it: StatefulSet) =>
      Object.fromEntries(Object.entries(it.spec ?? {}).filter(([field]) => !MAY_CHANGE.some((name) => name === field)));
    if (semanticEqual(rest(next), rest(old))) return [];
    const quoted = MAY_CHANGE.map((field) => `'${field}'`);
    const list = `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
    return [forbidden(spec, `updates to statefulset spec for fields other than ${list} are forbidden`)];
  },
  dropDisabled(it, old) {
    dropGatedPodFields(it.spec?.template?.spec);
    dropMaxUnavailable(it, old);
  },
  strategy: {
    warnings: (it, old) => workloadWarnings(it, old, it.spec?.template),
    scale: {
      get: (it) => ({
        specReplicas: it.spec?.replicas ?? 0,
        statusReplicas: it.status?.replicas ?? 0,
        selector: labelSelectorMatcher(it.spec?.selector).toString(),
      }),
      set(it, replicas) {
        it.spec = { ...it.spec, replicas };
      },
    },
  },
});

/** Behind a gate that is shut: kept only where it stands already. */
function dropMaxUnavailable({ spec: own }: StatefulSet, old: StatefulSet | undefined): void {
  if (old?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return;
  delete own?.updateStrategy?.rollingUpdate?.maxUnavailable;
}

function applyDefaults(it: StatefulSet): void {
  it.spec ??= {};
  const own = it.spec;
  own.podManagementPolicy ??= 'OrderedReady';
  own.updateStrategy ??= {};
  own.updateStrategy.type ??= 'RollingUpdate';
  if (own.updateStrategy.type === 'RollingUpdate') {
    own.updateStrategy.rollingUpdate ??= {};
    own.updateStrategy.rollingUpdate.partition ??= 0;
  }
  own.persistentVolumeClaimRetentionPolicy ??= {};
  own.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain';
  own.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain';
  own.replicas ??= 1;
  own.revisionHistoryLimit ??= 10;
  own.template ??= {};
  own.template.spec ??= {};
  defaultPodSpec(own.template.spec);
  for (const claim of own.volumeClaimTemplates ?? []) {
    claim.apiVersion = 'v1';
    claim.kind = 'PersistentVolumeClaim';
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
  }
}

function validateSpec({ spec: own = {} }: StatefulSet, old?: StatefulSet): FieldError[] {
  const policy = own.podManagementPolicy ?? '';
  const errors: FieldError[] = [];
  const policyPath = spec.child('podManagementPolicy');
  if (policy === '') errors.push(required(policyPath));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    errors.push(invalid(policyPath, policy, "must be 'OrderedReady' or 'Parallel'"));
  }
  return [
    ...errors,
    ...validateStrategy(own.updateStrategy ?? {}),
    ...validateRetention(own.persistentVolumeClaimRetentionPolicy ?? {}),
    ...nonNegative(own.replicas, spec.child('replicas')),
    ...nonNegative(own.minReadySeconds, spec.child('minReadySeconds')),
    ...nonNegative(own.ordinals?.start, spec.child('ordinals', 'start')),
    // They cannot change: those from before may be what is refused today.
    ...(old === undefined ? (own.volumeClaimTemplates ?? []) : []).flatMap((claim, index) =>
      validateClaimSpec(claim.spec ?? {}, spec.child('volumeClaimTemplates').index(index).child('spec')),
    ),
    ...validateWorkloadSelector(own.selector, 'statefulset', spec.child('selector')),
    ...validateTemplate(own),
  ];
}

/** The pods have their claims as volumes beside the template's own; upstream looks at the template's labels twice. */
function validateTemplate({ selector, template = {}, volumeClaimTemplates = [] }: StatefulSetSpec): FieldError[] {
  const volumes = template.spec?.volumes ?? [];
  const known = new Set(volumes.map(({ name }) => name));
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''));
  const claims = [...names]
    .filter((name) => !known.has(name))
    .map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  // Each pod's subdomain is that of the service.
  const whole = { ...template, spec: { ...template.spec, volumes: [...volumes, ...claims], subdomain: '' } };
  const again = [
    ...validateLabels(template.metadata?.labels, spec.child('template', 'labels')),
    ...validateAnnotations(template.metadata?.annotations, spec.child('template', 'annotations')),
  ];
  const at = spec.child('template');
  const errors = isSelector(selector)
    ? [...validateSelectorMatches(whole, selector, at), ...validatePodTemplate(whole, at), ...again]
    : [invalid(spec.child('selector'), shownSelector(selector), '')];
  return [...errors, ...validateRunsForEver(template, 'StatefulSet', at)];
}

const STRATEGY = 'io.k8s.api.apps.v1.StatefulSetUpdateStrategy';

function validateStrategy({ type = '', rollingUpdate }: StatefulSetUpdateStrategy): FieldError[] {
  const at = spec.child('updateStrategy');
  switch (type) {
    case '':
      return [required(at)];
    case 'OnDelete':
      if (rollingUpdate === undefined) return [];
      return [invalid(at.child('rollingUpdate'), rollingUpdate, `only allowed for updateStrategy 'RollingUpdate'`)];
    case 'RollingUpdate':
      return [
        ...nonNegative(rollingUpdate?.partition, at.child('rollingUpdate', 'partition')),
        ...validateIntOrPercent(rollingUpdate?.maxUnavailable, at.child('rollingUpdate', 'maxUnavailable')),
      ];
    default:
      return [invalid(at, internalForm(STRATEGY, { type, rollingUpdate }), "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validateRetention(policy: {
  whenDeleted?: string | undefined;
  whenScaled?: string | undefined;
}): FieldError[] {
  const at = spec.child('persistentVolumeClaimRetentionPolicy');
  return (['whenDeleted', 'whenScaled'] as const).flatMap((field) =>
    oneOf(policy[field], ['Retain', 'Delete'], at.child(field)),
  );
}
