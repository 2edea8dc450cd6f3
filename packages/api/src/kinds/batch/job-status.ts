/** What the status of a Job may say, and how it may change, after upstream's rules; what is no news is not looked at. */
import { duplicate, type FieldError, invalid, OMITTED, path, required } from '../../field-errors.js';
import type { Job, JobStatus } from '../../gen/types.js';
import { deepEqual } from '../../object.js';
import { nonNegative } from '../rules.js';
import { countIndexes } from './job-policies.js';

const at = path('status');

function isTrue({ conditions = [] }: JobStatus, type: string): boolean {
  return conditions.some((it) => it.type === type && it.status === 'True');
}

function isFinished(status: JobStatus): boolean {
  return isTrue(status, 'Complete') || isTrue(status, 'Failed');
}

const wrongConditions = (text: string) => invalid(at.child('conditions'), OMITTED, text);

export function validateJobStatusUpdate(next: Job, old: Job): FieldError[] {
  const [now, before] = [next.status ?? {}, old.status ?? {}];
  return [
    ...validateCounts(now),
    ...validateEnd(now, before),
    ...validateFinished(next, now, before),
    ...validateIndexes(next, now, before),
    ...validateAlive(now, before),
    ...validateCriteria(now),
    ...validateChange(next, now, before),
  ];
}

function validateCounts(now: JobStatus): FieldError[] {
  const fields = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;
  const lists = (['succeeded', 'failed'] as const).flatMap((field) => {
    const seen = new Set<string>();
    return (now.uncountedTerminatedPods?.[field] ?? []).flatMap((uid, index) => {
      const where = at.child('uncountedTerminatedPods', field).index(index);
      if (uid === '') return [invalid(where, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(where, uid)];
      seen.add(uid);
      return [];
    });
  });
  return [...fields.flatMap((field) => nonNegative(now[field], at.child(field))), ...lists];
}

/** A Job ends in one way, and at a time. */
function validateEnd(now: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const changed = (type: string) => isTrue(now, type) !== isTrue(before, type);
  const isComplete = isTrue(now, 'Complete');
  const timeChanged = now.completionTime !== before.completionTime;
  if (isComplete && isTrue(now, 'Failed') && (changed('Complete') || changed('Failed')))
    errors.push(wrongConditions('cannot set Complete=True and Failed=true conditions'));
  if (isComplete && isTrue(now, 'FailureTarget') && (changed('Complete') || changed('FailureTarget')))
    errors.push(wrongConditions('cannot set Complete=True and FailureTarget=true conditions'));
  if (changed('Complete') || timeChanged) {
    const where = at.child('completionTime');
    if (now.completionTime !== undefined && !isComplete) {
      const text = 'cannot set completionTime when there is no Complete=True condition';
      errors.push(invalid(where, now.completionTime, text));
    }
    if (now.completionTime === undefined && isComplete)
      errors.push(required(where, 'completionTime is required for Complete jobs'));
  }
  if (now.startTime === undefined || now.completionTime === undefined) return errors;
  const isNews = timeChanged || now.startTime !== before.startTime;
  if (isNews && Date.parse(now.completionTime) < Date.parse(now.startTime))
    errors.push(
      invalid(at.child('completionTime'), now.completionTime, 'completionTime cannot be set before startTime'),
    );
  return errors;
}

/** Of a Job that is over nothing runs any more, and all that ran is counted. */
function validateFinished({ spec = {} }: Job, now: JobStatus, before: JobStatus): FieldError[] {
  if (!isFinished(now)) return [];
  const errors: FieldError[] = [];
  const isNew = !isFinished(before);
  const { active = 0, terminating = 0, uncountedTerminatedPods: uncounted } = now;
  if ((isNew || active !== (before.active ?? 0)) && active > 0)
    errors.push(invalid(at.child('active'), active, 'active>0 is invalid for finished job'));
  const neverRan = spec.suspend === true && spec.completions === 0;
  if ((isNew || now.startTime !== before.startTime) && now.startTime === undefined && !neverRan)
    errors.push(required(at.child('startTime'), 'startTime is required for finished job'));
  const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0);
  if ((isNew || !deepEqual(uncounted, before.uncountedTerminatedPods)) && left > 0) {
    const text = 'uncountedTerminatedPods needs to be empty for finished job';
    errors.push(invalid(at.child('uncountedTerminatedPods'), uncounted, text));
  }
  if ((isNew || now.terminating !== before.terminating) && terminating > 0)
    errors.push(invalid(at.child('terminating'), terminating, 'terminating>0 is invalid for finished job'));
  return errors;
}

function validateIndexes({ spec = {} }: Job, now: JobStatus, before: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const { completedIndexes = '', failedIndexes } = now;
  const { completions, backoffLimitPerIndex } = spec;
  const [completed, failed] = [at.child('completedIndexes'), at.child('failedIndexes')];
  const completedChanged = completedIndexes !== (before.completedIndexes ?? '');
  const failedChanged = failedIndexes !== before.failedIndexes;
  const wrong = (text: string) => (completions === undefined ? undefined : problemOf(text, completions));
  const wrongCompleted = wrong(completedIndexes);
  const wrongFailed = wrong(failedIndexes ?? '');
  if (completedChanged && wrongCompleted !== undefined)
    errors.push(invalid(completed, completedIndexes, `error parsing completedIndexes: ${wrongCompleted}`));
  if (failedChanged && failedIndexes !== undefined && backoffLimitPerIndex !== undefined && wrongFailed !== undefined)
    errors.push(invalid(failed, failedIndexes, `error parsing failedIndexes: ${wrongFailed}`));
  if (completedChanged && completedIndexes !== '' && spec.completionMode !== 'Indexed') {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalid(completed, completedIndexes, text));
  }
  if (failedChanged && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const text = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalid(failed, failedIndexes, text));
  }
  if (!(completedChanged || failedChanged) || completions === undefined || failedIndexes === undefined) return errors;
  if (wrongCompleted !== undefined || wrongFailed !== undefined) return errors;
  const both = overlap(intervals(completedIndexes), intervals(failedIndexes));
  if (both === undefined) return errors;
  return [...errors, invalid(failed, failedIndexes, `failedIndexes and completedIndexes overlap at index: ${both}`)];
}

function problemOf(text: string, completions: number): string | undefined {
  const counted = countIndexes(text, completions);
  return typeof counted === 'number' ? undefined : counted;
}

type Interval = readonly [from: number, to: number];

function intervals(text: string): Interval[] {
  if (text === '') return [];
  return text.split(',').map((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return [from, to];
  });
}

/** The first index that is in both lists, each of which rises. */
function overlap(one: readonly Interval[], other: readonly Interval[]): number | undefined {
  let [i, j] = [0, 0];
  for (let a = one[i], b = other[j]; a !== undefined && b !== undefined; a = one[i], b = other[j]) {
    const first = Math.max(a[0], b[0]);
    if (first <= Math.min(a[1], b[1])) return first;
    if (a[1] < b[1]) i += 1;
    else j += 1;
  }
  return undefined;
}

function validateAlive(now: JobStatus, before: JobStatus): FieldError[] {
  const isNews = now.ready !== before.ready || (now.active ?? 0) !== (before.active ?? 0);
  if (!isNews || now.ready === undefined || now.ready <= (now.active ?? 0)) return [];
  return [invalid(at.child('ready'), now.ready, 'cannot set more ready pods than active')];
}

function validateCriteria(now: JobStatus): FieldError[] {
  if (!isTrue(now, 'SuccessCriteriaMet')) return [];
  return ['Failed', 'FailureTarget']
    .filter((type) => isTrue(now, type))
    .map((type) => wrongConditions(`cannot set ${type}=True and SuccessCriteriaMet=true conditions`));
}

/** What was reached stays reached. */
function validateChange({ spec = {} }: Job, now: JobStatus, before: JobStatus): FieldError[] {
  const errors = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => isTrue(before, type) && !isTrue(now, type))
    .map((type) => wrongConditions(`cannot disable the terminal ${type}=True condition`));
  const fell = (field: 'failed' | 'succeeded') => (now[field] ?? 0) < (before[field] ?? 0);
  const less = (field: 'failed' | 'succeeded') =>
    invalid(at.child(field), now[field] ?? 0, `cannot decrease the ${field} counter`);
  if (fell('failed')) errors.push(less('failed'));
  // A Job that has as many pods as indexes can be made smaller.
  const isElastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!isElastic && fell('succeeded')) errors.push(less('succeeded'));
  const [end, endBefore] = [now.completionTime, before.completionTime];
  if (end !== undefined && endBefore !== undefined && end !== endBefore)
    errors.push(invalid(at.child('completionTime'), end, 'completionTime cannot be mutated'));
  if (before.startTime !== undefined && now.startTime !== before.startTime && spec.suspend !== true)
    errors.push(required(at.child('startTime'), 'startTime cannot be removed for unsuspended job'));
  if (isTrue(before, 'SuccessCriteriaMet') && !isTrue(now, 'SuccessCriteriaMet'))
    errors.push(wrongConditions('cannot disable the SuccessCriteriaMet=True condition'));
  if (isTrue(before, 'Complete') && !isTrue(before, 'SuccessCriteriaMet') && isTrue(now, 'SuccessCriteriaMet'))
    errors.push(wrongConditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
