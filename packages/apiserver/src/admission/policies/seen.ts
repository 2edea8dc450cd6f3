import { apiErrors, encodeJson, type KubeObject, type Namespace } from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import { lookUp } from '../lookup.js';
import type { ConditionSubject } from '../matching/conditions.js';
import type { Asked, Form, Subject } from '../matching/subject.js';
import { reviewRequest } from '../webhooks/review.js';

/** What a policy's expressions see of a write. */
export async function seen(
  subject: Subject,
  form: Form,
  params: KubeObject | undefined,
  namespaces: ObjectCollection,
): Promise<ConditionSubject> {
  const { asked, subresource } = subject;
  const { kind, namespace, object: own } = asked;
  const { object, oldObject, ...request } = JSON.parse(encodeJson(reviewRequest(subject, form))) as Record<
    string,
    unknown
  >;
  const resource = { group: kind.group, resource: kind.plural, subresource, namespace, name: own.metadata.name ?? '' };
  return { request, object, oldObject, params, resource, namespaceObject: await namespaceSeen(asked, namespaces) };
}

async function namespaceSeen({ kind, namespace }: Asked, namespaces: ObjectCollection): Promise<object | undefined> {
  if (namespace === '' || kind.scope !== 'Namespaced') return undefined;
  const found = await lookUp<Namespace>(namespaces, '', namespace);
  if (found === undefined) throw apiErrors.notFound(namespaces.kind, namespace);
  const { metadata, spec = {}, status = {} } = found;
  const { managedFields: _managers, ownerReferences: _owners, uid: UID, ...shown } = metadata;
  return { metadata: { ...shown, UID }, spec, status };
}
