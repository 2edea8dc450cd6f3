import { aggregateText } from './errors.js';
import type { SelectorRequirement } from './selector-requirements.js';
import { SUPERUSERS, type User } from './user.js';

/** What a request wants to do, as RBAC rules speak of it. */
export interface AuthorizationAttributes {
  readonly user: User;
  readonly verb: string;
  readonly group: string;
  /** Of the API; roles do not look at it. */
  readonly version?: string | undefined;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What the selectors of a list, a watch or a deletion of many demand. */
  readonly fieldSelector?: readonly SelectorRequirement[] | undefined;
  readonly labelSelector?: readonly SelectorRequirement[] | undefined;
  /** Set for paths that are no resources; the other fields are then empty. */
  readonly nonResourcePath?: string | undefined;
}

export interface Decision {
  readonly allowed: boolean;
  /** Nobody who is asked later may allow it. */
  readonly denied?: boolean;
  /** Why, in words for the caller; may be empty. */
  readonly reason: string;
  /** What kept an authorizer from knowing. */
  readonly evaluationError?: string | undefined;
}

/** Somebody who waits for an answer, and may leave: the signal is asked for only where that is looked at. */
export interface Waiting {
  readonly signal?: AbortSignal | undefined;
}

export interface Authorizer {
  /** At once where the answer is in memory. */
  authorize(attributes: AuthorizationAttributes, waiting?: Waiting): Decision | Promise<Decision>;
}

export const ALLOWED: Decision = { allowed: true, reason: '' };
export const NO_OPINION: Decision = { allowed: false, reason: '' };

export const alwaysAllow: Authorizer = { authorize: () => ALLOWED };
export const alwaysDeny: Authorizer = {
  authorize: () => ({ allowed: false, reason: 'Everything is forbidden.' }),
};

/** Superusers may do everything, whatever roles there are. */
export const superusers: Authorizer = {
  authorize: ({ user }) => (user.groups.includes(SUPERUSERS) ? ALLOWED : NO_OPINION),
};

/** What the first of several that has an opinion says; if none has, what they all say about it. */
export function anyOf(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(attributes, waiting) {
      const reasons: string[] = [];
      const errors: string[] = [];
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(attributes, waiting);
        if (decision.reason !== '') reasons.push(decision.reason);
        if (decision.evaluationError !== undefined) errors.push(decision.evaluationError);
        if (decision.allowed || decision.denied) return decision;
      }
      const evaluationError = errors.length === 0 ? undefined : aggregateText(errors);
      return { allowed: false, reason: reasons.join('\n'), evaluationError };
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
