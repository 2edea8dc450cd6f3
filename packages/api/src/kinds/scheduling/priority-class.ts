import { type FieldError, forbidden, path, required } from '../../field-errors.js';
import type { PriorityClass } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { ageColumn, nameColumn } from '../columns.js';
import { oneOfOrAbsent } from '../rules.js';

const USER_PRIORITY_MAX = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
/** The classes that the control plane itself makes. */
const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'Cluster',
  // A class is checked when it is made; what is checked stays.
  updateMetadata: ['update', 'change'],
  columns: [
    nameColumn(),
    { name: 'Value', type: 'integer', value: (it) => it.value ?? 0 },
    { name: 'Global-Default', type: 'boolean', value: (it) => it.globalDefault ?? false },
    ageColumn(),
    { name: 'PreemptionPolicy', type: 'string', value: (it) => it.preemptionPolicy ?? '' },
  ],
  defaults(it) {
    it.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate: (it) => [
    ...validateValue(it),
    ...(it.preemptionPolicy === ''
      ? [required('preemptionPolicy')]
      : oneOfOrAbsent(it.preemptionPolicy, ['PreemptLowerPriority', 'Never'], path('preemptionPolicy'))),
  ],
  validateUpdate: (next, old) => [
    ...((next.value ?? 0) === (old.value ?? 0) ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutableField(next.preemptionPolicy, old.preemptionPolicy, path('preemptionPolicy')),
  ],
  strategy: {
    prepareForCreate(it) {
      it.metadata.generation = 1;
    },
  },
});

function validateValue({ metadata: { name = '' }, value = 0 }: PriorityClass): FieldError[] {
  if (!name.startsWith(SYSTEM_PREFIX)) {
    if (value <= USER_PRIORITY_MAX) return [];
    return [forbidden('value', `maximum allowed value of a user defined priority is ${USER_PRIORITY_MAX}`)];
  }
  if (SYSTEM_CLASSES.get(name) === value) return [];
  const why = SYSTEM_CLASSES.has(name)
    ? `value of ${name} PriorityClass must be ${SYSTEM_CLASSES.get(name)}`
    : `${name} is not a known system priority class`;
  const text = `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`;
  return [forbidden('metadata.name', text)];
}
