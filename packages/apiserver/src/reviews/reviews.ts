import {
  apiErrors,
  type PolicyRule,
  type ResourceAttributes,
  type SelfSubjectAccessReview,
  type SelfSubjectReview,
  type SelfSubjectRulesReview,
  type SubjectAccessReview,
  type TokenReview,
} from '@keelson/api';
import { type Clock, rfc3339 } from '@keelson/service';
import type { AuthorizationAttributes, Authorizer } from '../auth/authorizer.js';
import { equalities } from '../auth/field-equalities.js';
import { nodeOf } from '../auth/node/node-identity.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { AUTHENTICATED, type User, userInfoOf } from '../auth/user.js';
import type { ServiceAccountTokens } from '../tokens/service-account-tokens.js';
import { type Review, review } from './review.js';

export interface ReviewDependencies {
  clock: Clock;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  tokens: ServiceAccountTokens;
}

type AccessSpec = NonNullable<SubjectAccessReview['spec']>;

/** The handlers of the kinds that are questions, by `group/plural`. */
export function reviews(dependencies: ReviewDependencies): ReadonlyMap<string, Review> {
  const { clock, authorizer, rbac, tokens } = dependencies;
  const checked = { validates: true };

  const decide = (user: User, spec: AccessSpec) => {
    const { allowed, reason } = authorizer.authorize(attributesOf(user, spec));
    return { allowed, ...(reason === '' ? {} : { reason }) };
  };

  const access = review<SubjectAccessReview>(dependencies, checked, (it) => {
    const { user = '', groups = [], uid, extra } = it.spec ?? {};
    return { ...it, status: decide({ user, groups, uid, extra }, it.spec ?? {}) };
  });

  const selfAccess = review<SelfSubjectAccessReview>(dependencies, checked, (it, { user }) => ({
    ...it,
    status: decide(user, it.spec ?? {}),
  }));

  const selfRules = review<SelfSubjectRulesReview>(dependencies, { validates: false }, (it, { user }) => {
    const namespace = it.spec?.namespace ?? '';
    if (namespace === '') throw apiErrors.badRequest('no namespace on request');
    const rules = rbac.rulesOf(user, namespace);
    const status = {
      resourceRules: unique(rules.filter((rule) => (rule.nonResourceURLs ?? []).length === 0)),
      nonResourceRules: unique(rules.filter((rule) => (rule.nonResourceURLs ?? []).length > 0)),
      // What a node may do depends on what runs on it.
      ...(nodeOf(user) === undefined
        ? { incomplete: false }
        : { incomplete: true, evaluationError: 'node authorizer does not support user rule resolution' }),
    };
    return { kind: it.kind, apiVersion: it.apiVersion, metadata: {}, spec: {}, status } as SelfSubjectRulesReview;
  });

  const self = review<SelfSubjectReview>(
    dependencies,
    { validates: false },
    (it, { user }) =>
      ({
        kind: it.kind,
        apiVersion: it.apiVersion,
        metadata: { creationTimestamp: rfc3339(clock.now()) },
        status: { userInfo: userInfoOf(user) },
      }) as SelfSubjectReview,
  );

  const token = review<TokenReview>(dependencies, { validates: false }, async (it) => {
    const given = it.spec?.token ?? '';
    if (given === '') throw apiErrors.badRequest('token is required for TokenReview in authentication');
    const audiences = (it.spec?.audiences ?? []).length > 0 ? it.spec!.audiences! : tokens.apiAudiences;
    const verified = await tokens.verify(given, audiences);
    if (verified === undefined) {
      return {
        ...it,
        status: { user: {}, error: '[invalid bearer token, service account token has been invalidated]' },
      };
    }
    const { user } = verified;
    const known = { ...user, groups: [...user.groups, AUTHENTICATED] };
    return { ...it, status: { authenticated: true, user: userInfoOf(known), audiences: [...verified.audiences] } };
  });

  return new Map<string, Review>([
    ['authorization.k8s.io/subjectaccessreviews', access],
    ['authorization.k8s.io/localsubjectaccessreviews', access],
    ['authorization.k8s.io/selfsubjectaccessreviews', selfAccess],
    ['authorization.k8s.io/selfsubjectrulesreviews', selfRules],
    ['authentication.k8s.io/selfsubjectreviews', self],
    ['authentication.k8s.io/tokenreviews', token],
  ]);
}

function attributesOf(user: User, { resourceAttributes, nonResourceAttributes }: AccessSpec): AuthorizationAttributes {
  const {
    verb = '',
    group = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
    fieldSelector,
  }: ResourceAttributes = resourceAttributes ?? { verb: nonResourceAttributes?.verb };
  const { rawSelector, requirements = [] } = fieldSelector ?? {};
  const fieldRequirements = [
    ...equalities(rawSelector),
    ...requirements.flatMap(({ key = '', operator, values = [] }) =>
      operator === 'In' && values.length === 1 ? [{ field: key, value: values[0]! }] : [],
    ),
  ];
  const nonResourcePath = nonResourceAttributes?.path;
  return { user, verb, group, resource, subresource, namespace, name, fieldRequirements, nonResourcePath };
}

function unique(rules: readonly PolicyRule[]): object[] {
  const seen = new Map<string, object>();
  for (const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } of rules) {
    const rule = Object.fromEntries(
      Object.entries({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }).filter(
        ([, list]) => list != null,
      ),
    );
    seen.set(JSON.stringify(rule), rule);
  }
  return [...seen.values()];
}
