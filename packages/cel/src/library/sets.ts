import { type FunctionDeclaration, overload } from '../check/functions.js';
import { BOOL, listOf, param } from '../types/type.js';
import { equal } from '../values/compare.js';
import type { CelList, Value } from '../values/value.js';

const LIST_T = listOf(param('T'));

const has = (list: CelList, wanted: Value): boolean => {
  for (const it of list) if (equal(it, wanted) === true) return true;
  return false;
};

function contains(list: Value, part: Value): boolean {
  for (const it of part as CelList) if (!has(list as CelList, it)) return false;
  return true;
}

function intersects(left: Value, right: Value): boolean {
  for (const it of left as CelList) if (has(right as CelList, it)) return true;
  return false;
}

export const SETS: readonly FunctionDeclaration[] = [
  { name: 'sets.contains', overloads: [overload('list_sets_contains_list', [LIST_T, LIST_T], BOOL, contains)] },
  {
    name: 'sets.equivalent',
    overloads: [
      overload('list_sets_equivalent_list', [LIST_T, LIST_T], BOOL, (a, b) => contains(a, b) && contains(b, a)),
    ],
  },
  { name: 'sets.intersects', overloads: [overload('list_sets_intersects_list', [LIST_T, LIST_T], BOOL, intersects)] },
];
