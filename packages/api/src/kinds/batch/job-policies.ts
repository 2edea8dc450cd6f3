/** Rules of what ends a Job before its time: failures of pods that count, and enough of its indexes. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  OMITTED,
  type Path,
  required,
  tooLong,
  tooMany,
} from '../../field-errors.js';
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../gen/types.js';
import { qualifiedNameErrors } from '../../names.js';
import { nonNegative } from '../rules.js';

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const PATTERNS_MAX = 20;
const INDEXES_BYTES_MAX = 65_536;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];

/** As Go's %q writes a list. */
const valid = (values: readonly string[]) => `valid values: [${values.map((it) => JSON.stringify(it)).join(' ')}]`;

export function validatePodFailurePolicy(spec: JobSpec, path: Path): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const at = path.child('rules');
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {};
  const names = new Set([...initContainers, ...containers].map(({ name }) => name));
  return [
    ...(rules.length > RULES_MAX ? [tooMany(at, rules.length, RULES_MAX)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(rule, spec, names, at.index(index))),
  ];
}

function validateFailureRule(
  { action = '', onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  spec: JobSpec,
  names: ReadonlySet<string | undefined>,
  path: Path,
): FieldError[] {
  const at = path.child('action');
  const errors: FieldError[] = [];
  if (action === '') errors.push(required(at, valid(ACTIONS)));
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined)
      errors.push(invalid(at, action, 'requires the backoffLimitPerIndex to be set'));
  } else if (!ACTIONS.includes(action)) errors.push(notSupported(at, action, ACTIONS));
  if (onExitCodes !== undefined) errors.push(...validateExitCodes(onExitCodes, names, path.child('onExitCodes')));
  if (onPodConditions.length > 0) errors.push(...validatePatterns(onPodConditions, path.child('onPodConditions')));
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.push(invalid(path, OMITTED, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.push(invalid(path, OMITTED, 'specifying one of OnExitCodes and OnPodConditions is required'));
  return errors;
}

function validatePatterns(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: Path): FieldError[] {
  return [
    ...(patterns.length > PATTERNS_MAX ? [tooMany(path, patterns.length, PATTERNS_MAX)] : []),
    ...patterns.flatMap(({ type = '', status = '' }, index) => {
      const at = path.index(index);
      const errors = qualifiedNameErrors(type).map((text) => invalid(at.child('type'), type, text));
      if (status === '') errors.push(required(at.child('status'), valid(STATUSES)));
      else if (!STATUSES.includes(status)) errors.push(notSupported(at.child('status'), status, STATUSES));
      return errors;
    }),
  ];
}

function validateExitCodes(
  { operator = '', containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string | undefined>,
  path: Path,
): FieldError[] {
  const errors: FieldError[] = [];
  const at = path.child('operator');
  if (operator === '') errors.push(required(at, valid(OPERATORS)));
  else if (!OPERATORS.includes(operator)) errors.push(notSupported(at, operator, OPERATORS));
  if (containerName !== undefined && !names.has(containerName)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    errors.push(invalid(path.child('containerName'), containerName, text));
  }
  const list = path.child('values');
  if (values.length === 0) errors.push(invalid(list, null, 'at least one value is required'));
  else if (values.length > EXIT_CODES_MAX) errors.push(tooMany(list, values.length, EXIT_CODES_MAX));
  const seen = new Set<number>();
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      errors.push(invalid(list.index(index), value, 'must not be 0 for the In operator'));
    if (seen.has(value)) errors.push(duplicate(list.index(index), value));
    seen.add(value);
  }
  const isOrdered = values.every((value, index) => index === 0 || values[index - 1]! <= value);
  return isOrdered ? errors : [...errors, invalid(list, values, 'must be ordered')];
}

export function validateSuccessPolicy(spec: JobSpec, path: Path): FieldError[] {
  const rules = spec.successPolicy?.rules ?? [];
  const at = path.child('rules');
  const errors: FieldError[] = [];
  if (rules.length === 0)
    errors.push(required(at, 'at least one rules must be specified when the successPolicy is specified'));
  if (rules.length > RULES_MAX) errors.push(tooMany(at, rules.length, RULES_MAX));
  return [...errors, ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec, at.index(index)))];
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  { completions = 0 }: JobSpec,
  path: Path,
): FieldError[] {
  const errors: FieldError[] = [];
  if (succeededCount === undefined && succeededIndexes === undefined)
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'));
  let total = 0;
  if (succeededIndexes !== undefined) {
    const at = path.child('succeededIndexes');
    if (succeededIndexes.length > INDEXES_BYTES_MAX) errors.push(tooLong(at, INDEXES_BYTES_MAX));
    const counted = countIndexes(succeededIndexes, completions);
    if (typeof counted === 'number') total = counted;
    else errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${counted}`));
  }
  if (succeededCount === undefined) return errors;
  const at = path.child('succeededCount');
  errors.push(...nonNegative(succeededCount, at));
  const atMost = (count: number, what: string) =>
    invalid(at, succeededCount, `must be less than or equal to ${count} (the number of ${what})`);
  if (succeededCount > completions) errors.push(atMost(completions, 'specified completions'));
  if (succeededIndexes !== undefined && succeededCount > total)
    errors.push(atMost(total, 'indexes in the specified succeededIndexes field'));
  return errors;
}

/** How many indexes a text such as `0,2-4` names; a text says what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const numbers: number[] = [];
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
      numbers.push(Number(limit));
    }
    const [from = 0, to] = numbers;
    const order = (previous: number, current: number) =>
      `non-increasing order, previous: ${previous}, current: ${current}`;
    if (to !== undefined && from >= to) return order(from, to);
    if (last !== undefined && last >= from) return order(last, from);
    last = to ?? from;
    total += last - from + 1;
  }
  return total;
}
