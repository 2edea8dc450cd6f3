import type { Type } from '../types/type.js';
import {
  AUTHORIZATION,
  LIST_CREATE,
  REGEX,
  REQUIREMENTS_PER_POINT,
  SELECTOR_REQUIREMENT,
  TRAVERSAL,
} from './factors.js';
import { add, exactly, multiply, type Range, scale, UNKNOWN, UNLIMITED } from './range.js';

/** What is known of an argument before an evaluation. */
export interface Operand {
  readonly type: Type;
  readonly size: Range | undefined;
  /** An element of a list. */
  readonly element?: Operand | undefined;
  readonly integer?: bigint;
}

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range | undefined;
}

type Estimate = (target: Operand | undefined, args: readonly Operand[]) => CallEstimate | undefined;

const ONE = exactly(1);
const sizeOf = (operand: Operand | undefined) => operand?.size ?? UNKNOWN;
const traversed = (size: Range, factor = 1) => scale(size, factor * TRAVERSAL);
const fixed =
  (cost: number): Estimate =>
  () => ({ cost: exactly(cost) });

/** A constant that counts something; less than nothing is nothing. */
const count = (operand: Operand | undefined, otherwise: number) => {
  if (operand?.integer === undefined) return otherwise;
  return operand.integer < 0n ? 0 : Number(operand.integer);
};

const overElements: Estimate = (target) => {
  if (!target) return undefined;
  const { element } = target;
  if (!element) return { cost: traversed(sizeOf(target)) };
  const texts = element.type.kind === 'string' || element.type.kind === 'bytes';
  return { cost: multiply(sizeOf(target), texts ? add(ONE, traversed(sizeOf(element))) : ONE) };
};

const ofArgument: Estimate = (_, [first]) => ({ cost: traversed(sizeOf(first)), size: sizeOf(first) });
const readArgument: Estimate = (_, [first]) => ({ cost: traversed(sizeOf(first)) });
const ofTarget: Estimate = (target) => ({ cost: traversed(sizeOf(target)), size: sizeOf(target) });

const replace: Estimate = (target, [part, by]) => {
  const text = sizeOf(target);
  const old = sizeOf(part);
  const fresh = sizeOf(by);
  const times = { min: 0, max: 0 };
  const kept = { min: 0, max: 0 };
  if (old.min === 0) {
    times.max = Math.min(text.max + 1, UNLIMITED);
    kept.max = text.max;
  } else if (fresh.max <= old.min) kept.max = text.max;
  else times.max = Math.ceil(text.max / old.min);
  if (old.max === 0) {
    times.min = Math.min(text.min + 1, UNLIMITED);
    kept.min = text.min;
  } else if (old.max <= fresh.min) kept.min = text.min;
  else times.min = Math.ceil(text.min / old.max);
  return { cost: traversed(text, 2), size: add(multiply(times, fresh), kept) };
};

const split: Estimate = (target, args) => ({
  cost: traversed(sizeOf(target), 2),
  size: {
    min: 0,
    max: args[1]?.integer === undefined ? sizeOf(target).max : Number(BigInt.asUintN(64, args[1].integer)),
  },
});

const join: Estimate = (target, [separator]) => {
  const elements = sizeOf(target);
  let size: Range = target?.element ? multiply(elements, sizeOf(target.element)) : exactly(0);
  if (separator) {
    const between = { min: Math.max(elements.min - 1, 0), max: Math.max(elements.max - 1, 0) };
    size = add(size, multiply(sizeOf(separator), between));
  }
  return { cost: traversed(size), size };
};

const pattern = (text: Range, regex: Range) => multiply(traversed(add(text, ONE)), scale(regex, REGEX));

const find: Estimate = (target, [regex]) => ({
  cost: pattern(sizeOf(target), sizeOf(regex)),
  size: { min: 0, max: sizeOf(target).max },
});

const ADDRESS: Range = { min: 4, max: 16 };

const containsAddress =
  (withMask: boolean, parsed: boolean): Estimate =>
  (_, [other]) => {
    let cost = traversed(add(ADDRESS, ADDRESS));
    if (withMask) cost = add(cost, traversed(ADDRESS), ONE);
    return { cost: parsed ? add(cost, traversed(sizeOf(other))) : cost };
  };

const selector: Estimate = (_, [first]) => {
  const length = sizeOf(first);
  const requirements = scale(scale(length, REQUIREMENTS_PER_POINT), SELECTOR_REQUIREMENT);
  return { cost: add(exactly(LIST_CREATE), traversed(length), requirements) };
};

const NAME_REGEX_MAX = 128;
const FORMAT_MAX = 64;

const each = (names: string, estimate: Estimate): [string, Estimate][] => names.split(' ').map((it) => [it, estimate]);

/** Kubernetes' estimates, by the function's name. They decide what may be written and never change. */
const BY_NAME: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['check', fixed(AUTHORIZATION)],
  ...each(
    'serviceAccount path group resource subresource namespace name allowed reason error errored sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named',
    fixed(1),
  ),
  ...each('fieldSelector labelSelector', selector),
  ...each('isSorted sum max min indexOf lastIndexOf', overElements),
  ...each('url jsonpatch.escapeKey', ofArgument),
  ...each('lowerAscii upperAscii substring trim', ofTarget),
  ['replace', replace],
  ['split', split],
  ['join', join],
  ...each('find findAll', find),
  ...each('cidr isIP isCIDR quantity isQuantity semver isSemver ip', readArgument),
  ['ip.isCanonical', (_, [first]) => ({ cost: traversed(sizeOf(first), 2) })],
  ['validate', (_, [first]) => ({ cost: scale(traversed(sizeOf(first)), NAME_REGEX_MAX * REGEX) })],
]);

const CHEAP_EQUALITY = new Set([
  'net.IP',
  'net.CIDR',
  'kubernetes.Quantity',
  'kubernetes.Semver',
  'kubernetes.authorization.Authorizer',
  'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck',
  'kubernetes.authorization.ResourceCheck',
  'kubernetes.authorization.Decision',
]);

function objectEquality(left: Operand, right: Operand): CallEstimate | undefined {
  if (!left.type.equals(right.type)) return undefined;
  if (CHEAP_EQUALITY.has(left.type.name)) return { cost: ONE };
  if (left.type.name === 'kubernetes.NamedFormat') return { cost: traversed({ min: 1, max: FORMAT_MAX }) };
  if (left.type.name === 'kubernetes.URL') return { cost: traversed({ min: 1, max: right.size?.max ?? 1 }) };
  return undefined;
}

const shorter: Estimate = (_, [left, right]) => {
  const max = Math.min(sizeOf(left).max, sizeOf(right).max);
  return { cost: traversed({ min: max > 0 ? 1 : 0, max }) };
};

const together: Estimate = (_, [left, right]) => {
  const size = add(sizeOf(left), sizeOf(right));
  return { cost: traversed(size), size };
};

const allocating = (size: Range, factor: number): CallEstimate => ({
  cost: add(scale(size, factor), ONE, exactly(LIST_CREATE)),
  size,
});

const squared = (size: Range) => multiply(size, size);

const sets =
  (factor: number): Estimate =>
  (_, [left, right]) => ({ cost: add(scale(multiply(sizeOf(left), sizeOf(right)), factor), ONE) });

/** Estimates of overloads that come before those by name. */
const FIRST: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  [
    'list_slice',
    (target, [start, end]) => allocating(exactly(Math.max(count(end, sizeOf(target).max) - count(start, 0), 0)), 1),
  ],
  ['list_flatten', (target) => allocating(sizeOf(target), 1)],
  ['list_flatten_int', (target, [depth]) => allocating(sizeOf(target), count(depth, UNLIMITED))],
  ['lists_range', (_, [times]) => allocating(exactly(count(times, UNLIMITED)), 1)],
  ['list_reverse', (target) => allocating(sizeOf(target), 1)],
  ['list_distinct', (target) => allocating(squared(sizeOf(target)), 2)],
  ['list_sets_contains_list', sets(1)],
  ['list_sets_intersects_list', sets(1)],
  ['list_sets_equivalent_list', sets(2)],
  ['cidr_ip', fixed(1)],
  ['cidr_contains_ip_string', containsAddress(false, true)],
  ['cidr_contains_ip_ip', containsAddress(false, false)],
  ['cidr_contains_cidr_string', containsAddress(true, true)],
  ['cidr_contains_cidr', containsAddress(true, false)],
]);

/** The language's own estimates. */
const LAST: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['string_format', (target) => ({ cost: traversed(sizeOf(target)) })],
  [
    'string_to_bytes',
    (_, [first]) => ({
      cost: traversed(sizeOf(first)),
      size: { min: sizeOf(first).min, max: Math.min(sizeOf(first).max * 4, UNLIMITED) },
    }),
  ],
  [
    'bytes_to_string',
    (_, [first]) => ({
      cost: traversed(sizeOf(first)),
      size: { min: Math.floor(sizeOf(first).min / 4), max: sizeOf(first).max },
    }),
  ],
  ...each('starts_with_string ends_with_string', readArgument),
  ['in_list', (_, args) => ({ cost: sizeOf(args[1]) })],
  ['matches_string', (target, [regex]) => ({ cost: pattern(sizeOf(target), sizeOf(regex)) })],
  ['contains_string', (target, [part]) => ({ cost: multiply(traversed(sizeOf(target)), traversed(sizeOf(part))) })],
  ...each('add_string add_bytes', together),
  ['add_list', (_, [left, right]) => ({ cost: ONE, size: add(sizeOf(left), sizeOf(right)) })],
  ...each(
    'less_string greater_string less_equals_string greater_equals_string less_bytes greater_bytes less_equals_bytes greater_equals_bytes equals not_equals',
    shorter,
  ),
]);

const SORT = /^list_(.*)_sort(ByAssociatedKeys)?$/;

/** What a call costs beside its arguments, and how large its result may be. */
export function estimateCall(
  name: string,
  overload: string,
  target: Operand | undefined,
  args: readonly Operand[],
): CallEstimate {
  const sort = SORT.exec(overload);
  if (sort) {
    const size = sizeOf(sort[2] === undefined ? target : args[0]);
    return allocating(squared(size), sort[1] === 'string' || sort[1] === 'bytes' ? 2 + TRAVERSAL : 2);
  }
  const first = FIRST.get(overload)?.(target, args);
  if (first) return first;
  const named = name === '_==_' ? objectEquality(args[0]!, args[1]!) : BY_NAME.get(name)?.(target, args);
  return named ?? LAST.get(overload)?.(target, args) ?? { cost: ONE };
}
