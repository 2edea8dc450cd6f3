import { age } from '../../duration.js';
import { type FieldError, invalid, notSupported, path, required } from '../../field-errors.js';
import type { CronJob } from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { dnsSubdomainName, type NameRule } from '../../meta.js';
import { maxLengthError } from '../../names.js';
import { isTimeZone, parseSchedule, ScheduleError, TimeZone, TimeZones } from '../../schedule/index.js';
import { shownSelector } from '../apps/workload.js';
import { ageColumn, nameColumn, selectorText, templateColumns } from '../columns.js';
import { dropGatedPodFields } from '../core/pod-spec/gated.js';
import { workloadWarnings } from '../core/pod-spec/warnings.js';
import { nonNegative, oneOf } from '../rules.js';
import { defaultJobTemplate, validateJobSpec } from './job-spec.js';

const spec = path('spec');
/** A Job's name is the CronJob's and eleven characters more. */
const NAME_LENGTH_MAX = 52;

const cronJobName: NameRule = (name, isPrefix) => [
  ...dnsSubdomainName(name, isPrefix),
  ...(!isPrefix && name.length > NAME_LENGTH_MAX ? [maxLengthError(NAME_LENGTH_MAX)] : []),
];

const JOB_POD_TEMPLATE = path('spec', 'jobTemplate', 'spec', 'template');

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  generation: ['spec'],
  nameRule: cronJobName,
  subresources: [status],
  columns: [
    nameColumn(),
    { name: 'Schedule', type: 'string', value: (it) => it.spec?.schedule ?? '' },
    { name: 'Timezone', type: 'string', value: (it) => it.spec?.timeZone ?? '<none>' },
    { name: 'Suspend', type: 'boolean', value: (it) => (it.spec?.suspend === true ? 'True' : 'False') },
    { name: 'Active', type: 'integer', value: (it) => it.status?.active?.length ?? 0 },
    {
      name: 'Last Schedule',
      type: 'string',
      value: (it, { now }) =>
        it.status?.lastScheduleTime === undefined ? '<none>' : age(it.status.lastScheduleTime, now),
    },
    ageColumn(),
    ...templateColumns<CronJob>((it) => it.spec?.jobTemplate?.spec?.template),
    {
      name: 'Selector',
      type: 'string',
      priority: 1,
      value: (it) => selectorText(it.spec?.jobTemplate?.spec?.selector),
    },
  ],
  defaults(it) {
    it.spec ??= {};
    it.spec.concurrencyPolicy ??= 'Allow';
    it.spec.suspend ??= false;
    it.spec.successfulJobsHistoryLimit ??= 3;
    it.spec.failedJobsHistoryLimit ??= 1;
    it.spec.jobTemplate ??= {};
    it.spec.jobTemplate.spec ??= {};
    defaultJobTemplate(it.spec.jobTemplate.spec);
  },
  validate: validateSpec,
  dropDisabled: (it) => dropGatedPodFields(it.spec?.jobTemplate?.spec?.template?.spec),
  strategy: {
    warnings: (it, old) => workloadWarnings(it, old, it.spec?.jobTemplate?.spec?.template, JOB_POD_TEMPLATE),
  },
});

function validateSpec({ spec: own = {} }: CronJob, old?: CronJob): FieldError[] {
  const errors: FieldError[] = [];
  if ((own.schedule ?? '') === '') errors.push(required(spec.child('schedule')));
  else errors.push(...validateSchedule(own.schedule ?? '', own.timeZone, old));
  errors.push(...nonNegative(own.startingDeadlineSeconds, spec.child('startingDeadlineSeconds')));
  if (old === undefined || old.spec?.timeZone !== own.timeZone) errors.push(...validateTimeZone(own.timeZone));
  errors.push(...oneOf(own.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], spec.child('concurrencyPolicy')));
  const template = own.jobTemplate?.spec ?? {};
  const at = spec.child('jobTemplate', 'spec');
  errors.push(...validateJobSpec(template, at));
  if (template.selector !== undefined) {
    const text = '`selector` will be auto-generated';
    errors.push(invalid(at.child('selector'), shownSelector(template.selector), text));
  }
  if (template.manualSelector === true) errors.push(notSupported(at.child('manualSelector'), true, ['nil', 'false']));
  errors.push(...nonNegative(own.successfulJobsHistoryLimit, spec.child('successfulJobsHistoryLimit')));
  errors.push(...nonNegative(own.failedJobsHistoryLimit, spec.child('failedJobsHistoryLimit')));
  return errors;
}

/** A zone within the schedule is let be where it is from before that was refused. */
function validateSchedule(schedule: string, timeZone: string | undefined, old: CronJob | undefined): FieldError[] {
  const at = spec.child('schedule');
  const wrong = scheduleProblem(schedule);
  const errors = wrong === undefined ? [] : [invalid(at, schedule, wrong)];
  if (!schedule.includes('TZ')) return errors;
  if (old?.spec?.schedule?.includes('TZ') !== true)
    errors.push(invalid(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined)
    errors.push(invalid(at, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
  return errors;
}

function scheduleProblem(schedule: string): string | undefined {
  try {
    parseSchedule(schedule, new TimeZone('UTC'), new TimeZones());
    return undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return error.message;
    throw error;
  }
}

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  if (timeZone === undefined) return [];
  const at = spec.child('timeZone');
  if (timeZone === '') return [invalid(at, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    const errors = [invalid(at, timeZone, text)];
    // The library knows it by this name alone.
    return timeZone === 'Local' ? errors : [...errors, invalid(at, timeZone, `unknown time zone ${timeZone}`)];
  }
  return isTimeZone(timeZone) ? [] : [invalid(at, timeZone, `unknown time zone ${timeZone}`)];
}
