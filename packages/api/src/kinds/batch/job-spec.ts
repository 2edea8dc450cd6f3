/** Defaults and rules of job specs, in Jobs and in CronJobs' templates. */
import { type FieldError, invalid, notSupported, type Path, required, tooLong } from '../../field-errors.js';
import type { JobSpec } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { validatePodTemplate } from '../core/pod-spec/validate.js';
import { domainPrefixedPath, nonNegative, oneOf } from '../rules.js';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.js';

const NO_LIMIT = 2 ** 31 - 1;

/** Defaults of the pods alone: a CronJob's template has the rest given when a Job is made of it. */
export function defaultJobTemplate(spec: JobSpec): void {
  spec.template ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
}

export function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : NO_LIMIT;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ??= 'True';
  }
  defaultJobTemplate(spec);
}

export function validateJobSpec(spec: JobSpec, path: Path): FieldError[] {
  return [
    ...nonNegative(spec.parallelism, path.child('parallelism')),
    ...nonNegative(spec.completions, path.child('completions')),
    ...nonNegative(spec.activeDeadlineSeconds, path.child('activeDeadlineSeconds')),
    ...nonNegative(spec.backoffLimit, path.child('backoffLimit')),
    ...nonNegative(spec.ttlSecondsAfterFinished, path.child('ttlSecondsAfterFinished')),
    ...nonNegative(spec.maxFailedIndexes, path.child('maxFailedIndexes')),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')]
      : []),
    ...nonNegative(spec.backoffLimitPerIndex, path.child('backoffLimitPerIndex')),
    ...validateManagedBy(spec.managedBy, path.child('managedBy')),
    ...validateModes(spec, path),
    ...validatePolicies(spec, path),
    ...validatePodTemplate(spec.template ?? {}, path.child('template')),
    ...validateRestartPolicy(spec, path.child('template', 'spec', 'restartPolicy')),
  ];
}

const NEEDS_INDEXES = 'requires indexed completion mode';
const INDEXES_MAX = 100_000;
/** So many indexes have their failures told one by one. */
const TOLD_MAX = 10_000;

function validateIndexLimits(
  { parallelism = 0, completions = 0, maxFailedIndexes, backoffLimitPerIndex }: JobSpec,
  path: Path,
): FieldError[] {
  const errors: FieldError[] = [];
  if (parallelism > INDEXES_MAX) {
    const text = `must be less than or equal to ${INDEXES_MAX} when completion mode is Indexed`;
    errors.push(invalid(path.child('parallelism'), parallelism, text));
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.push(invalid(path.child('maxFailedIndexes'), maxFailedIndexes, 'must be less than or equal to completions'));
  if (backoffLimitPerIndex === undefined || completions <= INDEXES_MAX) return errors;
  if (maxFailedIndexes === undefined)
    errors.push(required(path.child('maxFailedIndexes'), `must be specified when completions is above ${INDEXES_MAX}`));
  if (parallelism > TOLD_MAX) {
    const text = `must be less than or equal to ${TOLD_MAX} when completions are above ${INDEXES_MAX} and used with backoff limit per index`;
    errors.push(invalid(path.child('parallelism'), parallelism, text));
  }
  if (maxFailedIndexes !== undefined && maxFailedIndexes > TOLD_MAX) {
    const text = `must be less than or equal to ${TOLD_MAX} when completions are above ${INDEXES_MAX} and used with backoff limit per index`;
    errors.push(invalid(path.child('maxFailedIndexes'), maxFailedIndexes, text));
  }
  return errors;
}

function validateModes(spec: JobSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const mode = spec.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    errors.push(notSupported(path.child('completionMode'), mode, ['Indexed', 'NonIndexed']));
  }
  if (mode === 'Indexed') {
    if (spec.completions === undefined)
      errors.push(required(path.child('completions'), 'when completion mode is Indexed'));
    else errors.push(...validateIndexLimits(spec, path));
  } else {
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[field] !== undefined) errors.push(invalid(path.child(field), spec[field], NEEDS_INDEXES));
  }
  return errors;
}

function validatePolicies(spec: JobSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.podFailurePolicy !== undefined)
    errors.push(...validatePodFailurePolicy(spec, path.child('podFailurePolicy')));
  if (spec.successPolicy !== undefined) {
    const at = path.child('successPolicy');
    if (spec.completionMode === 'Indexed') errors.push(...validateSuccessPolicy(spec, at));
    else errors.push(invalid(at, internalForm('io.k8s.api.batch.v1.SuccessPolicy', spec.successPolicy), NEEDS_INDEXES));
  }
  if (spec.podReplacementPolicy !== undefined) {
    const allowed = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
    errors.push(...oneOf(spec.podReplacementPolicy, allowed, path.child('podReplacementPolicy')));
  }
  return errors;
}

const MANAGED_BY_MAX = 63;

function validateManagedBy(managedBy: string | undefined, path: Path): FieldError[] {
  if (managedBy === undefined) return [];
  const errors = domainPrefixedPath(managedBy, path);
  return managedBy.length > MANAGED_BY_MAX ? [...errors, tooLong(path, MANAGED_BY_MAX)] : errors;
}

function validateRestartPolicy(spec: JobSpec, path: Path): FieldError[] {
  const policy = spec.template?.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])];
  if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  }
  return [];
}
