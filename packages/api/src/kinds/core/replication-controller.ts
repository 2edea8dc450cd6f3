import { type FieldError, path, required } from '../../field-errors.js';
import type { ReplicationController } from '../../gen/types.js';
import { defineKind, scale, status } from '../../kind.js';
import { dnsSubdomainName, ofNameOnly } from '../../meta.js';
import { labelMapMatcher } from '../../selectors/label.js';
import { labelsMismatch, validateReplicaCounts, validateRunsForEver } from '../apps/workload.js';
import { ageColumn, labelsText, nameColumn, templateColumns } from '../columns.js';
import { nonNegative } from '../rules.js';
import { defaultPodSpec } from './pod-spec/defaults.js';
import { dropGatedPodFields } from './pod-spec/gated.js';
import { validatePodTemplate } from './pod-spec/validate.js';
import { workloadWarnings } from './pod-spec/warnings.js';

const spec = path('spec');

export const replicationController = defineKind<ReplicationController>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  nameRule: ofNameOnly(dnsSubdomainName),
  generation: ['spec'],
  validateStatusUpdate: ({ status: state = {} }) =>
    validateReplicaCounts(state, {
      counts: ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
      parts: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      ready: 'readyReplicas',
    }),
  subresources: [scale, status],
  columns: [
    nameColumn(),
    { name: 'Desired', type: 'integer', value: (it) => it.spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.readyReplicas ?? 0 },
    ageColumn(),
    ...templateColumns<ReplicationController>((it) => it.spec?.template),
    { name: 'Selector', type: 'string', priority: 1, value: (it) => labelsText(it.spec?.selector) },
  ],
  selectableFields: { 'status.replicas': (it) => String(it.status?.replicas ?? 0) },
  defaults(it) {
    it.spec ??= {};
    it.spec.replicas ??= 1;
    const labels = it.spec.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(it.spec.selector ?? {}).length === 0) it.spec.selector = { ...labels };
      if (Object.keys(it.metadata.labels ?? {}).length === 0) it.metadata.labels = { ...labels };
    }
    if (it.spec.template === undefined) return;
    it.spec.template.spec ??= {};
    defaultPodSpec(it.spec.template.spec);
  },
  validate: validateSpec,
  dropDisabled: (it) => dropGatedPodFields(it.spec?.template?.spec),
  strategy: {
    warnings: (it, old) => workloadWarnings(it, old, it.spec?.template),
    defaultPropagation: 'Orphan',
    scale: {
      get: (it) => ({
        specReplicas: it.spec?.replicas ?? 0,
        statusReplicas: it.status?.replicas ?? 0,
        selector: labelMapMatcher(it.spec?.selector).toString(),
      }),
      set(it, replicas) {
        it.spec = { ...it.spec, replicas };
      },
    },
  },
});

function validateSpec({ spec: own = {} }: ReplicationController): FieldError[] {
  const { selector = {}, template } = own;
  const isEmpty = Object.keys(selector).length === 0;
  const errors = [
    ...nonNegative(own.minReadySeconds, spec.child('minReadySeconds')),
    ...(isEmpty ? [required(spec.child('selector'))] : []),
    ...nonNegative(own.replicas, spec.child('replicas')),
  ];
  const at = spec.child('template');
  if (template === undefined) return [...errors, required(at)];
  // The selector is a plain map, whose keys nobody checks.
  const isChosen = isEmpty || labelMapMatcher(selector).matches(template.metadata?.labels);
  return [
    ...errors,
    ...(isChosen ? [] : [labelsMismatch(template, at)]),
    ...validatePodTemplate(template, at),
    ...validateRunsForEver(template, 'ReplicationController', at),
  ];
}
