/** Defaults and rules that webhooks and admission policies share. */
import { type FieldError, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { MatchResources, MutatingWebhook, NamedRuleWithOperations, ValidatingWebhook } from '../../gen/types.js';
import { dns1123SubdomainErrors } from '../../names.js';
import { oneOf, validateLabelSelector } from '../rules.js';
import { validateMatchConditions } from './expressions.js';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

export const ADMISSION_GROUP = 'admissionregistration.k8s.io';
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
const MATCH_POLICIES = ['Equivalent', 'Exact'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

export function defaultWebhook(it: Webhook): void {
  it.failurePolicy ??= 'Fail';
  it.matchPolicy ??= 'Equivalent';
  it.namespaceSelector ??= {};
  it.objectSelector ??= {};
  it.timeoutSeconds ??= 10;
  if (it.clientConfig?.service !== undefined) it.clientConfig.service.port ??= 443;
  for (const rule of it.rules ?? []) rule.scope ??= '*';
}

export function defaultMatchResources(it: MatchResources): void {
  it.matchPolicy ??= 'Equivalent';
  it.namespaceSelector ??= {};
  it.objectSelector ??= {};
  for (const rule of [...(it.resourceRules ?? []), ...(it.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

export function validateWebhook(it: Webhook, at: Path): FieldError[] {
  return [
    ...validateName(it.name ?? '', at.child('name')),
    ...(it.rules ?? []).flatMap((rule, index) => validateAdmissionRule(rule, at.child('rules').index(index))),
    ...oneOf(it.failurePolicy, FAILURE_POLICIES, at.child('failurePolicy')),
    ...oneOf(it.matchPolicy, MATCH_POLICIES, at.child('matchPolicy')),
    ...validateSideEffects(it.sideEffects, at.child('sideEffects')),
    ...validateTimeout(it.timeoutSeconds ?? 10, at.child('timeoutSeconds')),
    ...validateLabelSelector(it.namespaceSelector, at.child('namespaceSelector')),
    ...validateLabelSelector(it.objectSelector, at.child('objectSelector')),
    ...validateClientConfig(it, at.child('clientConfig')),
    ...validateReviewVersions(it.admissionReviewVersions ?? [], at.child('admissionReviewVersions')),
    ...validateMatchConditions(it.matchConditions, at.child('matchConditions')),
  ];
}

function validateName(name: string, at: Path): FieldError[] {
  if (name === '') return [required(at)];
  const errors = dns1123SubdomainErrors(name).map((text) => invalid(at, name, text));
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [invalid(at, name, 'should be a domain with at least three segments separated by dots')];
}

function validateSideEffects(value: string | undefined, at: Path): FieldError[] {
  if (value === undefined) return [required(at, 'must specify one of None, NoneOnDryRun')];
  return oneOf(value, ['None', 'NoneOnDryRun'], at);
}

function validateTimeout(seconds: number, at: Path): FieldError[] {
  return seconds < 1 || seconds > 30
    ? [invalid(at, seconds, 'the timeout value must be between 1 and 30 seconds')]
    : [];
}

function validateClientConfig({ clientConfig = {} }: Webhook, at: Path): FieldError[] {
  const { url, service } = clientConfig;
  if ((url === undefined) === (service === undefined)) {
    return [required(at, 'exactly one of url or service is required')];
  }
  if (url !== undefined) return validateUrl(url, at.child('url'));
  const errors: FieldError[] = [];
  if ((service?.name ?? '') === '') errors.push(required(at.child('service', 'name'), 'service name is required'));
  if ((service?.namespace ?? '') === '') {
    errors.push(required(at.child('service', 'namespace'), 'service namespace is required'));
  }
  return errors;
}

function validateUrl(url: string, at: Path): FieldError[] {
  const form = 'desired format: https://host[/path]';
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url);
  if (match === null) return [required(at, `url must be a valid URL: ${form}`)];
  const [, scheme = '', host = ''] = match;
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(at, scheme, `'https' is the only allowed URL scheme; ${form}`));
  if (host === '') errors.push(invalid(at, host, `host must be specified; ${form}`));
  if (host.includes('@')) errors.push(invalid(at, host, 'user information is not permitted in the URL'));
  return errors;
}

function validateReviewVersions(versions: readonly string[], at: Path): FieldError[] {
  if (versions.length === 0) return [required(at, 'must specify one of v1, v1beta1')];
  if (versions.some((version) => version === 'v1' || version === 'v1beta1')) return [];
  return [invalid(at, versions, 'must include at least one of v1, v1beta1')];
}

function validateAdmissionRule(rule: NamedRuleWithOperations, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['apiGroups', 'apiVersions', 'operations', 'resources'] as const) {
    const values = rule[field] ?? [];
    if (values.length === 0) errors.push(required(at.child(field)));
    if (values.length > 1 && values.includes('*')) {
      errors.push(invalid(at.child(field), values, "if '*' is present, must not specify other values"));
    }
  }
  for (const [index, operation] of (rule.operations ?? []).entries()) {
    if (!OPERATIONS.includes(operation)) {
      errors.push(notSupported(at.child('operations').index(index), operation, OPERATIONS));
    }
  }
  return errors;
}

export function validateMatchResources(it: MatchResources, at: Path): FieldError[] {
  return [
    ...oneOf(it.matchPolicy, MATCH_POLICIES, at.child('matchPolicy')),
    ...validateLabelSelector(it.namespaceSelector, at.child('namespaceSelector')),
    ...validateLabelSelector(it.objectSelector, at.child('objectSelector')),
    ...(it.resourceRules ?? []).flatMap((rule, index) =>
      validateAdmissionRule(rule, at.child('resourceRules').index(index)),
    ),
  ];
}
