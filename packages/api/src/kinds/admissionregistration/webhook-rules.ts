/** Defaults and rules of admission webhooks. */
import { duplicate, type FieldError, invalid, type Path, path, required } from '../../field-errors.js';
import type { MutatingWebhook, ValidatingWebhook } from '../../gen/types.js';
import { dns1123SubdomainErrors } from '../../names.js';
import { oneOf, oneOfOrAbsent, validateLabelSelector } from '../rules.js';
import {
  hasKnownReviewVersion,
  NO_REVIEW_VERSIONS,
  validateReviewVersions,
  validateWebhookClient,
} from '../webhook-client.js';
import { validateMatchConditions } from './expressions.js';
import { defaultRule, MATCH_POLICIES, validateRule } from './match-rules.js';

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;

export const ADMISSION_GROUP = 'admissionregistration.k8s.io';
export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
/** What once was allowed. */
const ANY_SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];

export function defaultWebhook(it: Webhook): void {
  it.failurePolicy ??= 'Fail';
  it.matchPolicy ??= 'Equivalent';
  it.namespaceSelector ??= {};
  it.objectSelector ??= {};
  it.timeoutSeconds ??= 10;
  if (it.clientConfig?.service !== undefined) it.clientConfig.service.port ??= 443;
  for (const rule of it.rules ?? []) defaultRule(rule);
}

/** What an update need not put right: faults that the stored object has already. */
interface Leniency {
  readonly sideEffects: boolean;
  readonly reviewVersions: boolean;
  readonly names: boolean;
}

function leniency(old: readonly Webhook[]): Leniency {
  return {
    sideEffects: old.some(({ sideEffects = '' }) => !SIDE_EFFECTS.includes(sideEffects)),
    reviewVersions: old.some(
      ({ admissionReviewVersions: versions = [] }) => versions.length > 0 && !hasKnownReviewVersion(versions),
    ),
    names: new Set(old.map(({ name }) => name)).size < old.length,
  };
}

export function validateWebhooks(
  webhooks: readonly Webhook[] | undefined,
  old: readonly Webhook[] | undefined,
): FieldError[] {
  const lenient = leniency(old ?? []);
  const names = new Set<string>();
  return (webhooks ?? []).flatMap((webhook, index) => {
    const at = path('webhooks').index(index);
    const { name = '', admissionReviewVersions: versions = [] } = webhook;
    const known = { missing: NO_REVIEW_VERSIONS, known: !lenient.reviewVersions };
    const errors = [
      ...validateWebhook(webhook, at, lenient),
      ...validateReviewVersions(versions, at.child('admissionReviewVersions'), known),
    ];
    if (name !== '' && names.has(name) && !lenient.names) errors.push(duplicate(at.child('name'), name));
    names.add(name);
    return errors;
  });
}

function validateWebhook(it: Webhook, at: Path, lenient: Leniency): FieldError[] {
  return [
    ...validateName(it.name ?? '', at.child('name')),
    ...(it.rules ?? []).flatMap((rule, index) => validateRule(rule, at.child('rules').index(index))),
    ...oneOfOrAbsent(it.failurePolicy, FAILURE_POLICIES, at.child('failurePolicy')),
    ...oneOfOrAbsent(it.matchPolicy, MATCH_POLICIES, at.child('matchPolicy')),
    ...validateSideEffects(it.sideEffects, at.child('sideEffects'), lenient),
    ...validateTimeout(it.timeoutSeconds, at.child('timeoutSeconds')),
    ...validateLabelSelector(it.namespaceSelector, at.child('namespaceSelector')),
    ...validateLabelSelector(it.objectSelector, at.child('objectSelector')),
    ...oneOfOrAbsent(it.reinvocationPolicy, REINVOCATION_POLICIES, at.child('reinvocationPolicy')),
    ...validateWebhookClient(it.clientConfig ?? {}, at.child('clientConfig')),
    ...validateMatchConditions(it.matchConditions, at.child('matchConditions')),
  ];
}

function validateName(name: string, at: Path): FieldError[] {
  if (name === '') return [required(at)];
  const errors = dns1123SubdomainErrors(name).map((text) => invalid(at, name, text));
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [invalid(at, name, 'should be a domain with at least three segments separated by dots')];
}

function validateSideEffects(value: string | undefined, at: Path, { sideEffects: lenient }: Leniency): FieldError[] {
  const allowed = lenient ? ANY_SIDE_EFFECTS : SIDE_EFFECTS;
  return value === undefined ? [required(at, `must specify one of ${allowed.join(', ')}`)] : oneOf(value, allowed, at);
}

function validateTimeout(seconds: number | undefined, at: Path): FieldError[] {
  return seconds !== undefined && (seconds < 1 || seconds > 30)
    ? [invalid(at, seconds, 'the timeout value must be between 1 and 30 seconds')]
    : [];
}
