/** Kinds that are only sent: bodies of subresources and questions that are answered at once. */

import { type FieldError, forbidden, invalid, type Path, path, required } from '../field-errors.js';
import type {
  Eviction,
  FieldSelectorRequirement,
  LabelSelectorRequirement,
  LocalSubjectAccessReview,
  NonResourceAttributes,
  Scale,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenRequest,
  TokenReview,
} from '../gen/types.js';
import { inGoOrder } from '../go-order.js';
import type { KubeObject } from '../kind.js';
import { defineKind } from '../kind.js';
import { ageColumn, nameColumn } from './columns.js';
import { nonNegative, validateSelectorRequirement } from './rules.js';

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

/** The number of replicas of whatever has one: read and written as a part of it, never stored by itself. */
export const scaleKind = defineKind<Scale & KubeObject>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  isRequest: true,
  scope: 'Namespaced',
  verbs: ['get', 'patch', 'update'],
  columns: [
    nameColumn(),
    { name: 'Desired', type: 'integer', value: (it) => it.spec?.replicas ?? 0 },
    { name: 'Available', type: 'integer', value: (it) => it.status?.replicas ?? 0 },
    ageColumn(),
  ],
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

type Attributes = Pick<NonNullable<SubjectAccessReview['spec']>, 'resourceAttributes' | 'nonResourceAttributes'>;

/** As upstream's internal type is printed. */
function printed({ path: Path = '', verb: Verb = '' }: NonResourceAttributes): object {
  return { Path, Verb };
}

function validateAttributes({ resourceAttributes, nonResourceAttributes }: Attributes): FieldError[] {
  const at = path('spec', 'resourceAttributes');
  if (resourceAttributes != null && nonResourceAttributes != null) {
    const text = 'cannot be specified in combination with resourceAttributes';
    return [invalid(path('spec', 'nonResourceAttributes'), printed(nonResourceAttributes), text)];
  }
  const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return resourceAttributes == null && nonResourceAttributes == null ? [invalid(at, null, text)] : [];
}

function validateSelectors({ resourceAttributes }: Attributes): FieldError[] {
  const at = path('spec', 'resourceAttributes');
  const { fieldSelector, labelSelector } = resourceAttributes ?? {};
  return [
    ...validateSelectorForms(fieldSelector, at.child('fieldSelector'), validateFieldRequirement),
    ...validateSelectorForms(labelSelector, at.child('labelSelector'), (it, where) =>
      validateSelectorRequirement(it as LabelSelectorRequirement, where, { anyOperator: true }),
    ),
  ];
}

function validateSelectorForms(
  selector:
    | { rawSelector?: string | undefined; requirements?: FieldSelectorRequirement[] | undefined }
    | null
    | undefined,
  at: Path,
  validate: (requirement: FieldSelectorRequirement, at: Path) => FieldError[],
): FieldError[] {
  if (selector == null) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0)
    errors.push(invalid(at.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'));
  if (rawSelector === '' && requirements.length === 0)
    errors.push(required(at.child('requirements'), `when ${at} is specified, requirements or rawSelector is required`));
  return [...errors, ...requirements.flatMap((it, index) => validate(it, at.child('requirements').index(index)))];
}

function validateFieldRequirement(it: FieldSelectorRequirement, at: Path): FieldError[] {
  const { key = '', operator = '', values = [] } = it;
  const errors = key === '' ? [required(at.child('key'), 'must be specified')] : [];
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
    errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
    errors.push(forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  return errors;
}

const OBJECT_META = { ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };

/** A question is about nothing that has metadata. */
function validateNoMetadata({ metadata }: KubeObject, allowed: readonly string[], text: string): FieldError[] {
  const given = Object.entries(metadata).filter(
    ([name, value]) => name !== 'managedFields' && !allowed.includes(name) && !isEmptyValue(value),
  );
  return given.length === 0 ? [] : [invalid(path('metadata'), inGoOrder(metadata, OBJECT_META), text)];
}

function isEmptyValue(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
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
  validate: (it) => [
    ...validateAttributes(it.spec ?? {}),
    ...validateSubject(it.spec ?? {}),
    ...validateSelectors(it.spec ?? {}),
    ...validateNoMetadata(it, [], 'must be empty'),
  ],
});

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  ...AUTHORIZATION,
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  validate: (it) => [
    ...validateAttributes(it.spec ?? {}),
    ...validateSelectors(it.spec ?? {}),
    ...validateNoMetadata(it, [], 'must be empty'),
  ],
});

export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  ...AUTHORIZATION,
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  validate(it) {
    const { spec = {} } = it;
    const errors = [
      ...validateAttributes(spec),
      ...validateSubject(spec),
      ...validateSelectors(spec),
      ...validateNoMetadata(it, ['namespace'], 'must be empty except for namespace'),
    ];
    const namespace = spec.resourceAttributes?.namespace ?? '';
    if (spec.resourceAttributes != null && namespace !== it.metadata.namespace) {
      const text = 'must match metadata.namespace';
      errors.push(invalid(path('spec', 'resourceAttributes', 'namespace'), namespace, text));
    }
    if (spec.nonResourceAttributes != null) {
      const at = path('spec', 'nonResourceAttributes');
      errors.push(invalid(at, printed(spec.nonResourceAttributes), 'disallowed on this kind of request'));
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
export const requestKinds = [eviction, scaleKind, tokenRequest] as const;
