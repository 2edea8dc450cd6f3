import { CelFormat } from '../library/named-formats.js';
import { sizeOf } from '../values/kinds.js';
import { CelList, CelMap, CelObject, CelOptional, type Value } from '../values/value.js';
import {
  AUTHORIZATION,
  LIST_CREATE,
  REGEX,
  REQUIREMENTS_PER_POINT,
  SELECTOR_REQUIREMENT,
  TRAVERSAL,
} from './factors.js';

/** What a call costs: always the same, or by its arguments and result. */
export type CallCost = number | ((args: readonly Value[], result: Value) => number);

function actualSize(value: Value | undefined): number {
  if (value === undefined) return 1;
  if (value instanceof CelOptional) return value.value === undefined ? 1 : actualSize(value.value);
  if (value instanceof CelObject) return value.costSize ?? 1;
  return sizeOf(value) ?? 1;
}

const traversed = (size: number, factor = 1) => Math.ceil(size * factor * TRAVERSAL);

/** Cost of looking at everything in a value. */
function treeCost(value: Value): number {
  if (typeof value === 'string') return Math.trunc(Buffer.byteLength(value) * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.trunc(value.length * TRAVERSAL);
  let cost = 0;
  if (value instanceof CelList) for (const it of value) cost += treeCost(it);
  else if (value instanceof CelMap) {
    for (const key of value.keys()) cost += treeCost(key) + treeCost(value.find(key)!);
  } else return 1;
  return cost;
}

const firstTraversed: CallCost = ([first]) => traversed(actualSize(first));
const firstTwice: CallCost = ([first]) => traversed(actualSize(first), 2);
const patternCost: CallCost = ([text, pattern]) =>
  traversed(1 + actualSize(text)) * Math.ceil(actualSize(pattern) * REGEX);
const selectorCost: CallCost = ([, selector]) => {
  const length = actualSize(selector);
  return LIST_CREATE + traversed(length) + Math.ceil(Math.ceil(length * REQUIREMENTS_PER_POINT) * SELECTOR_REQUIREMENT);
};

/** Functions whose cost is of their name. */
const BY_NAME: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ['check', AUTHORIZATION],
  ['fieldSelector', selectorCost],
  ['labelSelector', selectorCost],
  ...(['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'] as const).map(
    (name) => [name, (([first]) => treeCost(first!)) satisfies CallCost] as const,
  ),
  ...(['url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey'] as const).map(
    (name) => [name, firstTraversed] as const,
  ),
  ...(['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver'] as const).map(
    (name) => [name, firstTraversed] as const,
  ),
  ['replace', firstTwice],
  ['split', firstTwice],
  ['ip.isCanonical', firstTwice],
  ['join', (_, result) => traversed(actualSize(result), 2)],
  ['find', patternCost],
  ['findAll', patternCost],
  [
    'validate',
    ([format, text]) =>
      format instanceof CelFormat ? traversed(1 + actualSize(text)) * Math.ceil(format.regexSize * REGEX) : 1,
  ],
]);

const cidrCost =
  (withMask: boolean, parsed: boolean): CallCost =>
  ([cidr, other]) => {
    const size = actualSize(cidr);
    const masked = withMask ? traversed(size) + 1 : 0;
    return traversed(size + size) + masked + (parsed ? traversed(actualSize(other)) : 0);
  };

const shorter: CallCost = ([a, b]) => {
  if (a instanceof CelObject) return 1;
  return traversed(Math.min(actualSize(a), actualSize(b)));
};
const together: CallCost = ([a, b]) => traversed(actualSize(a) + actualSize(b));

const allocated = (size: number, factor = 1) => Math.trunc(size * factor) + 1 + LIST_CREATE;
const output: CallCost = (_, result) => allocated(actualSize(result));
const selfCompared =
  (of: number): CallCost =>
  (args) => {
    const list = args[of];
    const size = actualSize(list);
    const first = list instanceof CelList && list.size > 0 ? list.at(0) : undefined;
    const texts = typeof first === 'string' || first instanceof Uint8Array;
    return allocated(size * size, 2 + (texts ? TRAVERSAL : 0));
  };

/** Functions whose cost is of the overload. */
const BY_OVERLOAD: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ...[
    'starts_with_string',
    'ends_with_string',
    'string_to_bytes',
    'bytes_to_string',
    'strings_quote',
    'string_format',
  ].map((id) => [id, firstTraversed] as const),
  ['in_list', ([, list]) => actualSize(list)],
  ...['less', 'greater', 'less_equals', 'greater_equals'].flatMap((order) =>
    ['string', 'bytes'].map((type) => [`${order}_${type}`, shorter] as const),
  ),
  ['equals', shorter],
  ['not_equals', shorter],
  ['add_string', together],
  ['add_bytes', together],
  ['matches_string', patternCost],
  ['contains_string', ([text, part]) => traversed(actualSize(text)) * traversed(actualSize(part))],
  ['cidr_ip', 1],
  ['string_to_ip', firstTraversed],
  ['cidr_contains_ip_string', cidrCost(false, true)],
  ['cidr_contains_ip_ip', cidrCost(false, false)],
  ['cidr_contains_cidr_string', cidrCost(true, true)],
  ['cidr_contains_cidr', cidrCost(true, false)],
  ['list_slice', output],
  ['lists_range', output],
  ['list_reverse', output],
  ['list_flatten', ([list]) => allocated(actualSize(list))],
  ['list_flatten_int', ([list, depth]) => allocated(actualSize(list), Number(depth as bigint))],
  ['list_distinct', selfCompared(0)],
  ['list_sets_contains_list', ([a, b]) => actualSize(a) * actualSize(b) + 1],
  ['list_sets_intersects_list', ([a, b]) => actualSize(a) * actualSize(b) + 1],
  ['list_sets_equivalent_list', ([a, b]) => actualSize(a) * actualSize(b) * 2 + 1],
]);

const SORT = /^list_.*_sort(ByAssociatedKeys)?$/;

/** The cost of calls of an overload, of '' if it is only known at run time which one is meant. */
export function runtimeCost(name: string, id: string): CallCost {
  const byOverload = BY_OVERLOAD.get(id);
  const sort = SORT.exec(id);
  if (sort) return selfCompared(sort[1] === undefined ? 0 : 1);
  return BY_NAME.get(name) ?? byOverload ?? 1;
}
