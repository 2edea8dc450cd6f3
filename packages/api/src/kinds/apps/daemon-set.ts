import { type FieldError, invalid, notSupported, path, required } from '../../field-errors.js';
import type { DaemonSet, DaemonSetUpdateStrategy } from '../../gen/types.js';
import { parseInt64 } from '../../int64.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { semanticEqual } from '../../object.js';
import { ageColumn, labelsText, nameColumn, selectorColumn, templateColumns } from '../columns.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { isSpecSame, templateWarnings } from '../core/pod-spec/warnings.js';
import { nonNegative } from '../rules.js';
import {
  countOf,
  immutableSelector,
  notMoreThanAll,
  validateCollisions,
  validateIntOrPercent,
  validateReplicaCounts,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from './workload.js';

const spec = path('spec');
/** Where the count of template changes lives since the field for it went. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

export const daemonSet = defineKind<DaemonSet>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  innerAnnotations: [TEMPLATE_GENERATION],
  validateStatusUpdate: (next, old) => [
    ...validateReplicaCounts(next.status ?? {}, {
      counts: [
        ...['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'],
        ...['observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable', 'collisionCount'],
      ],
      parts: [],
      ready: '',
    }),
    ...validateCollisions(next.status ?? {}, old.status ?? {}),
  ],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Desired', type: 'integer', value: (it) => it.status?.desiredNumberScheduled ?? 0 },
    { name: 'Current', type: 'integer', value: (it) => it.status?.currentNumberScheduled ?? 0 },
    { name: 'Ready', type: 'integer', value: (it) => it.status?.numberReady ?? 0 },
    { name: 'Up-to-date', type: 'integer', value: (it) => it.status?.updatedNumberScheduled ?? 0 },
    { name: 'Available', type: 'integer', value: (it) => it.status?.numberAvailable ?? 0 },
    { name: 'Node Selector', type: 'string', value: (it) => labelsText(it.spec?.template?.spec?.nodeSelector) },
    ageColumn(),
    ...templateColumns<DaemonSet>((it) => it.spec?.template),
    selectorColumn((it) => it.spec?.selector),
  ],
  defaults(it) {
    if (it.metadata.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(it, 0n);
    it.spec ??= {};
    it.spec.updateStrategy ??= {};
    it.spec.updateStrategy.type ??= 'RollingUpdate';
    if (it.spec.updateStrategy.type === 'RollingUpdate') {
      it.spec.updateStrategy.rollingUpdate ??= {};
      it.spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      it.spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    it.spec.revisionHistoryLimit ??= 10;
    it.spec.template ??= {};
    it.spec.template.spec ??= {};
    defaultPodSpec(it.spec.template.spec);
  },
  validate: ({ spec: own = {} }) => [
    ...(own.selector === undefined ? [] : validateWorkloadSelector(own.selector, 'daemonset', spec.child('selector'))),
    ...validateWorkloadTemplate(own.template ?? {}, own.selector, 'DaemonSet', spec.child('template')),
    ...nonNegative(own.minReadySeconds, spec.child('minReadySeconds')),
    ...validateStrategy(own.updateStrategy ?? {}),
    ...nonNegative(own.revisionHistoryLimit, spec.child('revisionHistoryLimit')),
  ],
  updateMetadata: ['update', 'change', 'rules'],
  validateUpdate: (next, old) => immutableSelector(next.spec?.selector, old.spec?.selector, spec.child('selector')),
  dropDisabled: (it) => dropGatedPodFields(it.spec?.template?.spec),
  strategy: {
    warnings: (it, old) => (isSpecSame(it, old) ? [] : templateWarnings(it.spec?.template)),
    prepareForCreate(it) {
      setTemplateGeneration(it, 1n);
    },
    prepareForUpdate(next, old) {
      const before = templateGeneration(old);
      const changed = !semanticEqual(next.spec?.template, old.spec?.template);
      setTemplateGeneration(next, changed ? before + 1n : before);
    },
    prepareForStatusUpdate: (next, old) => setTemplateGeneration(next, templateGeneration(old)),
  },
});

function templateGeneration({ metadata }: DaemonSet): bigint {
  return parseInt64(metadata.annotations?.[TEMPLATE_GENERATION] ?? '') ?? 1n;
}

function setTemplateGeneration(it: DaemonSet, generation: bigint): void {
  it.metadata.annotations = { ...it.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
}

const STRATEGY = 'io.k8s.api.apps.v1.DaemonSetUpdateStrategy';

function validateStrategy({ type = '', rollingUpdate }: DaemonSetUpdateStrategy): FieldError[] {
  const at = spec.child('updateStrategy');
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate')
    return [notSupported(at, internalForm(STRATEGY, { type, rollingUpdate }), ['RollingUpdate', 'OnDelete'])];
  const rolling = at.child('rollingUpdate');
  if (rollingUpdate === undefined) return [required(rolling)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const errors = [
    ...validateIntOrPercent(maxUnavailable, rolling.child('maxUnavailable')),
    ...validateIntOrPercent(maxSurge, rolling.child('maxSurge')),
    ...notMoreThanAll(maxUnavailable, rolling.child('maxUnavailable')),
    ...notMoreThanAll(maxSurge, rolling.child('maxSurge')),
  ];
  const [unavailable, surge] = [countOf(maxUnavailable) !== 0, countOf(maxSurge) !== 0];
  if (unavailable && surge) {
    errors.push(invalid(rolling.child('maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  if (!unavailable && !surge) errors.push(required(rolling.child('maxUnavailable'), 'cannot be 0 when maxSurge is 0'));
  return errors;
}
