/** Small rules that many kinds share. Each gives the errors of one value. */
import { type FieldError, invalid, notSupported, type Path, required } from '../field-errors.js';
import type { LabelSelector, LabelSelectorRequirement } from '../gen/types.js';
import { validateLabelName, validateLabels } from '../meta.js';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  portNameErrors,
  portNumberErrors,
} from '../names.js';
import { parseQuantity, quantityValue } from '../quantity.js';

export const NOT_NEGATIVE = 'must be greater than or equal to 0';
export const POSITIVE = 'must be greater than 0';
export const NOT_INTEGER = 'must be an integer';

export function nonNegative(value: number | undefined, path: Path): FieldError[] {
  return value !== undefined && value < 0 ? [invalid(path, value, NOT_NEGATIVE)] : [];
}

export function positive(value: number | undefined, path: Path): FieldError[] {
  return value !== undefined && value <= 0 ? [invalid(path, value, POSITIVE)] : [];
}

export function inRange(value: number, min: number, max: number, path: Path): FieldError[] {
  return value < min || value > max ? [invalid(path, value, `must be between ${min} and ${max}, inclusive`)] : [];
}

export function portNumber(value: number, path: Path): FieldError[] {
  return portNumberErrors(value).map((text) => invalid(path, value, text));
}

export function positiveQuantity(value: string, path: Path): FieldError[] {
  return parseQuantity(value).nanos > 0n ? [] : [invalid(path, value, 'must be greater than zero')];
}

/** An amount of what a volume or the like has. */
export function validResourceQuantity(value: string, path: Path): FieldError[] {
  const whole = quantityValue(value);
  return whole < 0 ? [invalid(path, whole, 'must be a valid resource quantity')] : [];
}

export function nonNegativeQuantity(value: string, path: Path): FieldError[] {
  return parseQuantity(value).nanos < 0n ? [invalid(path, value, NOT_NEGATIVE)] : [];
}

export function oneOf(value: string | undefined, supported: readonly string[], path: Path): FieldError[] {
  return value !== undefined && supported.includes(value) ? [] : [notSupported(path, value ?? '', supported)];
}

export function oneOfOrAbsent(value: string | undefined, supported: readonly string[], path: Path): FieldError[] {
  return value === undefined ? [] : oneOf(value, supported, path);
}

export function requiredString(value: string | undefined, path: Path, detail = ''): FieldError[] {
  return value === undefined || value === '' ? [required(path, detail)] : [];
}

export function dnsLabel(value: string, path: Path): FieldError[] {
  return dns1123LabelErrors(value).map((text) => invalid(path, value, text));
}

export function dnsSubdomain(value: string, path: Path): FieldError[] {
  return dns1123SubdomainErrors(value).map((text) => invalid(path, value, text));
}

/** A host's name with its domain; a dot at its end is none of it. */
export function domainName(value: string, path: Path): FieldError[] {
  if (value === '') return [required(path)];
  const name = value.replace(/\.$/, '');
  const texts = dns1123SubdomainErrors(name);
  if (texts.length > 0) return [invalid(path, name, texts.join(','))];
  const labels = name.split('.');
  if (labels.length < 2)
    return [invalid(path, name, 'should be a domain with at least two segments separated by dots')];
  const bad = labels.find((label) => dns1123LabelErrors(label).length > 0);
  return bad === undefined ? [] : [invalid(path, bad, dns1123LabelErrors(bad).join(','))];
}

const SELECTOR_OPERATORS: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

export function validateLabelSelector(selector: LabelSelector | undefined, path: Path): FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, path.child('matchLabels')),
    ...(selector.matchExpressions ?? []).flatMap((it, index) =>
      validateSelectorRequirement(it, path.child('matchExpressions').index(index)),
    ),
  ];
}

/** `anyOperator`: what newer clients may know is no error. */
export function validateSelectorRequirement(
  it: LabelSelectorRequirement,
  path: Path,
  { anyOperator = false } = {},
): FieldError[] {
  const { key = '', operator = '', values = [] } = it;
  const errors: FieldError[] = [];
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    errors.push({ type: 'FieldValueForbidden', field: String(path.child('values')), detail: text });
  }
  if (!anyOperator && !SELECTOR_OPERATORS.has(operator)) {
    errors.push(invalid(path.child('operator'), operator, 'not a valid selector operator'));
  }
  errors.push(...validateLabelName(key, path.child('key')));
  return [
    ...errors,
    ...values.flatMap((value, index) =>
      labelValueErrors(value).map((text) => invalid(path.child('values').index(index), value, text)),
    ),
  ];
}

/** Whether a selector chooses nothing in particular. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions?.length ?? 0) === 0;
}

/** A port by number or by name. */
export function portText(port: number | string, path: Path): FieldError[] {
  const errors = typeof port === 'number' ? portNumberErrors(port) : portNameErrors(port);
  return errors.map((text) => invalid(path, port, text));
}

const HTTP_PATH = String.raw`[A-Za-z0-9/\-._~%!$&'()*+,;=:]+`;
const HTTP_PATH_PATTERN = new RegExp(`^${HTTP_PATH}$`);

/** A name such as `acme.io/foo`. */
export function domainPrefixedPath(value: string, path: Path): FieldError[] {
  if (value === '') return [required(path)];
  const slash = value.indexOf('/');
  const [host, rest] = [value.slice(0, Math.max(slash, 0)), value.slice(slash + 1)];
  if (host === '' || rest === '')
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  const errors = dns1123SubdomainErrors(host).map((text) => invalid(path, host, text));
  if (HTTP_PATH_PATTERN.test(rest)) return errors;
  return [...errors, invalid(path, rest, `Invalid path (regex used for validation is '${HTTP_PATH}')`)];
}
