import type { ResourceRequest } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { equalTo, fieldRequirements, labelRequirements } from '../auth/selector-requirements.js';
import type { User } from '../auth/user.js';

/** The part of a request that says what is asked. */
export type Asked = Pick<ResourceRequest, 'verb' | 'path'> & Partial<Pick<ResourceRequest, 'options'>>;

/** A list or watch of one name is about that one object. */
export function attributesOf({ verb, path, options }: Asked, user: User): AuthorizationAttributes {
  const { group, version, resource, subresource, namespace } = path;
  const fieldSelector = fieldRequirements(options?.fieldSelector);
  const labelSelector = labelRequirements(options?.labelSelector);
  const name = path.name || (equalTo(fieldSelector, 'metadata.name') ?? '');
  const inNamespace = group === '' && resource === 'namespaces' ? path.name : namespace;
  const what = { group, version, resource, subresource, namespace: inNamespace, name };
  return { user, verb, ...what, fieldSelector, labelSelector };
}

export function pathAttributes(verb: string, nonResourcePath: string, user: User): AuthorizationAttributes {
  return { user, verb, group: '', resource: '', subresource: '', namespace: '', name: '', nonResourcePath };
}
