/** Arithmetic over amounts by the name of what there are so many of. */
import { addQuantities, compareQuantities, subtractQuantities } from './quantity.js';

export type ResourceList = Readonly<Record<string, string>>;

export function addResources(a: ResourceList, b: ResourceList): ResourceList {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    sum[name] = known === undefined ? value : addQuantities(known, value);
  }
  return sum;
}

/** The larger of both, of what only one has that. */
export function maxResources(a: ResourceList, b: ResourceList): ResourceList {
  const larger: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = larger[name];
    if (known === undefined || compareQuantities(value, known) > 0) larger[name] = value;
  }
  return larger;
}

/** What `a` has more than `b`: never less than nothing. */
export function surplusResources(a: ResourceList, b: ResourceList): ResourceList {
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(a)) {
    const less = b[name];
    const difference = less === undefined ? value : subtractQuantities(value, less);
    rest[name] = compareQuantities(difference, '0') > 0 ? difference : '0';
  }
  return rest;
}

export function onlyResources(list: ResourceList, isWanted: (name: string, value: string) => boolean): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([name, value]) => isWanted(name, value)));
}

export function withoutZeros(list: ResourceList): ResourceList {
  return onlyResources(list, (_name, value) => compareQuantities(value, '0') !== 0);
}

/** The names of those that are more than their limit, where they have one. */
export function exceededResources(list: ResourceList, limits: ResourceList): string[] {
  return Object.entries(limits)
    .filter(([name, limit]) => list[name] !== undefined && compareQuantities(list[name], limit) > 0)
    .map(([name]) => name);
}

/** `cpu=1,pods=2` */
export function resourcesText(list: ResourceList): string {
  return Object.keys(list)
    .sort()
    .map((name) => `${name}=${list[name]}`)
    .join(',');
}
