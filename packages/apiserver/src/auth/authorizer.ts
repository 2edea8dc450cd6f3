import type { Identity } from '@keelson/service';

/** What a request wants to do, as RBAC rules speak of it. */
export interface AuthorizationAttributes {
  readonly user: Identity;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Set for paths that are no resources; the other fields are then empty. */
  readonly nonResourcePath?: string;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): boolean;
}

export const SUPERUSERS = 'system:masters';

export const alwaysAllow: Authorizer = { authorize: () => true };

/** Kubernetes' text for a refusal. */
export function refusal(attributes: AuthorizationAttributes): string {
  const { user, verb, group, resource, subresource, namespace, nonResourcePath } = attributes;
  const who = `User ${JSON.stringify(user.user)} cannot ${verb}`;
  if (nonResourcePath !== undefined) return `${who} path ${JSON.stringify(nonResourcePath)}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${scope}`;
}
