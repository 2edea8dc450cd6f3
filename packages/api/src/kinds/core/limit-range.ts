import { duplicate, type FieldError, forbidden, invalid, type Path, path, required } from '../../field-errors.js';
import type { LimitRange, LimitRangeItem } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { qualifiedNameErrors } from '../../names.js';
import { compareQuantities, quantityMilliValue, quantityValue } from '../../quantity.js';
import { roundList } from './pod-spec/defaults.js';
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './resource-names.js';

const limits = path('spec', 'limits');
const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  updateMetadata: 'create',
  defaults(it) {
    for (const item of it.spec?.limits ?? []) {
      if (item.type === 'Container') defaultItem(item);
      for (const field of LISTS) roundList(item[field]);
    }
  },
  validate(it) {
    const seen = new Set<string>();
    return (it.spec?.limits ?? []).flatMap((item, index) => {
      const at = limits.index(index);
      const type = item.type ?? '';
      const errors = validateType(type, at.child('type'));
      if (seen.has(type)) errors.push(duplicate(at.child('type'), type));
      seen.add(type);
      return [...errors, ...validateItem(item, at)];
    });
  },
  strategy: {
    allowCreateOnUpdate: true,
    prepareForCreate({ metadata }) {
      if ((metadata.name ?? '') === '') metadata.name = metadata.uid;
    },
  },
});

/** A container's default limit is the maximum, its default request the limit or else the minimum. */
function defaultItem(item: LimitRangeItem): void {
  const standard = { ...item.max, ...item.default };
  const requests = { ...item.min, ...standard, ...item.defaultRequest };
  if (Object.keys(standard).length > 0) item.default = standard;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function validateType(type: string, at: Path): FieldError[] {
  const errors = qualifiedNameErrors(type).map((text) => invalid(at, type, text));
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors;
  return [invalid(at, type, 'must be a standard limit type or fully qualified')];
}

function validateItem(item: LimitRangeItem, at: Path): FieldError[] {
  const isOfPods = item.type === 'Pod' || item.type === 'Container';
  const nameRule = isOfPods ? validateContainerResourceName : validateResourceName;
  const names = new Set<string>();
  const namesOf = (field: (typeof LISTS)[number]) =>
    Object.keys(item[field] ?? {}).flatMap((name) => {
      names.add(name);
      return nameRule(name, at.child(field).key(name));
    });
  const errors = [...namesOf('max'), ...namesOf('min'), ...validateDefaults(item, at, namesOf)];
  if (item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']) {
    const text = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(at.child('limits'), text));
  }
  errors.push(...namesOf('maxLimitRequestRatio'));
  // What pods cannot have is not compared either.
  const compared = item.type === 'Pod' ? { ...item, default: undefined, defaultRequest: undefined } : item;
  return [...errors, ...[...names].flatMap((name) => validateAmounts(name, compared, at))];
}

function validateDefaults(
  item: LimitRangeItem,
  at: Path,
  namesOf: (field: 'default' | 'defaultRequest') => FieldError[],
): FieldError[] {
  return (['default', 'defaultRequest'] as const).flatMap((field) => {
    if (item.type !== 'Pod') return namesOf(field);
    const isGiven = Object.keys(item[field] ?? {}).length > 0;
    return isGiven ? [forbidden(at.child(field), "may not be specified when `type` is 'Pod'")] : [];
  });
}

/** min ≤ defaultRequest ≤ default ≤ max, and no ratio that these forbid. */
function validateAmounts(name: string, item: LimitRangeItem, at: Path): FieldError[] {
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const [standard, request] = [item.default?.[name], item.defaultRequest?.[name]];
  const errors: FieldError[] = [];
  const check = (
    low: string | undefined,
    high: string | undefined,
    field: string,
    value: string | undefined,
    text: string,
  ) => {
    if (low !== undefined && high !== undefined && compareQuantities(low, high) > 0)
      errors.push(invalid(at.child(field).key(name), value, text));
  };
  check(min, max, 'min', min, `min value ${min} is greater than max value ${max}`);
  const [ofRequest, ofLimit] = [`default request value ${request}`, `default value ${standard}`];
  check(min, request, 'defaultRequest', request, `min value ${min} is greater than ${ofRequest}`);
  check(request, max, 'defaultRequest', request, `${ofRequest} is greater than max value ${max}`);
  const limit = `default limit value ${standard}`;
  check(request, standard, 'defaultRequest', request, `${ofRequest} is greater than ${limit}`);
  check(min, standard, 'default', min, `min value ${min} is greater than ${ofLimit}`);
  check(standard, max, 'default', max, `${ofLimit} is greater than max value ${max}`);
  errors.push(
    ...validateRatio(item.maxLimitRequestRatio?.[name], min, max, at.child('maxLimitRequestRatio').key(name)),
  );
  if (standard === undefined || request === undefined || isOvercommitAllowed(name)) return errors;
  if (compareQuantities(standard, request) === 0) return errors;
  const text = `${ofLimit} must equal to defaultRequest value ${request} in ${name}`;
  return [...errors, invalid(at.child('defaultRequest').key(name), request, text)];
}

/** Above it, thousandths do not fit into 64 bits. */
const MILLI_MAX = Math.floor((2 ** 63 - 1) / 1000);

function validateRatio(
  ratio: string | undefined,
  min: string | undefined,
  max: string | undefined,
  at: Path,
): FieldError[] {
  if (ratio === undefined) return [];
  const errors = compareQuantities(ratio, '1') < 0 ? [invalid(at, ratio, `ratio ${ratio} is less than 1`)] : [];
  if (min === undefined || max === undefined) return errors;
  const isExact = [ratio, min, max].every((value) => quantityValue(value) < MILLI_MAX);
  const amount = isExact ? quantityMilliValue : quantityValue;
  const limit = amount(max) / amount(min);
  const value = isExact ? quantityMilliValue(ratio) / 1000 : quantityValue(ratio);
  if (!(value > limit)) return errors;
  const text = Number.isFinite(limit) ? limit.toFixed(6) : limit > 0 ? '+Inf' : '-Inf';
  return [...errors, invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${text}`)];
}
