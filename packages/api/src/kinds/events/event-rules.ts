/** Rules and columns of events, under whichever of their two names they are asked for. */
import { age, humanDuration } from '../../duration.js';
import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { Event } from '../../gen/types.js';
import { internalForm } from '../../internal-form.js';
import type { Column } from '../../kind.js';
import { FIELD_IMMUTABLE } from '../../meta.js';
import { dns1123SubdomainErrors, qualifiedNameErrors } from '../../names.js';
import { deepEqual } from '../../object.js';
import { requiredString } from '../rules.js';

const LONGEST = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const;

/** What holds for events of every age. */
export function validateLegacyEvent(it: Event): FieldError[] {
  const { namespace = '' } = it.metadata;
  const errors = validateNamespaces(it);
  if (!isUnset(it.eventTime)) errors.push(...validateReport(it));
  return [...errors, ...dns1123SubdomainErrors(namespace).map((text) => invalid('namespace', namespace, text))];
}

/** Of an event whose time is known exactly, as those of today say it. */
function validateReport(it: Event): FieldError[] {
  const { reportingComponent: component = '' } = it;
  const at = path('reportingController');
  const errors: FieldError[] = component === '' ? [required(at)] : [];
  errors.push(...qualifiedNameErrors(component).map((text) => invalid(at, component, text)));
  for (const field of ['reportingInstance', 'action', 'reason'] as const)
    errors.push(...requiredString(it[field], path(field)), ...notTooLong(it, field));
  return [...errors, ...notTooLong(it, 'message')];
}

function notTooLong(it: Event, field: keyof typeof LONGEST): FieldError[] {
  const limit = LONGEST[field];
  return Buffer.byteLength(it[field] ?? '') > limit
    ? [invalid(path(field), '', `can have at most ${limit} characters`)]
    : [];
}

function isUnset(time: string | null | undefined): boolean {
  return time === undefined || time === null || time === '';
}

/** An event is where its object is; those of objects without a namespace are in `default`, or in the system's. */
function validateNamespaces(it: Event): FieldError[] {
  const { namespace = '' } = it.metadata;
  const involved = it.involvedObject?.namespace ?? '';
  const isOld = isUnset(it.eventTime);
  const isRight =
    involved === ''
      ? namespace === 'default' || namespace === (isOld ? '' : 'kube-system')
      : !isOld || namespace === involved;
  return isRight ? [] : [invalid(path('involvedObject', 'namespace'), involved, 'does not match event.namespace')];
}

/** What holds for events made through events.k8s.io beyond that. */
export function validateNewEvent(it: Event): FieldError[] {
  const errors = validateSeries(it);
  if (isUnset(it.eventTime)) errors.push(required(path('eventTime')));
  if (it.type !== 'Normal' && it.type !== 'Warning') {
    errors.push(invalid(path('type'), '', `has invalid value: ${it.type ?? ''}`));
  }
  const unset = 'needs to be unset';
  if (!isUnset(it.firstTimestamp)) errors.push(invalid(path('firstTimestamp'), '', unset));
  if (!isUnset(it.lastTimestamp)) errors.push(invalid(path('lastTimestamp'), '', unset));
  if ((it.count ?? 0) !== 0) errors.push(invalid(path('count'), '', unset));
  if ((it.source?.component ?? '') !== '' || (it.source?.host ?? '') !== '') {
    errors.push(invalid(path('source'), '', unset));
  }
  return errors;
}

function validateSeries({ series }: Event): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(isUnset(series.lastObservedTime) ? [required('series.lastObservedTime')] : []),
  ];
}

/** The fields of an event that stay, in upstream's order, with what it shows of one that is absent. */
const FIXED: readonly (readonly [keyof Event, unknown, string?])[] = [
  ['involvedObject', {}, 'io.k8s.api.core.v1.ObjectReference'],
  ['reason', ''],
  ['message', ''],
  ['source', {}, 'io.k8s.api.core.v1.EventSource'],
  ['firstTimestamp', null],
  ['lastTimestamp', null],
  ['count', 0],
  ['reason', ''],
  ['type', ''],
  ['eventTime', null],
  ['action', ''],
  ['related', undefined, 'io.k8s.api.core.v1.ObjectReference'],
  ['reportingComponent', ''],
  ['reportingInstance', ''],
];

/** Of an event made the new way only its series may change. */
export function validateNewEventUpdate(next: Event, old: Event): FieldError[] {
  const errors = deepEqual(next.series, old.series) ? [] : validateSeries(next);
  return [
    ...errors,
    ...FIXED.flatMap(([field, absent, type]) => {
      const [now, before] = [next[field] ?? absent, old[field] ?? absent];
      const at = field === 'reportingComponent' ? 'reportingController' : field;
      if (deepEqual(now, before)) return [];
      return [invalid(at, type === undefined ? now : internalForm(type, now), FIELD_IMMUTABLE)];
    }),
  ];
}

export const eventFields: Readonly<Record<string, (it: Event) => string>> = {
  ...Object.fromEntries(
    (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const).map((field) => [
      `involvedObject.${field}`,
      (it: Event) => it.involvedObject?.[field] ?? '',
    ]),
  ),
  reason: (it) => it.reason ?? '',
  reportingComponent: (it) => it.reportingComponent || it.source?.component || '',
  source: (it) => it.source?.component || it.reportingComponent || '',
  type: (it) => it.type ?? '',
};

export const eventColumns: readonly Column<Event>[] = [
  { name: 'Last Seen', type: 'string', value: (it, { now }) => lastSeen(it, now) },
  { name: 'Type', type: 'string', value: (it) => it.type ?? '' },
  { name: 'Reason', type: 'string', value: (it) => it.reason ?? '' },
  { name: 'Object', type: 'string', value: objectText },
  { name: 'Subobject', type: 'string', priority: 1, value: (it) => it.involvedObject?.fieldPath ?? '' },
  { name: 'Source', type: 'string', priority: 1, value: sourceText },
  { name: 'Message', type: 'string', value: (it) => (it.message ?? '').trim() },
  { name: 'First Seen', type: 'string', priority: 1, value: (it, { now }) => firstSeen(it, now) },
  { name: 'Count', type: 'string', priority: 1, value: (it) => String(countOf(it)) },
  { name: 'Name', type: 'string', format: 'name', priority: 1, value: (it) => it.metadata.name ?? '' },
];

function objectText({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  const name = involvedObject?.name ?? '';
  return name === '' ? kind : `${kind}/${name}`;
}

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
}

function firstSeen(it: Event, now: Date): string {
  return since(isUnset(it.firstTimestamp) ? it.eventTime : it.firstTimestamp, now);
}

function lastSeen(it: Event, now: Date): string {
  if (it.series !== undefined) return since(it.series.lastObservedTime, now);
  return isUnset(it.lastTimestamp) ? firstSeen(it, now) : since(it.lastTimestamp, now);
}

function since(time: string | null | undefined, now: Date): string {
  if (isUnset(time)) return '<unknown>';
  return time?.includes('.') === true ? humanDuration(now.getTime() - Date.parse(time)) : age(time, now);
}

function countOf(it: Event): number {
  return it.series?.count ?? ((it.count ?? 0) === 0 ? 1 : (it.count ?? 1));
}
