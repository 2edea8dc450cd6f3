import type { Namespace } from '@keelson/api';
import type { ResourceRules } from '../registry/rules.js';

const namespaceRules: ResourceRules = {
  isHeld: (object) => ((object as Namespace).spec?.finalizers ?? []).length > 0,
  onMarked(object) {
    const namespace = object as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  returnsDeleted: false,
};

const EVENT_SECONDS = 3600;

const eventRules: ResourceRules = {
  timeToLive: () => EVENT_SECONDS,
};

const RETURNS_DELETED = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'resourcequotas',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
]);

/** The rules of a collection beyond its kind's definition; those of Services are made where addresses are known. */
export function rulesFor(group: string, plural: string): ResourceRules {
  if (group === '' && plural === 'namespaces') return namespaceRules;
  if (plural === 'events') return eventRules;
  if (group === '' && RETURNS_DELETED.has(plural)) return { returnsDeleted: true };
  return {};
}
