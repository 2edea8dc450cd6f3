import { dns1123SubdomainErrors, type FieldError, fieldErrors, Path, typeSchema } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { type ConfigKind, fields } from '../config/config-file.js';

/** How much is recorded of a request; each level has what the ones before have. */
export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof LEVELS)[number];

/** When something is recorded of a request. */
export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number];

interface Settings {
  readonly omitStages?: readonly string[] | null;
  readonly omitManagedFields?: boolean | null;
}

export interface Policy extends Settings {
  readonly rules?: readonly PolicyRule[] | null;
}

export interface PolicyRule extends Settings {
  readonly level?: string;
  readonly users?: readonly string[] | null;
  readonly userGroups?: readonly string[] | null;
  readonly verbs?: readonly string[] | null;
  readonly resources?: readonly GroupResources[] | null;
  readonly namespaces?: readonly string[] | null;
  readonly nonResourceURLs?: readonly string[] | null;
}

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[] | null;
  readonly resourceNames?: readonly string[] | null;
}

const { string, boolean, strings, object, list } = fields;
const { invalid, required, notSupported } = fieldErrors;

/** `--audit-policy-file` */
export const auditPolicy: ConfigKind<Policy> = {
  group: 'audit.k8s.io',
  versions: ['v1'],
  kind: 'Policy',
  schema: object({
    metadata: typeSchema('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'),
    omitStages: strings,
    omitManagedFields: boolean,
    rules: list({
      level: string,
      users: strings,
      userGroups: strings,
      verbs: strings,
      resources: list({ group: string, resources: strings, resourceNames: strings }),
      namespaces: strings,
      nonResourceURLs: strings,
      omitStages: strings,
      omitManagedFields: boolean,
    }),
  }),
  validate({ rules, omitStages }) {
    const root = new Path('rules');
    if ((rules ?? []).length === 0) return [required(root, 'a policy without rules records nothing')];
    return [
      ...stageErrors(omitStages ?? [], new Path('omitStages')),
      ...rules!.flatMap((rule, at) => ruleErrors(rule, root.index(at))),
    ];
  },
};

function ruleErrors(rule: PolicyRule, path: Path): FieldError[] {
  const { level = '', nonResourceURLs, resources, namespaces, omitStages } = rule;
  const urls = nonResourceURLs ?? [];
  const isAboutResources = (resources ?? []).length > 0 || (namespaces ?? []).length > 0;
  return [
    ...levelErrors(level, path.child('level')),
    ...urls.flatMap((url, at) => urlErrors(url, path.child('nonResourceURLs').index(at))),
    ...(resources ?? []).flatMap((it, at) => resourceErrors(it, path.child('resources').index(at))),
    ...stageErrors(omitStages ?? [], path.child('omitStages')),
    ...(urls.length > 0 && isAboutResources
      ? [
          invalid(
            path.child('nonResourceURLs'),
            urls,
            'rules cannot apply to both regular resources and non-resource URLs',
          ),
        ]
      : []),
  ];
}

function levelErrors(level: string, path: Path): FieldError[] {
  if (level === '') return [required(path, `one of ${LEVELS.join(', ')}`)];
  return isOneOf(LEVELS, level) ? [] : [notSupported(path, level, LEVELS)];
}

function urlErrors(url: string, path: Path): FieldError[] {
  if (url === '*') return [];
  const errors = url.startsWith('/')
    ? []
    : [invalid(path, url, "non-resource URL rules must begin with a '/' character")];
  return url.slice(0, -1).includes('*')
    ? [...errors, invalid(path, url, "non-resource URL wildcards '*' must be the final character of the rule")]
    : errors;
}

function resourceErrors({ group = '', resources, resourceNames }: GroupResources, path: Path): FieldError[] {
  const wrong = group === '' || group === '*' ? [] : dns1123SubdomainErrors(group);
  const isAlone = (resourceNames ?? []).length > 0 && (resources ?? []).length === 0;
  return [
    ...(wrong.length > 0 ? [invalid(path.child('group'), group, wrong.join(','))] : []),
    ...(isAlone
      ? [invalid(path.child('resourceNames'), resourceNames, 'using resourceNames requires at least one resource')]
      : []),
  ];
}

function stageErrors(stages: readonly string[], path: Path): FieldError[] {
  return stages.flatMap((stage, at) =>
    isOneOf(STAGES, stage) ? [] : [invalid(path.index(at), stage, `allowed stages are ${STAGES.join(',')}`)],
  );
}

function isOneOf<T extends string>(known: readonly T[], value: string): value is T {
  return (known as readonly string[]).includes(value);
}

/** What is recorded of one request. */
export interface Recording {
  readonly level: Level;
  readonly omitStages: ReadonlySet<string>;
  readonly omitManagedFields: boolean;
}

/** What a policy says of requests: the first rule that matches has the word; where none does, nothing is recorded. */
export function policyOf(policy: Policy): (attributes: AuthorizationAttributes) => Recording {
  const common = policy.omitStages ?? [];
  const omitManagedFields = policy.omitManagedFields ?? false;
  const rules = (policy.rules ?? []).map((rule) => ({
    matches: matcherOf(rule),
    recording: {
      level: rule.level as Level,
      omitStages: new Set([...common, ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
    },
  }));
  const nothing: Recording = { level: 'None', omitStages: new Set(common), omitManagedFields };
  return (attributes) => rules.find(({ matches }) => matches(attributes))?.recording ?? nothing;
}

type Matcher = (attributes: AuthorizationAttributes) => boolean;

/** A list that is empty demands nothing. */
function matcherOf(rule: PolicyRule): Matcher {
  const users = setOf(rule.users);
  const groups = setOf(rule.userGroups);
  const verbs = setOf(rule.verbs);
  const what = targetMatcher(rule);
  return (attributes) =>
    (users?.has(attributes.user.user) ?? true) &&
    (groups === undefined || attributes.user.groups.some((group) => groups.has(group))) &&
    (verbs?.has(attributes.verb) ?? true) &&
    what(attributes);
}

function targetMatcher({ namespaces, resources, nonResourceURLs }: PolicyRule): Matcher {
  const inNamespaces = setOf(namespaces);
  const matchers = (resources ?? []).map(resourceMatcher);
  const urls = nonResourceURLs ?? [];
  if (inNamespaces !== undefined || matchers.length > 0)
    return (attributes) =>
      attributes.nonResourcePath === undefined &&
      (inNamespaces?.has(attributes.namespace) ?? true) &&
      (matchers.length === 0 || matchers.some((matches) => matches(attributes)));
  if (urls.length === 0) return () => true;
  return ({ nonResourcePath: path }) => path !== undefined && urls.some((url) => isUnder(url, path));
}

function isUnder(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)));
}

/** `pods`, `pods/log`, `pods/*`, `*` followed by a subresource, and `*` for everything. */
function resourceMatcher({ group = '', resources, resourceNames }: GroupResources): Matcher {
  const names = setOf(resourceNames);
  const wanted = setOf(resources);
  const isWanted: Matcher = ({ resource, subresource }) => {
    if (wanted === undefined || wanted.has('*')) return true;
    if (subresource === '') return wanted.has(resource) || wanted.has(`${resource}/*`);
    return [`${resource}/${subresource}`, `${resource}/*`, `*/${subresource}`].some((it) => wanted.has(it));
  };
  return (attributes) =>
    (group === '*' || group === attributes.group) && isWanted(attributes) && (names?.has(attributes.name) ?? true);
}

function setOf(values: readonly string[] | null | undefined): ReadonlySet<string> | undefined {
  return values == null || values.length === 0 ? undefined : new Set(values);
}
