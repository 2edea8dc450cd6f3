import { type FieldError, forbidden, invalid, notSupported, path, required } from '../../field-errors.js';
import type { Deployment, DeploymentStrategy } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, scale, status } from '../../kind.js';
import { deepEqual, semanticEqual } from '../../object.js';
import { labelSelectorMatcher } from '../../selectors/label.js';
import { ageColumn, nameColumn, selectorColumn, templateColumns } from '../columns.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { workloadWarnings } from '../core/pod-spec/warnings.js';
import { nonNegative } from '../rules.js';
import {
  countOf,
  immutableSelector,
  notMoreThanAll,
  validateCollisions,
  validateIntOrPercent,
  validateReplicaCounts,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from './workload.js';

const spec = path('spec');

export const deployment = defineKind<Deployment>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  validateStatusUpdate: (next, old) => [
    ...validateReplicaCounts(next.status ?? {}, {
      counts: [
        ...['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'],
        ...['unavailableReplicas', 'collisionCount'],
      ],
      parts: ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
      ready: 'readyReplicas',
    }),
    ...validateCollisions(next.status ?? {}, old.status ?? {}),
  ],
  subresources: [scale, status],
  columns: [
    nameColumn(),
    { name: 'Ready', type: 'string', value: (it) => `${it.status?.readyReplicas ?? 0}/${it.spec?.replicas ?? 0}` },
    { name: 'Up-to-date', type: 'string', value: (it) => it.status?.updatedReplicas ?? 0 },
    { name: 'Available', type: 'string', value: (it) => it.status?.availableReplicas ?? 0 },
    ageColumn(),
    ...templateColumns<Deployment>((it) => it.spec?.template),
    selectorColumn((it) => it.spec?.selector),
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.replicas ??= 1;
    it.spec.revisionHistoryLimit ??= 10;
    it.spec.progressDeadlineSeconds ??= 600;
    it.spec.strategy ??= {};
    defaultStrategy(it.spec.strategy);
    it.spec.template ??= {};
    it.spec.template.spec ??= {};
    defaultPodSpec(it.spec.template.spec);
  },
  validate: validateSpec,
  validateUpdate: (next, old) => immutableSelector(next.spec?.selector, old.spec?.selector, spec.child('selector')),
  dropDisabled: (it) => dropGatedPodFields(it.spec?.template?.spec),
  strategy: {
    warnings: (it, old) => workloadWarnings(it, old, it.spec?.template),
    prepareForUpdate(next, old) {
      // Its controller acts on annotations too, so their change counts as one of the spec.
      const unseen =
        deepEqual(next.spec, old.spec) && !semanticEqual(next.metadata.annotations, old.metadata.annotations);
      if (unseen) next.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
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

function defaultStrategy(it: DeploymentStrategy): void {
  it.type ??= 'RollingUpdate';
  if (it.type !== 'RollingUpdate') return;
  it.rollingUpdate ??= {};
  it.rollingUpdate.maxUnavailable ??= '25%';
  it.rollingUpdate.maxSurge ??= '25%';
}

function validateSpec(it: Deployment): FieldError[] {
  const own = it.spec ?? {};
  const deadline = own.progressDeadlineSeconds;
  const errors = [
    ...nonNegative(own.replicas, spec.child('replicas')),
    ...validateWorkloadSelector(own.selector, 'deployment', spec.child('selector')),
    ...validateSelectedTemplate(own.template ?? {}, own.selector, {
      what: 'ReplicaSet',
      path: spec,
      refusal: 'invalid label selector',
    }),
    ...validateStrategy(own.strategy ?? {}),
    ...nonNegative(own.minReadySeconds, spec.child('minReadySeconds')),
    ...nonNegative(own.revisionHistoryLimit, spec.child('revisionHistoryLimit')),
    ...nonNegative(deadline, spec.child('progressDeadlineSeconds')),
  ];
  if (deadline !== undefined && deadline <= (own.minReadySeconds ?? 0)) {
    errors.push(invalid(spec.child('progressDeadlineSeconds'), deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

function validateStrategy(it: DeploymentStrategy): FieldError[] {
  const at = spec.child('strategy');
  const rolling = at.child('rollingUpdate');
  switch (it.type) {
    case 'Recreate':
      if (it.rollingUpdate === undefined) return [];
      return [forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate':
      if (it.rollingUpdate === undefined) return [required(rolling, 'this should be defaulted and never be nil')];
      return validateRollingUpdate(it.rollingUpdate);
    default:
      return [
        notSupported(at, internalForm('io.k8s.api.apps.v1.DeploymentStrategy', it), ['Recreate', 'RollingUpdate']),
      ];
  }
}

function validateRollingUpdate({
  maxUnavailable,
  maxSurge,
}: NonNullable<DeploymentStrategy['rollingUpdate']>): FieldError[] {
  const at = spec.child('strategy', 'rollingUpdate');
  const errors = validateIntOrPercent(maxUnavailable, at.child('maxUnavailable'));
  const surge = validateIntOrPercent(maxSurge, at.child('maxSurge'));
  errors.push(...surge);
  if (surge.length === 0 && countOf(maxUnavailable) === 0 && countOf(maxSurge) === 0) {
    errors.push(invalid(at.child('maxUnavailable'), maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, at.child('maxUnavailable'))];
}
