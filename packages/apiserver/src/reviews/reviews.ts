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
import { nodeOf } from '../auth/node/node-identity.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { fieldRequirements, labelRequirements, type SelectorRequirement } from '../auth/selector-requirements.js';
import { TokenRefused, type Tokens } from '../auth/tokens/token-authenticator.js';
import { AUTHENTICATED, type User, userInfoOf } from '../auth/user.js';
import { type Review, review } from './review.js';

export interface ReviewDependencies {
  clock: Clock;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  tokens: Tokens;
}

type AccessSpec = NonNullable<SubjectAccessReview['spec']>;

/** The handlers of the kinds that are questions, by `group/plural`. */
export function reviews(dependencies: ReviewDependencies): ReadonlyMap<string, Review> {
  const { clock, authorizer, rbac, tokens } = dependencies;
  const checked = { validates: true };

  const decide = async (user: User, spec: AccessSpec) => {
    const { allowed, denied, reason, evaluationError } = await authorizer.authorize(attributesOf(user, spec));
    return {
      allowed,
      ...(denied ? { denied } : {}),
      ...(reason === '' ? {} : { reason }),
      ...(evaluationError === undefined ? {} : { evaluationError }),
    };
  };

  const access = review<SubjectAccessReview>(dependencies, checked, async (it) => {
    const { user = '', groups = [], uid, extra } = it.spec ?? {};
    return { ...it, status: await decide({ user, groups, uid, extra }, it.spec ?? {}) };
  });

  const selfAccess = review<SelfSubjectAccessReview>(dependencies, checked, async (it, { user }) => ({
    ...it,
    status: await decide(user, it.spec ?? {}),
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

  const token = review<TokenReview>(dependencies, { validates: false }, async (it, context) => {
    const given = it.spec?.token ?? '';
    if (given === '') throw apiErrors.badRequest('token is required for TokenReview in authentication');
    const wanted = it.spec?.audiences ?? [];
    try {
      const { user, audiences } = await tokens.authenticate(
        given,
        wanted.length > 0 ? wanted : undefined,
        context.signal,
      );
      const known = { ...user, groups: [...user.groups, AUTHENTICATED] };
      return { ...it, status: { authenticated: true, user: userInfoOf(known), audiences: [...audiences] } };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      return { ...it, status: { user: {}, error: error.message } };
    }
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
    version,
    fieldSelector,
    labelSelector,
  }: ResourceAttributes = resourceAttributes ?? { verb: nonResourceAttributes?.verb };
  return {
    ...{ user, verb, group, version, resource, subresource, namespace, name },
    fieldSelector: demanded(fieldSelector, fieldRequirements),
    labelSelector: demanded(labelSelector, labelRequirements),
    nonResourcePath: nonResourceAttributes?.path,
  };
}

/** A selector of a review is a text or a list. */
function demanded(
  selector: { rawSelector?: string | undefined; requirements?: readonly object[] | undefined } | null | undefined,
  parsed: (text: string | undefined) => SelectorRequirement[],
): readonly SelectorRequirement[] {
  const { rawSelector, requirements } = selector ?? {};
  if (rawSelector) return parsed(rawSelector);
  return ((requirements ?? []) as readonly Partial<SelectorRequirement>[]).map(
    ({ key = '', operator = 'In', values }) => ({
      ...{ key, operator },
      values: values ?? [],
    }),
  );
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
