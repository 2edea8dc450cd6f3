/** Defaults and rules of job specs, in Jobs and in CronJobs' templates. */
import { type FieldError, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { JobSpec } from '../../gen/types.js';
import { defaultPodSpec } from '../core/pod-spec/defaults.js';
import { validatePodTemplate } from '../core/pod-spec/validate.js';
import { nonNegative, oneOf, validateLabelSelector } from '../rules.js';

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
    ...nonNegative(spec.backoffLimitPerIndex, path.child('backoffLimitPerIndex')),
    ...validateModes(spec, path),
    ...validateLabelSelector(spec.selector, path.child('selector')),
    ...validatePodTemplate(spec.template ?? {}, path.child('template')),
    ...validateRestartPolicy(spec, path.child('template', 'spec', 'restartPolicy')),
  ];
}

function validateModes(spec: JobSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  const mode = spec.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    errors.push(notSupported(path.child('completionMode'), mode, ['Indexed', 'NonIndexed']));
  }
  if (mode === 'Indexed') {
    if (spec.completions === undefined) {
      errors.push(required(path.child('completions'), 'when completion mode is Indexed'));
    }
  } else if (spec.backoffLimitPerIndex !== undefined) {
    const text = 'requires indexed completion mode';
    errors.push(invalid(path.child('backoffLimitPerIndex'), spec.backoffLimitPerIndex, text));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified'));
  }
  if (spec.podReplacementPolicy !== undefined) {
    const allowed = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
    errors.push(...oneOf(spec.podReplacementPolicy, allowed, path.child('podReplacementPolicy')));
  }
  return errors;
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
