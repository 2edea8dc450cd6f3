import type { FlowSchema, PolicyRulesWithSubjects, ResourcePolicyRule } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { serviceAccountOf, type User } from '../auth/user.js';

const ALL = '*';
/** The schema of what no other takes. */
const LAST = 'catch-all';

type Test = (asked: AuthorizationAttributes) => boolean;

/** A FlowSchema, ready to be matched. */
export interface FlowMatcher {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  matches(asked: AuthorizationAttributes): boolean;
  /** Which of its flows a request belongs to. */
  flowOf(asked: AuthorizationAttributes): string;
}

export function matcherOf({ metadata, spec = {} }: FlowSchema): FlowMatcher {
  const rules = (spec.rules ?? []).map(ruleTest);
  const by = spec.distinguisherMethod?.type;
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    level: spec.priorityLevelConfiguration?.name ?? '',
    matches: (asked) => rules.some((matches) => matches(asked)),
    flowOf: ({ user, namespace }) => (by === 'ByUser' ? user.user : by === 'ByNamespace' ? namespace : ''),
  };
}

/** In the order in which they are asked: by precedence, then by name. */
export function inOrder(schemas: readonly FlowSchema[]): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? 0;
  const name = ({ metadata }: FlowSchema) => metadata.name ?? '';
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || (name(a) < name(b) ? -1 : 1));
}

/** The first that matches; the last resort takes what none does. */
export function classify(matchers: readonly FlowMatcher[], asked: AuthorizationAttributes): FlowMatcher {
  const found = matchers.find((it) => it.matches(asked)) ?? matchers.find(({ name }) => name === LAST);
  return found ?? matchers.at(-1)!;
}

function ruleTest({ subjects = [], resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects): Test {
  const isSubject = subjectTest(subjects);
  const resources = resourceRules.map(resourceTest);
  const paths = nonResourceRules.map(({ verbs = [], nonResourceURLs = [] }) => {
    const verb = oneOf(verbs);
    const urls = nonResourceURLs.map(urlTest);
    return (asked: AuthorizationAttributes, path: string) => verb(asked.verb) && urls.some((fits) => fits(path));
  });
  return (asked) => {
    if (!isSubject(asked.user)) return false;
    const path = asked.nonResourcePath;
    return path === undefined ? resources.some((fits) => fits(asked)) : paths.some((fits) => fits(asked, path));
  };
}

function subjectTest(subjects: NonNullable<PolicyRulesWithSubjects['subjects']>): (user: User) => boolean {
  const users = new Set<string>();
  const groups = new Set<string>();
  const accounts = new Set<string>();
  for (const { kind, user, group, serviceAccount } of subjects) {
    if (kind === 'User' && user) users.add(user.name ?? '');
    if (kind === 'Group' && group) groups.add(group.name ?? '');
    if (kind === 'ServiceAccount' && serviceAccount)
      accounts.add(`${serviceAccount.namespace ?? ''}:${serviceAccount.name ?? ''}`);
  }
  if (users.has(ALL) || groups.has(ALL)) return () => true;
  return ({ user, groups: own }) => {
    if (users.has(user) || own.some((it) => groups.has(it))) return true;
    const account = accounts.size === 0 ? undefined : serviceAccountOf(user);
    if (account === undefined) return false;
    return accounts.has(`${account.namespace}:${ALL}`) || accounts.has(`${account.namespace}:${account.name}`);
  };
}

function resourceTest(rule: ResourcePolicyRule): Test {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  const [verb, group, resource, inNamespace] = [verbs, apiGroups, resources, namespaces].map((it) => oneOf(it));
  return (asked) => {
    if (!verb!(asked.verb) || !group!(asked.group)) return false;
    const { subresource, namespace } = asked;
    if (!resource!(subresource === '' ? asked.resource : `${asked.resource}/${subresource}`)) return false;
    return namespace === '' ? clusterScope : inNamespace!(namespace);
  };
}

function oneOf(values: readonly string[]): (value: string) => boolean {
  if (values.includes(ALL)) return () => true;
  const all = new Set(values);
  return (value) => all.has(value);
}

/** The path itself, or all below it. */
function urlTest(url: string): (path: string) => boolean {
  if (url === ALL) return () => true;
  const bare = url.replace(/\*$/, '');
  const prefix = bare.endsWith('/') ? bare : `${bare}/`;
  return (path) => path === url || path.startsWith(prefix);
}
