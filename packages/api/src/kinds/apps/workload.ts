/** What Deployments, ReplicaSets, DaemonSets, StatefulSets and Jobs have in common. */
import { type FieldError, forbidden, invalid, notSupported, Path, required } from '../../field-errors.js';
import type { LabelSelector, PodTemplateSpec } from '../../gen/types.js';
import { percentOf } from '../../int-or-string.js';
import { wasSaidEmpty } from '../../normalize.js';
import { semanticEqual } from '../../object.js';
import { labelSelectorMatcher, SelectorError } from '../../selectors/label.js';
import { validatePodTemplate } from '../core/pod-spec/validate.js';
import { isEmptySelector, nonNegative, validateLabelSelector } from '../rules.js';

/** A selector that is there, well-formed and chooses something. */
export function validateWorkloadSelector(selector: LabelSelector | undefined, what: string, path: Path): FieldError[] {
  if (selector === undefined) return [required(path)];
  const errors = validateLabelSelector(selector, path);
  return isEmptySelector(selector)
    ? [...errors, invalid(path, shownSelector(selector), `empty selector is invalid for ${what}`)]
    : errors;
}

/** As upstream shows it: its fields in their own order, labels by name. */
export function shownSelector(selector: LabelSelector | undefined): LabelSelector | null {
  if (selector === undefined) return null;
  const { matchLabels, matchExpressions = [] } = selector;
  const shown: LabelSelector = {};
  if (matchLabels !== undefined) shown.matchLabels = Object.fromEntries(Object.entries(matchLabels).sort());
  if (matchExpressions.length > 0)
    shown.matchExpressions = matchExpressions.map(({ key = '', operator = '', values = [] }) =>
      values.length > 0 ? { key, operator, values } : { key, operator },
    );
  return shown;
}

/** A selector that may not become another. */
export function immutableSelector(
  next: LabelSelector | undefined,
  old: LabelSelector | undefined,
  path: Path,
): FieldError[] {
  return semanticEqual(next, old) ? [] : [invalid(path, shownSelector(next), 'field is immutable')];
}

/** Whether a selector can be made of it: what upstream cannot make one of says nothing about templates. */
export function isSelector(selector: LabelSelector | undefined): boolean {
  try {
    labelSelectorMatcher(selector);
    return validateLabelSelector(selector, new Path()).length === 0;
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}

/** The template of pods that run for ever, and that the selector must choose. */
export function validateWorkloadTemplate(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  what: string,
  path: Path,
): FieldError[] {
  return [
    ...validateSelectorMatches(template, selector, path),
    ...validatePodTemplate(template, path),
    ...validateRunsForEver(template, what, path),
  ];
}

export function validateRunsForEver(template: PodTemplateSpec, what: string, path: Path): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  const errors: FieldError[] = [];
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    errors.push(notSupported(path.child('spec', 'restartPolicy'), restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${what} is not Supported`;
    errors.push(forbidden(path.child('spec', 'activeDeadlineSeconds'), text));
  }
  return errors;
}

/** The same, where a selector that is none ends the matter. */
export function validateSelectedTemplate(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  { what, path, refusal }: { what: string; path: Path; refusal: string },
): FieldError[] {
  if (!isSelector(selector)) return [invalid(path.child('selector'), shownSelector(selector), refusal)];
  return validateWorkloadTemplate(template, selector, what, path.child('template'));
}

export function validateSelectorMatches(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  path: Path,
): FieldError[] {
  if (selector !== undefined && (isEmptySelector(selector) || !isSelector(selector))) return [];
  return matches(selector, template.metadata?.labels) ? [] : [labelsMismatch(template, path)];
}

/** What is said of a template that its controller's selector does not choose. */
export function labelsMismatch({ metadata = {} }: PodTemplateSpec, path: Path): FieldError {
  const { labels = wasSaidEmpty(metadata, 'labels') ? {} : undefined } = metadata;
  const value = labels === undefined ? null : Object.fromEntries(Object.entries(labels).sort());
  return invalid(path.child('metadata', 'labels'), value, '`selector` does not match template `labels`');
}

function matches(selector: LabelSelector | undefined, labels: Record<string, string> | undefined): boolean {
  try {
    return labelSelectorMatcher(selector).matches(labels);
  } catch (error) {
    // A malformed selector has an error of its own.
    if (error instanceof SelectorError) return true;
    throw error;
  }
}

const PERCENT_TEXT =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

export function validateIntOrPercent(value: number | string | undefined, path: Path): FieldError[] {
  if (typeof value === 'number') return nonNegative(value, path);
  if (value === undefined || percentOf(value) !== undefined) return [];
  return [invalid(path, value, PERCENT_TEXT)];
}

export function notMoreThanAll(value: number | string | undefined, path: Path): FieldError[] {
  const percent = typeof value === 'string' ? percentOf(value) : undefined;
  return percent !== undefined && percent > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

/** The count, or the percentage as a count of hundred, that a value stands for. */
export function countOf(value: number | string | undefined): number {
  if (typeof value !== 'string') return value ?? 0;
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0);
}

type Counts = Readonly<Record<string, number | undefined>>;

/** Counts in a status: none is below zero, and `parts` are no more than `replicas`. */
export function validateReplicaCounts(
  status: object,
  fields: { readonly counts: readonly string[]; readonly parts: readonly string[]; readonly ready: string },
): FieldError[] {
  const at = new Path('status');
  const values = status as Counts;
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = values;
  const more = (field: string, text: string) =>
    invalid(at.child(field), values[field], `cannot be greater than ${text}`);
  return [
    ...fields.counts.flatMap((field) => nonNegative(values[field], at.child(field))),
    ...fields.parts.filter((field) => (values[field] ?? 0) > replicas).map((field) => more(field, 'status.replicas')),
    ...(availableReplicas > readyReplicas ? [more('availableReplicas', fields.ready)] : []),
  ];
}

/** A count of collisions only rises. */
export function validateCollisions(next: object, old: object): FieldError[] {
  const [now, before] = [(next as Counts)['collisionCount'], (old as Counts)['collisionCount']];
  if (before === undefined || (now !== undefined && now >= before)) return [];
  const at = new Path('status.collisionCount');
  return now === undefined ? [invalid(at, null, 'cannot be decremented')] : [invalid(at, now, 'cannot be decremented')];
}
