import type { CertificateSigningRequest, Namespace } from '@keelson/api';
import { definitionRules } from '../custom-resources/rules.js';
import type { ResourceRules } from '../registry/rules.js';
import { deviceAccessRules, type NamespaceOf } from './device-access.js';

const namespaceRules: ResourceRules = {
  isHeld: (object) => ((object as Namespace).spec?.finalizers ?? []).length > 0,
  onMarked(object) {
    const namespace = object as Namespace;
    delete namespace.metadata.deletionGracePeriodSeconds;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  returnsDeleted: false,
};

/** A request for a certificate says who made it, whatever its maker says. */
const certificateSigningRequestRules: ResourceRules = {
  resetFields: ['spec'],
  allocate(object, old, { user: { user, uid, groups, extra } }) {
    const { spec } = object as CertificateSigningRequest;
    if (old !== undefined || spec === undefined) return;
    const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...rest } = spec;
    (object as CertificateSigningRequest).spec = {
      ...rest,
      username: user,
      groups: [...groups],
      ...(uid ? { uid } : {}),
      ...(extra && Object.keys(extra).length > 0 ? { extra: { ...extra } } : {}),
    };
  },
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
export function rulesFor(group: string, plural: string, namespaceOf: NamespaceOf): ResourceRules {
  if (plural === 'resourceclaims' || plural === 'resourceclaimtemplates') return deviceAccessRules(namespaceOf);
  if (group === '' && plural === 'namespaces') return namespaceRules;
  if (plural === 'events') return eventRules;
  if (plural === 'certificatesigningrequests') return certificateSigningRequestRules;
  if (plural === 'customresourcedefinitions') return definitionRules;
  if (group === '' && RETURNS_DELETED.has(plural)) return { returnsDeleted: true };
  return {};
}
