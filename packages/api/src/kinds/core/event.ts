import type { Event } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { eventColumns, eventFields, validateLegacyEvent } from '../events/event-rules.js';

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  updateMetadata: 'none',
  plainMetadata: true,
  columns: eventColumns,
  selectableFields: eventFields,
  validate: validateLegacyEvent,
  strategy: { allowCreateOnUpdate: true },
});
