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
import type { AnonymousAccess } from '../auth/authenticator.js';
import type { AuthorizationAttributes, Authorizer } from '../auth/authorizer.js';
import { nodeOf } from '../auth/node/node-identity.js';
import type { RbacAuthorizer } from '../auth/rbac/rbac-authorizer.js';
import { parsedFields, parsedLabels, type SelectorRequirement } from '../auth/selector-requirements.js';
import { TokenRefused, type Tokens } from '../auth/tokens/token-authenticator.js';
import { ANONYMOUS, AUTHENTICATED, type User, userInfoOf } from '../auth/user.js';
import { type Review, review } from './review.js';

export interface ReviewDependencies {
  clock: Clock;
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  tokens: Tokens;
  anonymous: () => AnonymousAccess;
}

type AccessSpec = NonNullable<SubjectAccessReview['spec']>;

/** The handlers of the kinds that are questions, by `group/plural`. */
export function reviews(dependencies: ReviewDependencies): ReadonlyMap<string, Review> {
  const { clock, authorizer, rbac, tokens, anonymous } = dependencies;
  const checked = { validates: true };

  const decide = async (user: User, spec: AccessSpec) => {
    const { allowed, denied, reason, evaluationError } = await authorizer.authorize(attributesOf(user, spec));
    const problems = [evaluationError ?? [], selectorProblems(spec)].flat();
    return {
      allowed,
      ...(denied ? { denied } : {}),
      ...(reason === '' ? {} : { reason }),
      ...(problems.length === 0 ? {} : { evaluationError: problems.join('; ') }),
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
    const audiences = wanted.length > 0 ? wanted : tokens.apiAudiences;
    // Upstream asks as a request would, with the token in a header: what is cut off there is cut off here.
    const [shown = ''] = given.trimEnd().split(' ');
    try {
      const verified =
        shown === '' && anonymous().enabled
          ? { user: ANONYMOUS, audiences }
          : await tokens.authenticate(shown, audiences, context.signal);
      const { groups } = verified.user;
      const known = shown === '' ? verified.user : { ...verified.user, groups: [...groups, AUTHENTICATED] };
      return {
        ...it,
        status: { ...it.status, authenticated: true, user: userInfoOf(known), audiences: [...verified.audiences] },
      };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      const { authenticated: _, ...told } = it.status ?? {};
      return { ...it, status: { user: {}, ...told, error: error.message } };
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

function attributesOf(user: User, spec: AccessSpec): AuthorizationAttributes {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const {
    verb = '',
    group = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
    version,
  }: ResourceAttributes = resourceAttributes ?? { verb: nonResourceAttributes?.verb };
  return {
    ...{ user, verb, group, version, resource, subresource, namespace, name },
    fieldSelector: fieldsOf(spec).requirements,
    labelSelector: labelsOf(spec).requirements,
    nonResourcePath: nonResourceAttributes?.path,
  };
}

interface ReviewSelector {
  readonly rawSelector?: string | undefined;
  readonly requirements?: readonly object[] | undefined;
}

/** A selector of a review is a text or a list; requirements that mean nothing to authorizers are left out. */
function demanded(
  selector: ReviewSelector | null | undefined,
  parsed: (text: string) => SelectorRequirement[] | undefined,
  isKnown: (requirement: SelectorRequirement) => boolean,
): { requirements: readonly SelectorRequirement[]; leftOut: boolean } {
  const { rawSelector, requirements = [] } = selector ?? {};
  if (rawSelector) {
    const found = parsed(rawSelector);
    return { requirements: found ?? [], leftOut: found === undefined };
  }
  const all = (requirements as readonly Partial<SelectorRequirement>[]).map(
    ({ key = '', operator = 'In', values }): SelectorRequirement => ({ key, operator, values: values ?? [] }),
  );
  const known = all.filter(isKnown);
  return { requirements: known, leftOut: known.length < all.length };
}

const fieldsOf = ({ resourceAttributes }: AccessSpec) =>
  demanded(
    resourceAttributes?.fieldSelector,
    parsedFields,
    ({ operator, values }) => (operator === 'In' || operator === 'NotIn') && values.length === 1,
  );
const LABEL_OPERATORS = new Set<string>(['In', 'NotIn', 'Exists', 'DoesNotExist']);
const labelsOf = ({ resourceAttributes }: AccessSpec) =>
  demanded(resourceAttributes?.labelSelector, parsedLabels, ({ operator }) => LABEL_OPERATORS.has(operator));

function selectorProblems(spec: AccessSpec): string[] {
  const problem = (field: string, { requirements, leftOut }: ReturnType<typeof demanded>) =>
    leftOut
      ? [
          `spec.resourceAttributes.${field} ${requirements.length > 0 ? 'partially ignored' : 'ignored'} due to parse error`,
        ]
      : [];
  return [...problem('fieldSelector', fieldsOf(spec)), ...problem('labelSelector', labelsOf(spec))];
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
