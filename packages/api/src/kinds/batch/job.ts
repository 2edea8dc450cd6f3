import { humanDuration } from '../../duration.js';
import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { Job, JobSpec, PodTemplateSpec } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defineKind, status } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { dns1123LabelErrors } from '../../names.js';
import { wasSaidEmpty } from '../../normalize.js';
import { deepClone, semanticEqual } from '../../object.js';
import { labelSelectorMatcher } from '../../selectors/label.js';
import { immutableSelector, isSelector, shownSelector, validateSelectorMatches } from '../apps/workload.js';
import { ageColumn, nameColumn, selectorColumn, templateColumns } from '../columns.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { internalPodSpec, internalPodTemplate } from '../core/pod-spec/internal.js';
import { workloadWarnings } from '../core/pod-spec/warnings.js';
import { validateLabelSelector } from '../rules.js';
import { defaultJobSpec, validateJobSpec } from './job-spec.js';
import { validateJobStatusUpdate } from './job-status.js';

const spec = path('spec');
const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';

export const job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  scope: 'Namespaced',
  updateMetadata: ['create', 'rules', 'update', 'change'],
  generation: ['spec'],
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Status', type: 'string', value: statusText },
    { name: 'Completions', type: 'string', value: completionsText },
    { name: 'Duration', type: 'string', value: (it, { now }) => durationText(it, now) },
    ageColumn(),
    ...templateColumns<Job>((it) => it.spec?.template),
    selectorColumn((it) => it.spec?.selector),
  ],
  selectableFields: { 'status.successful': (it) => String(it.status?.succeeded ?? 0) },
  defaults(it) {
    it.spec ??= {};
    defaultJobSpec(it.spec);
    labelAsTemplate(it);
  },
  validate: validateJob,
  validateUpdate: validateImmutable,
  validateStatusUpdate: validateJobStatusUpdate,
  dropDisabled: (it) => dropGatedPodFields(it.spec?.template?.spec),
  strategy: {
    warnings: (it, old) => workloadWarnings(it, old, it.spec?.template),
    // Who deletes a Job without saying how keeps its pods: so it was in the first version.
    defaultPropagation: 'Orphan',
    deletionWarning:
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    prepareForCreate(it) {
      if (it.spec?.manualSelector !== true) generateSelector(it);
    },
  },
  // Those of the pods are made late: they are looked at where they are the template's.
  canonicalize: labelAsTemplate,
});

/** They stay one and the same: what is added to the template's is added to the Job's. */
function labelAsTemplate(it: Job): void {
  const labels = it.spec?.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(it.metadata.labels ?? {}).length === 0) it.metadata.labels = labels;
}

/** A selector that no other Job's pods can meet: by the Job's own uid. */
function generateSelector(it: Job): void {
  const { uid = '', name = '' } = it.metadata;
  it.spec ??= {};
  it.spec.template ??= {};
  it.spec.template.metadata ??= {};
  const { metadata } = it.spec.template;
  const { labels = {} } = metadata;
  if (metadata.labels === undefined && wasSaidEmpty(metadata, 'labels')) it.metadata.labels ??= labels;
  metadata.labels = labels;
  Object.assign(labels, {
    'job-name': name,
    [JOB_NAME]: name,
    'controller-uid': uid,
    [CONTROLLER_UID]: uid,
  });
  it.spec.selector = { ...it.spec.selector, matchLabels: { ...it.spec.selector?.matchLabels, [CONTROLLER_UID]: uid } };
}

function validateJob(it: Job, old?: Job): FieldError[] {
  const own = it.spec ?? {};
  const errors = [...validateGenerated(it, old), ...validateSelected(own)];
  if (own.completionMode === 'Indexed' && (own.completions ?? 0) > 0) {
    const podHostname = `${it.metadata.name}-${(own.completions ?? 1) - 1}`;
    const bad = dns1123LabelErrors(podHostname);
    if (bad.length > 0) {
      const text = `will not able to create pod with invalid DNS label: ${podHostname}`;
      errors.push(invalid(path('metadata', 'name'), it.metadata.name, text));
    }
  }
  return errors;
}

/** A Job's own spec: a CronJob's has no selector yet. */
function validateSelected(own: JobSpec): FieldError[] {
  const at = spec.child('selector');
  return [
    ...validateJobSpec(own, spec),
    ...(own.selector === undefined ? [required(at)] : validateLabelSelector(own.selector, at)),
    ...validateSelectorMatches(own.template ?? {}, own.selector, spec.child('template')),
  ];
}

/** Its selector is its own, and its pods have the labels that it was made of. */
function validateGenerated({ spec: own = {}, metadata }: Job, old: Job | undefined): FieldError[] {
  const { uid = '', name = '' } = metadata;
  if (own.manualSelector === true || own.selector === undefined) return [];
  const labels = own.template?.metadata?.labels;
  const before = old?.spec?.template?.metadata?.labels ?? {};
  // Jobs from before there were labels with a prefix need none.
  const isPrefixed = old === undefined || (JOB_NAME in before && CONTROLLER_UID in before);
  const prefixed = isPrefixed ? { [CONTROLLER_UID]: uid, [JOB_NAME]: name } : {};
  const expected: Record<string, string> = { 'controller-uid': uid, 'job-name': name, ...prefixed };
  const errors = Object.entries(expected).flatMap(([key, wanted]) => {
    const at = spec.child('template', 'metadata', 'labels').key(key);
    const text = `must be '${wanted}'`;
    if (labels?.[key] === undefined) return [required(at, text)];
    return labels[key] === wanted ? [] : [invalid(at, labels, text)];
  });
  if (!isSelector(own.selector) || labelSelectorMatcher(own.selector).matches(expected)) return errors;
  return [...errors, invalid(spec.child('selector'), shownSelector(own.selector), '`selector` not auto-generated')];
}

const IMMUTABLE = 'field is immutable';
const FIXED = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

const INTERNAL: Readonly<Partial<Record<(typeof FIXED)[number], string>>> = {
  podFailurePolicy: 'io.k8s.api.batch.v1.PodFailurePolicy',
  successPolicy: 'io.k8s.api.batch.v1.SuccessPolicy',
};

function validateImmutable(next: Job, old: Job): FieldError[] {
  const [now, before] = [next.spec ?? {}, old.spec ?? {}];
  // Upstream looks at the spec once more where it looks for what may not change.
  const errors = validateSelected(now);
  errors.push(...validateCompletions(now, before));
  errors.push(...immutableSelector(now.selector, before.selector, spec.child('selector')));
  const isMutable = before.suspend === true && old.status?.startTime === undefined;
  errors.push(...validateTemplateUpdate(now.template ?? {}, before.template ?? {}, isMutable));
  for (const field of FIXED) {
    if (semanticEqual(now[field], before[field])) continue;
    const type = INTERNAL[field];
    const shown = type === undefined ? (now[field] ?? null) : internalForm(type, now[field]);
    errors.push(invalid(spec.child(field), shown, IMMUTABLE));
  }
  return errors;
}

/** A Job of indexes may have more of them, or less, where each has a pod. */
function validateCompletions(now: JobSpec, before: JobSpec): FieldError[] {
  const at = spec.child('completions');
  if (now.completionMode !== 'Indexed') return immutableField(now.completions, before.completions, at);
  const isSame = now.completions === undefined || now.completions === before.completions;
  if (isSame || now.completions === now.parallelism) return [];
  return [invalid(at, now.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Where the pods of a Job that has not started yet may run may still be told. */
const SCHEDULING_FIELDS = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates'] as const;

function validateTemplateUpdate(next: PodTemplateSpec, old: PodTemplateSpec, isMutable: boolean): FieldError[] {
  const masked = deepClone(next);
  if (isMutable) {
    masked.metadata = { ...masked.metadata, labels: old.metadata?.labels, annotations: old.metadata?.annotations };
    for (const field of SCHEDULING_FIELDS) {
      masked.spec = { ...masked.spec };
      delete masked.spec[field];
      if (old.spec?.[field] !== undefined) Object.assign(masked.spec, { [field]: old.spec[field] });
    }
  }
  const at = spec.child('template');
  const isSame = semanticEqual(masked.metadata, old.metadata) && semanticEqual(masked.spec, old.spec);
  if (isSame) return [];
  // Where labels may change, the spec alone is said to have changed.
  return [
    isMutable
      ? invalid(at.child('spec'), internalPodSpec(next.spec), IMMUTABLE)
      : invalid(at, internalPodTemplate(next), IMMUTABLE),
  ];
}

function hasCondition(it: Job, type: string): boolean {
  return it.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function statusText(it: Job): string {
  if (hasCondition(it, 'Complete')) return 'Complete';
  if (hasCondition(it, 'Failed')) return 'Failed';
  if (it.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (hasCondition(it, 'Suspended')) return 'Suspended';
  if (hasCondition(it, 'FailureTarget')) return 'FailureTarget';
  return hasCondition(it, 'SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completionsText({ spec: own = {}, status: state = {} }: Job): string {
  const succeeded = state.succeeded ?? 0;
  if (own.completions !== undefined) return `${succeeded}/${own.completions}`;
  const parallelism = own.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status: state = {} }: Job, now: Date): string {
  if (state.startTime === undefined) return '';
  const end = state.completionTime === undefined ? now.getTime() : Date.parse(state.completionTime);
  return humanDuration(end - Date.parse(state.startTime));
}
