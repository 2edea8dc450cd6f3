/** Kinds that are only sent: bodies of subresources and questions that are answered at once. */

import { type FieldError, forbidden, invalid, path, required } from '../field-errors.js';
import type {
  Eviction,
  LocalSubjectAccessReview,
  Scale,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenRequest,
  TokenReview,
} from '../gen/types.js';
import { defineKind } from '../kind.js';
import { nonNegative } from './rules.js';

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1', verbs: ['create'], isRequest: true } as const;
/** Errors of these reviews name their group alone. */
const AUTHORIZATION = {
  group: 'authorization.k8s.io',
  version: 'v1',
  verbs: ['create'],
  isRequest: true,
  errorKind: { group: 'authorization.k8s.io', kind: '' },
} as const;

const eviction = defineKind<Eviction>({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  plural: 'evictions',
  isRequest: true,
  scope: 'Namespaced',
  verbs: ['create'],
});

const scaleRequest = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  isRequest: true,
  scope: 'Namespaced',
  verbs: ['get', 'patch', 'update'],
  validate: (it) => nonNegative(it.spec?.replicas, path('spec', 'replicas')),
});

const SECONDS_MIN = 600;
const SECONDS_MAX = 2 ** 32;

const tokenRequest = defineKind<TokenRequest>({
  ...AUTHENTICATION,
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  scope: 'Namespaced',
  defaults(it) {
    it.spec ??= {};
    it.spec.expirationSeconds ??= 3600;
  },
  validate({ spec = {} }) {
    const at = path('spec', 'expirationSeconds');
    const seconds = spec.expirationSeconds ?? 3600;
    if (seconds < SECONDS_MIN) return [invalid(at, seconds, 'may not specify a duration less than 10 minutes')];
    if (seconds > SECONDS_MAX) return [invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')];
    return [];
  },
});

export const tokenReview = defineKind<TokenReview>({
  ...AUTHENTICATION,
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
});

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  ...AUTHENTICATION,
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  scope: 'Cluster',
});

type Attributes = { readonly resourceAttributes?: unknown; readonly nonResourceAttributes?: unknown };

function validateAttributes(spec: Attributes): FieldError[] {
  const both = spec.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined;
  const none = spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined;
  const at = path('spec', 'resourceAttributes');
  const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  if (both)
    return [
      invalid(
        path('spec', 'nonResourceAttributes'),
        spec.nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  return none ? [invalid(at, spec.nonResourceAttributes ?? null, text)] : [];
}

function validateSubject(spec: {
  readonly user?: string | undefined;
  readonly groups?: string[] | undefined;
}): FieldError[] {
  if ((spec.user ?? '') !== '' || (spec.groups ?? []).length > 0) return [];
  return [invalid(path('spec', 'user'), spec.user ?? '', 'at least one of user or group must be specified')];
}

export const subjectAccessReview = defineKind<SubjectAccessReview>({
  ...AUTHORIZATION,
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
  validate: ({ spec = {} }) => [...validateAttributes(spec), ...validateSubject(spec)],
});

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  ...AUTHORIZATION,
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  validate: ({ spec = {} }) => validateAttributes(spec),
});

export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  ...AUTHORIZATION,
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  validate(it) {
    const { spec = {} } = it;
    const errors = [...validateAttributes(spec), ...validateSubject(spec)];
    const namespace = spec.resourceAttributes?.namespace ?? '';
    if (spec.resourceAttributes !== undefined && namespace !== it.metadata.namespace) {
      const text = 'must match metadata.namespace';
      errors.push(invalid(path('spec', 'resourceAttributes', 'namespace'), namespace, text));
    }
    if (spec.nonResourceAttributes !== undefined) {
      errors.push(forbidden(path('spec', 'nonResourceAttributes'), 'disallowed on this kind of request'));
    }
    return errors;
  },
});

export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  ...AUTHORIZATION,
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  validate: ({ spec = {} }) => ((spec.namespace ?? '') === '' ? [required(path('spec', 'namespace'))] : []),
});

/** Kinds that stand for no resource of their own: they come in to subresources. */
export const requestKinds = [eviction, scaleRequest, tokenRequest] as const;
