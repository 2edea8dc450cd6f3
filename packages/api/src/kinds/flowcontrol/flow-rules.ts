/** Which requests a FlowSchema is about: subjects, and what they ask for. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type {
  FlowcontrolV1Subject,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../../gen/types.js';
import { dnsLabel, dnsSubdomain, requiredString } from '../rules.js';

const ALL = '*';
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowRule(rule: PolicyRulesWithSubjects, at: Path): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors: FieldError[] = [];
  if (subjects.length === 0) errors.push(required(at.child('subjects'), 'subjects must contain at least one value'));
  for (const [index, subject] of subjects.entries())
    errors.push(...validateSubject(subject, at.child('subjects').index(index)));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  return [
    ...errors,
    ...resourceRules.flatMap((it, index) => validateResources(it, at.child('resourceRules').index(index))),
    ...nonResourceRules.flatMap((it, index) => validateUrls(it, at.child('nonResourceRules').index(index))),
  ];
}

const KINDS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;

function validateSubject(subject: FlowcontrolV1Subject, at: Path): FieldError[] {
  const { kind = '' } = subject;
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
  const own = kinds.find((it) => it === kind);
  if (own === undefined) return [notSupported(at.child('kind'), kind, kinds)];
  const field = KINDS[own];
  const here = at.child(field);
  const errors: FieldError[] = [];
  if (subject[field] === undefined) errors.push(required(here, `${field} is required when subject kind is '${own}'`));
  else if (own === 'ServiceAccount') errors.push(...validateAccount(subject.serviceAccount ?? {}, here));
  else errors.push(...requiredString(subject[field]?.name, here.child('name')));
  // Upstream tells of service accounts first.
  for (const other of ['ServiceAccount', 'User', 'Group'] as const)
    if (other !== own && subject[KINDS[other]] !== undefined) {
      const text = `${KINDS[other]} is forbidden when subject kind is not '${other}'`;
      errors.push(forbidden(at.child(KINDS[other]), text));
    }
  return errors;
}

function validateAccount(account: NonNullable<FlowcontrolV1Subject['serviceAccount']>, at: Path): FieldError[] {
  const { name = '', namespace = '' } = account;
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(at.child('name')));
  else if (name !== ALL) errors.push(...dnsSubdomain(name, at.child('name')));
  if (namespace === '') errors.push(required(at.child('namespace'), 'must specify namespace for service account'));
  else errors.push(...dnsLabel(namespace, at.child('namespace')));
  return errors;
}

/** What is all is nothing else beside. */
function alone(values: readonly string[], what: string, at: Path): FieldError[] {
  if (!values.includes(ALL) || values.length === 1) return [];
  return [invalid(at, values, `if '*' is present, must not specify other ${what}`)];
}

function validateVerbs(verbs: readonly string[], at: Path): FieldError[] {
  if (verbs.length === 0) return [required(at, 'verbs must contain at least one value')];
  if (verbs.includes(ALL)) return alone(verbs, 'verbs', at);
  return verbs.every((it) => VERBS.includes(it)) ? [] : [notSupported(at, verbs, VERBS)];
}

function validateResources(rule: ResourcePolicyRule, at: Path): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope } = rule;
  const some = (values: readonly string[], field: string, one: string, others: string) =>
    values.length === 0
      ? [required(at.child(field), `resource rules must supply at least one ${one}`)]
      : alone(values, others, at.child(field));
  return [
    ...validateVerbs(verbs, at.child('verbs')),
    ...some(apiGroups, 'apiGroups', 'api group', 'api groups'),
    ...some(resources, 'resources', 'resource', 'resources'),
    ...validateNamespaces(namespaces, clusterScope === true, at.child('namespaces')),
  ];
}

function validateNamespaces(namespaces: readonly string[], clusterScope: boolean, at: Path): FieldError[] {
  if (namespaces.length === 0) {
    const text = 'resource rules that are not cluster scoped must supply at least one namespace';
    return clusterScope ? [] : [required(at, text)];
  }
  if (namespaces.includes(ALL)) return alone(namespaces, 'namespaces', at);
  const each = "each member of this list must be '*' or a DNS-1123 label; ";
  return namespaces.flatMap((it, index) =>
    dnsLabel(it, at.index(index)).map((error) => ({ ...error, detail: each + error.detail })),
  );
}

function validateUrls({ verbs = [], nonResourceURLs = [] }: NonResourcePolicyRule, path: Path): FieldError[] {
  const at = path.child('nonResourceURLs');
  const errors = validateVerbs(verbs, path.child('verbs'));
  if (nonResourceURLs.length === 0) return [...errors, required(at, 'nonResourceURLs must contain at least one value')];
  if (nonResourceURLs.includes(ALL)) return [...errors, ...alone(nonResourceURLs, 'non-resource URLs', at)];
  return [...errors, ...nonResourceURLs.flatMap((it, index) => validateUrl(it, at.index(index)))];
}

function validateUrl(url: string, at: Path): FieldError[] {
  const wrong = (text: string) => [invalid(at, url, text)];
  if (url === '') return wrong('must not be empty');
  if (url === '/') return [];
  if (!url.startsWith('/')) return wrong('must start with slash');
  if (url.includes(' ')) return wrong('must not contain white-space');
  if (url.includes('//')) return wrong('must not contain double slash');
  const stars = url.split(ALL).length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? wrong('wildcard can only do suffix matching') : [];
}

/** A schema's spec as upstream shows it: its own type's fields, with those that are not set. */
export function shownSchema(spec: FlowSchemaSpec): object {
  const { priorityLevelConfiguration, matchingPrecedence = 0, distinguisherMethod, rules } = spec;
  return {
    PriorityLevelConfiguration: { Name: priorityLevelConfiguration?.name ?? '' },
    MatchingPrecedence: matchingPrecedence,
    DistinguisherMethod: distinguisherMethod === undefined ? null : { Type: distinguisherMethod.type ?? '' },
    Rules: rules?.map(shownRule) ?? null,
  };
}

function shownRule({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects): object {
  return {
    Subjects: subjects?.map(shownSubject) ?? null,
    ResourceRules:
      resourceRules?.map(({ verbs, apiGroups, resources, clusterScope, namespaces }) => ({
        Verbs: verbs ?? null,
        APIGroups: apiGroups ?? null,
        Resources: resources ?? null,
        ClusterScope: clusterScope ?? false,
        Namespaces: namespaces ?? null,
      })) ?? null,
    NonResourceRules:
      nonResourceRules?.map(({ verbs, nonResourceURLs }) => ({
        Verbs: verbs ?? null,
        NonResourceURLs: nonResourceURLs ?? null,
      })) ?? null,
  };
}

function shownSubject({ kind = '', user, group, serviceAccount }: FlowcontrolV1Subject): object {
  const named = (it: { name?: string | undefined } | undefined) => (it === undefined ? null : { Name: it.name ?? '' });
  const account = serviceAccount && { Namespace: serviceAccount.namespace ?? '', Name: serviceAccount.name ?? '' };
  return { Kind: kind, User: named(user), Group: named(group), ServiceAccount: account ?? null };
}
