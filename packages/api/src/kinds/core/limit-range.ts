import { type FieldError, forbidden, invalid, path, required } from '../../field-errors.js';
import type { LimitRange, LimitRangeItem } from '../../gen/types.js';
import { defineKind } from '../../kind.js';
import { qualifiedNameErrors } from '../../names.js';
import { compareQuantities } from '../../quantity.js';

const limits = path('spec', 'limits');

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  scope: 'Namespaced',
  updateMetadata: 'create',
  defaults(it) {
    for (const item of it.spec?.limits ?? []) if (item.type === 'Container') defaultItem(item);
  },
  validate: (it) => (it.spec?.limits ?? []).flatMap(validateItem),
  strategy: { allowCreateOnUpdate: true },
});

/** A container's default limit is the maximum, its default request the limit or else the minimum. */
function defaultItem(item: LimitRangeItem): void {
  const standard = { ...item.max, ...item.default };
  const requests = { ...item.min, ...standard, ...item.defaultRequest };
  if (Object.keys(standard).length > 0) item.default = standard;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function validateItem(item: LimitRangeItem, index: number): FieldError[] {
  const at = limits.index(index);
  const errors: FieldError[] = [];
  if ((item.type ?? '') === '') return [required(at.child('type'))];
  const { min = {}, max = {}, default: standard = {}, defaultRequest = {}, maxLimitRequestRatio = {} } = item;
  if (item.type === 'Pod') {
    if (Object.keys(standard).length > 0)
      errors.push(forbidden(at.child('default'), "may not be specified when `type` is 'Pod'"));
    if (Object.keys(defaultRequest).length > 0) {
      errors.push(forbidden(at.child('defaultRequest'), "may not be specified when `type` is 'Pod'"));
    }
  }
  const names = new Set(
    [min, max, standard, defaultRequest, maxLimitRequestRatio].flatMap((list) => Object.keys(list)),
  );
  for (const name of names) {
    errors.push(...qualifiedNameErrors(name).map((text) => invalid(at.key(name), name, text)));
    errors.push(...validateOrder(name, item, String(at)));
  }
  return errors;
}

/** min ≤ defaultRequest ≤ default ≤ max. */
function validateOrder(name: string, item: LimitRangeItem, at: string): FieldError[] {
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const [standard, request] = [item.default?.[name], item.defaultRequest?.[name]];
  const errors: FieldError[] = [];
  const check = (
    low: string | undefined,
    high: string | undefined,
    field: string,
    value: string | undefined,
    text: () => string,
  ) => {
    if (low !== undefined && high !== undefined && compareQuantities(low, high) > 0)
      errors.push(invalid(`${at}.${field}[${name}]`, value, text()));
  };
  check(min, max, 'min', min, () => `min value ${min} is greater than max value ${max}`);
  check(
    min,
    request,
    'defaultRequest',
    request,
    () => `min value ${min} is greater than default request value ${request}`,
  );
  check(
    request,
    max,
    'defaultRequest',
    request,
    () => `default request value ${request} is greater than max value ${max}`,
  );
  check(
    request,
    standard,
    'defaultRequest',
    request,
    () => `default request value ${request} is greater than default limit value ${standard}`,
  );
  check(min, standard, 'default', min, () => `min value ${min} is greater than default value ${standard}`);
  check(standard, max, 'default', max, () => `default value ${standard} is greater than max value ${max}`);
  const ratio = item.maxLimitRequestRatio?.[name];
  check('1', ratio, 'maxLimitRequestRatio', ratio, () => `ratio ${ratio} is less than 1`);
  return errors;
}
