/** Rules and columns of events, under whichever of their two names they are asked for. */
import { age, humanDuration } from '../../duration.js';
import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { Event } from '../../gen/types.js';
import type { Column } from '../../kind.js';
import { immutableField } from '../../meta.js';
import { qualifiedNameErrors } from '../../names.js';
import { requiredString } from '../rules.js';

/** What holds for events of every age. */
export function validateLegacyEvent(it: Event, reporter: string): FieldError[] {
  const errors = validateNamespaces(it);
  if (isUnset(it.eventTime)) return errors;
  const component = it.reportingComponent ?? '';
  if (component === '') errors.push(required(path(reporter)));
  else errors.push(...qualifiedNameErrors(component).map((text) => invalid(path(reporter), component, text)));
  const instance = it.reportingInstance ?? '';
  if (instance === '') errors.push(required(path('reportingInstance')));
  else if (instance.length > 128)
    errors.push(invalid(path('reportingInstance'), '', 'can have at most 128 characters'));
  errors.push(...requiredString(it.action, path('action')));
  if ((it.action ?? '').length > 128) errors.push(invalid(path('action'), '', 'can have at most 128 characters'));
  errors.push(...requiredString(it.reason, path('reason')));
  if ((it.reason ?? '').length > 128) errors.push(invalid(path('reason'), '', 'can have at most 128 characters'));
  if ((it.message ?? '').length > 1024) errors.push(invalid(path('message'), '', 'can have at most 1024 characters'));
  return errors;
}

function isUnset(time: string | null | undefined): boolean {
  return time === undefined || time === null || time === '';
}

/** An event is where its object is; those of objects without a namespace are in `default`. */
function validateNamespaces(it: Event): FieldError[] {
  const { namespace = '' } = it.metadata;
  const involved = it.involvedObject?.namespace ?? '';
  const isRight = involved === '' ? namespace === '' || namespace === 'default' : namespace === involved;
  return isRight ? [] : [invalid(path('involvedObject', 'namespace'), involved, 'does not match event.namespace')];
}

/** What holds for events made through events.k8s.io beyond that. */
export function validateNewEvent(it: Event): FieldError[] {
  const errors: FieldError[] = [];
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

/** Of an event made the new way only its series may change. */
export function validateNewEventUpdate(next: Event, old: Event): FieldError[] {
  const fields = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count'] as const;
  const more = ['type', 'eventTime', 'action', 'related', 'reportingComponent', 'reportingInstance'] as const;
  return [...fields, ...more].flatMap((field) =>
    immutableField(next[field] ?? undefined, old[field] ?? undefined, path(field)),
  );
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
