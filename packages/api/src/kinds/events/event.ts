import type { Event, EventsV1Event } from '../../gen/types.js';
import { type Column, defineKind, type KubeObject } from '../../kind.js';
import {
  eventColumns,
  eventFields,
  validateLegacyEvent,
  validateNewEvent,
  validateNewEventUpdate,
} from './event-rules.js';

/** The newer face of events. They are stored in the older one, which has all its fields under other names. */
export const eventsEvent = defineKind<EventsV1Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  errorKind: { group: '', kind: 'Event' },
  columns: eventColumns as readonly Column<KubeObject>[],
  selectableFields: Object.fromEntries(
    Object.entries(eventFields).map(([field, read]) => [
      field.replace('involvedObject', 'regarding').replace('reportingComponent', 'reportingController'),
      (it: EventsV1Event) => read(toCore(it)),
    ]),
  ),
  storage: {
    group: '',
    version: 'v1',
    kind: 'Event',
    plural: 'events',
    toStorage: toCore,
    fromStorage: (stored) => fromCore(stored as Event),
  },
  updateMetadata: ['rules', 'update', 'change'],
  validate: (it, old) => [
    ...validateLegacyEvent(toCore(it)),
    ...(old === undefined ? validateNewEvent(toCore(it)) : []),
  ],
  validateUpdate: (next, old) => validateNewEventUpdate(toCore(next), toCore(old)),
  strategy: { allowCreateOnUpdate: true },
});

/** Names in events.k8s.io and in the core group. */
const RENAMED: readonly (readonly [keyof EventsV1Event, keyof Event])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

function toCore(it: EventsV1Event): Event {
  const renamed = new Map(RENAMED.map(([ours, core]) => [ours as string, core as string]));
  return rename(it, renamed, 'v1') as Event;
}

function fromCore(it: Event): EventsV1Event {
  const renamed = new Map(RENAMED.map(([ours, core]) => [core as string, ours as string]));
  const event = rename(it, renamed, 'events.k8s.io/v1') as EventsV1Event;
  // The older face writes these though they are empty.
  for (const field of ['reportingController', 'reportingInstance'] as const)
    if (event[field] === '') delete event[field];
  return event;
}

function rename(it: Event | EventsV1Event, names: ReadonlyMap<string, string>, apiVersion: string): object {
  const entries = Object.entries(it).map(([field, value]) => [names.get(field) ?? field, value] as const);
  return { ...Object.fromEntries(entries), apiVersion };
}
