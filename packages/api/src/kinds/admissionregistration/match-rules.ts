/** Which requests webhooks and policies are about: defaults and rules. */
import { duplicate, type FieldError, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../../gen/types.js';
import { pathSegmentErrors } from '../../names.js';
import { oneOf, oneOfOrAbsent, validateLabelSelector } from '../rules.js';

export const MATCH_POLICIES = ['Equivalent', 'Exact'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
/** There is nothing to change in what goes away. */
const MUTATING_OPERATIONS = OPERATIONS.filter((it) => it !== 'DELETE');
const SCOPES = ['*', 'Cluster', 'Namespaced'];

export function defaultRule(rule: RuleWithOperations): void {
  rule.scope ??= '*';
}

export function defaultMatchResources(it: MatchResources): void {
  it.matchPolicy ??= 'Equivalent';
  it.namespaceSelector ??= {};
  it.objectSelector ??= {};
  for (const rule of [...(it.resourceRules ?? []), ...(it.excludeResourceRules ?? [])]) defaultRule(rule);
}

export function validateMatchResources(it: MatchResources, at: Path): FieldError[] {
  const rules = (field: 'resourceRules' | 'excludeResourceRules') =>
    (it[field] ?? []).flatMap((rule, index) => validateNamedRule(rule, at.child(field).index(index)));
  return [
    ...oneOf(it.matchPolicy, MATCH_POLICIES, at.child('matchPolicy')),
    ...validateLabelSelector(it.namespaceSelector, at.child('namespaceSelector')),
    ...validateLabelSelector(it.objectSelector, at.child('objectSelector')),
    ...rules('resourceRules'),
    ...rules('excludeResourceRules'),
  ];
}

/** What a policy that changes objects may be about. */
export function validateMutatedResources(it: MatchResources, at: Path): FieldError[] {
  const operations = (it.resourceRules ?? []).flatMap((rule) => rule.operations ?? []);
  return [
    ...validateMatchResources(it, at),
    ...operations.flatMap((operation) =>
      oneOf(operation, MUTATING_OPERATIONS, at.child('resourceRules', 'operations')),
    ),
  ];
}

/** A policy needs a rule at the least, which says what its expressions see. */
export function validateMatchConstraints(
  constraints: MatchResources | undefined,
  at: Path,
  validate: (it: MatchResources, at: Path) => FieldError[],
): FieldError[] {
  if (constraints === undefined) return [required(at)];
  const none = (constraints.resourceRules ?? []).length === 0;
  return [...validate(constraints, at), ...(none ? [required(at.child('resourceRules'))] : [])];
}

function validateNamedRule(rule: NamedRuleWithOperations, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, name] of (rule.resourceNames ?? []).entries()) {
    const own = at.child('resourceNames').index(index);
    errors.push(...pathSegmentErrors(name).map((text) => invalid(own, name, text)));
    if (seen.has(name)) errors.push(duplicate(own, name));
    seen.add(name);
  }
  return [...errors, ...validateRule(rule, at)];
}

export function validateRule(rule: RuleWithOperations, at: Path): FieldError[] {
  const { operations = [], apiVersions = [], resources = [], scope } = rule;
  const errors = wildcardAlone(operations, at.child('operations'), 'operations');
  for (const [index, operation] of operations.entries()) {
    if (OPERATIONS.includes(operation)) continue;
    errors.push(notSupported(at.child('operations').index(index), operation, OPERATIONS));
  }
  errors.push(...wildcardAlone(rule.apiGroups ?? [], at.child('apiGroups'), 'API groups'));
  errors.push(...wildcardAlone(apiVersions, at.child('apiVersions'), 'API versions'));
  errors.push(
    ...apiVersions.flatMap((version, index) =>
      version === '' ? [required(at.child('apiVersions').index(index))] : [],
    ),
  );
  errors.push(...validateResources(resources, at.child('resources')));
  return [...errors, ...oneOfOrAbsent(scope, SCOPES, at.child('scope'))];
}

function wildcardAlone(values: readonly string[], at: Path, what: string): FieldError[] {
  if (values.length === 0) return [required(at)];
  if (values.length === 1 || !values.includes('*')) return [];
  return [invalid(at, values, `if '*' is present, must not specify other ${what}`)];
}

/** Resources and their subresources; what a wildcard before has said is not said again. */
function validateResources(resources: readonly string[], at: Path): FieldError[] {
  const errors: FieldError[] = resources.length === 0 ? [required(at)] : [];
  const [allOfResource, allOfSubresource] = [new Set<string>(), new Set<string>()];
  let lastIsPlain = false;
  for (const [index, text] of resources.entries()) {
    const own = at.index(index);
    if (text === '') {
      errors.push(required(own));
      continue;
    }
    const slash = text.indexOf('/');
    if (slash < 0) {
      lastIsPlain = text !== '*';
      continue;
    }
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    const said = (all: string) => errors.push(invalid(own, text, `if '${all}' is present, must not specify ${text}`));
    if (allOfResource.has(resource)) said(`${resource}/*`);
    if (allOfSubresource.has(subresource)) said(`*/${subresource}`);
    if (subresource === '*') allOfResource.add(resource);
    if (resource === '*') allOfSubresource.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && lastIsPlain) {
    const text = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(at, resources, text));
  }
  return errors;
}
