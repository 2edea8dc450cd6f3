import { type FunctionDeclaration, member, overload } from '../check/functions.js';
import { BOOL, DYN, INT, listOf, mapOf, optionalOf, param, STRING } from '../types/type.js';
import { ArrayList } from '../values/collections.js';
import { isZero } from '../values/kinds.js';
import { CelError, type CelList, CelOptional, type Value } from '../values/value.js';

const K = param('K');
const V = param('V');
const OPTIONAL_V = optionalOf(V);
const LIST_V = listOf(V);
const MAP_KV = mapOf(K, V);

function unwrap(list: Value): Value {
  const values: Value[] = [];
  for (const it of list as CelList) {
    if (!(it instanceof CelOptional)) return new CelError(`value ${String(it)} is not optional`);
    if (it.value !== undefined) values.push(it.value);
  }
  return new ArrayList(values);
}

const end =
  (last: boolean) =>
  (value: Value): Value => {
    const list = value as CelList;
    return list.size === 0 ? CelOptional.NONE : new CelOptional(list.at(last ? list.size - 1 : 0));
  };

/** Functions of optional values; `or`, `orValue` and the selections are evaluated where they stand. */
export const OPTIONALS: readonly FunctionDeclaration[] = [
  { name: 'optional.of', overloads: [overload('optional_of', [V], OPTIONAL_V, (value) => new CelOptional(value))] },
  {
    name: 'optional.ofNonZeroValue',
    overloads: [
      overload('optional_ofNonZeroValue', [V], OPTIONAL_V, (value) =>
        isZero(value) ? CelOptional.NONE : new CelOptional(value),
      ),
    ],
  },
  { name: 'optional.none', overloads: [overload('optional_none', [], OPTIONAL_V, () => CelOptional.NONE)] },
  {
    name: 'value',
    overloads: [
      member(
        'optional_value',
        [OPTIONAL_V],
        V,
        (value) => (value as CelOptional).value ?? missing(value as CelOptional),
      ),
    ],
  },
  {
    name: 'hasValue',
    overloads: [member('optional_hasValue', [OPTIONAL_V], BOOL, (value) => (value as CelOptional).value !== undefined)],
  },
  { name: 'or', overloads: [member('optional_or_optional', [OPTIONAL_V, OPTIONAL_V], OPTIONAL_V)] },
  { name: 'orValue', overloads: [member('optional_orValue_value', [OPTIONAL_V, V], V)] },
  { name: '_?._', overloads: [overload('select_optional_field', [DYN, STRING], OPTIONAL_V)] },
  {
    name: '_[?_]',
    overloads: [
      overload('list_optindex_optional_int', [LIST_V, INT], OPTIONAL_V),
      overload('optional_list_optindex_optional_int', [optionalOf(LIST_V), INT], OPTIONAL_V),
      overload('map_optindex_optional_value', [MAP_KV, K], OPTIONAL_V),
      overload('optional_map_optindex_optional_value', [optionalOf(MAP_KV), K], OPTIONAL_V),
    ],
  },
  {
    name: '_[_]',
    overloads: [
      overload('optional_list_index_int', [optionalOf(LIST_V), INT], OPTIONAL_V),
      overload('optional_map_index_value', [optionalOf(MAP_KV), K], OPTIONAL_V),
    ],
  },
  { name: 'first', overloads: [member('list_first', [LIST_V], OPTIONAL_V, end(false))] },
  { name: 'last', overloads: [member('list_last', [LIST_V], OPTIONAL_V, end(true))] },
  { name: 'optional.unwrap', overloads: [overload('optional_unwrap', [listOf(OPTIONAL_V)], LIST_V, unwrap)] },
  { name: 'unwrapOpt', overloads: [member('optional_unwrapOpt', [listOf(OPTIONAL_V)], LIST_V, unwrap)] },
];

/** A value of none; null is a value. */
function missing(optional: CelOptional): Value {
  return optional.value === null ? null : new CelError('optional.none() dereference');
}
