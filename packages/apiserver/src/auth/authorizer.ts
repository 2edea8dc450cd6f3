import { SUPERUSERS, type User } from './user.js';

/** What a request wants to do, as RBAC rules speak of it. */
export interface AuthorizationAttributes {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What a field selector demands to be equal, for lists and watches. */
  readonly fieldRequirements?: readonly { readonly field: string; readonly value: string }[] | undefined;
  /** Set for paths that are no resources; the other fields are then empty. */
  readonly nonResourcePath?: string | undefined;
}

export interface Decision {
  readonly allowed: boolean;
  /** Why, in words for the caller; may be empty. */
  readonly reason: string;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision;
}

export const ALLOWED: Decision = { allowed: true, reason: '' };
export const NO_OPINION: Decision = { allowed: false, reason: '' };

export const alwaysAllow: Authorizer = { authorize: () => ALLOWED };

/** Superusers may do everything, whatever roles there are. */
export const superusers: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(SUPERUSERS) ? ALLOWED : NO_OPINION),
};

/** The first of several that allows; if none does, what they all say about it. */
export function anyOf(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes);
        if (decision.allowed) return decision;
        if (decision.reason !== '') reasons.push(decision.reason);
      }
      return { allowed: false, reason: reasons.join('\n') };
    },
  };
}

/** Kubernetes' text for a refusal. */
export function refusal(attributes: AuthorizationAttributes, reason = ''): string {
  const { user, verb, group, resource, subresource, namespace, nonResourcePath } = attributes;
  const who = `User ${JSON.stringify(user.user)} cannot ${verb}`;
  const why = reason === '' ? '' : `: ${reason}`;
  if (nonResourcePath !== undefined) return `${who} path ${JSON.stringify(nonResourcePath)}${why}`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return `${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${scope}${why}`;
}
