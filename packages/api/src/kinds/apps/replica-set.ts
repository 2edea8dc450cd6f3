import { path } from '../../field-errors.js';
import type { ReplicaSet } from '../../gen/types.js';
import { defineKind, scale, status } from '../../kind.js';
import { labelSelectorMatcher } from '../../selectors/label.js';
import { ageColumn, nameColumn, selectorColumn, templateColumns } from '../columns.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { workloadWarnings } from '../core/pod-spec/warnings.js';
import { nonNegative } from '../rules.js';
import {
  immutableSelector,
  validateReplicaCounts,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from './workload.js';

const spec = path('spec');

export const replicaSet = defineKind<ReplicaSet>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  subresources: [scale, status],
  columns: [
    nameColumn(),
    { name: 'Desired', type: 'integer', value: (it) => it.spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.readyReplicas ?? 0 },
    ageColumn(),
    ...templateColumns<ReplicaSet>((it) => it.spec?.template),
    selectorColumn((it) => it.spec?.selector),
  ],
  selectableFields: { 'status.replicas': (it) => String(it.status?.replicas ?? 0) },
  defaults(it) {
    it.spec ??= {};
    it.spec.replicas ??= 1;
    it.spec.template ??= {};
    it.spec.template.spec ??= {};
    defaultPodSpec(it.spec.template.spec);
  },
  validate: ({ spec: own = {} }) => [
    ...nonNegative(own.replicas, spec.child('replicas')),
    ...nonNegative(own.minReadySeconds, spec.child('minReadySeconds')),
    ...validateWorkloadSelector(own.selector, 'deployment', spec.child('selector')),
    ...validateSelectedTemplate(own.template ?? {}, own.selector, {
      what: 'ReplicaSet',
      path: spec,
      refusal: 'invalid label selector',
    }),
  ],
  validateUpdate: (next, old) => immutableSelector(next.spec?.selector, old.spec?.selector, spec.child('selector')),
  validateStatusUpdate: ({ status: state = {} }) =>
    validateReplicaCounts(state, {
      counts: ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
      parts: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      ready: 'readyReplicas',
    }),
  dropDisabled: (it) => dropGatedPodFields(it.spec?.template?.spec),
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
