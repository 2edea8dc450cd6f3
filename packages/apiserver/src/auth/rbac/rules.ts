import type { PolicyRule } from '@keelson/api';
import type { AuthorizationAttributes } from '../authorizer.js';

const ALL = '*';

type Wanted = Omit<AuthorizationAttributes, 'user' | 'namespace'>;

/** Whether a rule allows what is wanted. */
export function ruleAllows(rule: PolicyRule, wanted: Wanted): boolean {
  if (!has(rule.verbs, wanted.verb)) return false;
  if (wanted.nonResourcePath !== undefined) return pathMatches(rule.nonResourceURLs, wanted.nonResourcePath);
  const { group, resource, subresource, name } = wanted;
  return (
    has(rule.apiGroups, group) &&
    resourceMatches(rule.resources, resource, subresource) &&
    (isEmpty(rule.resourceNames) || (rule.resourceNames ?? []).includes(name))
  );
}

function has(list: readonly string[] | null | undefined, value: string): boolean {
  return (list ?? []).some((it) => it === ALL || it === value);
}

function isEmpty(list: readonly string[] | null | undefined): boolean {
  return (list ?? []).length === 0;
}

/** `pods`, `pods/log`, `*`, or `*` with a subresource for that of every resource. */
function resourceMatches(list: readonly string[] | null | undefined, resource: string, subresource: string): boolean {
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const anyWith = subresource === '' ? undefined : `*/${subresource}`;
  return (list ?? []).some((it) => it === ALL || it === whole || it === anyWith);
}

/** A path, or all below one that ends in a star. */
function pathMatches(list: readonly string[] | null | undefined, path: string): boolean {
  return (list ?? []).some((it) => it === ALL || it === path || (it.endsWith(ALL) && path.startsWith(it.slice(0, -1))));
}

/** What of `wanted` no rule of `owned` covers, each permission by itself put together where only verbs differ. */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing = wanted.flatMap(single).filter((part) => !owned.some((rule) => covers(rule, part)));
  return joinVerbs(missing);
}

/** A rule as rules that each speak of one thing. */
function single(rule: PolicyRule): PolicyRule[] {
  const verbs = rule.verbs ?? [];
  const out: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of verbs) {
        const base = { apiGroups: [group], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) out.push(base);
        else for (const name of names) out.push({ ...base, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? [])
    for (const verb of verbs) out.push({ nonResourceURLs: [url], verbs: [verb] });
  return out;
}

/** Whether everything that `part`, which speaks of one thing, allows is allowed by `rule`. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!has(rule.verbs, part.verbs![0]!)) return false;
  const url = part.nonResourceURLs?.[0];
  if (url !== undefined) return pathMatches(rule.nonResourceURLs, url);
  const [resource = '', ...rest] = part.resources![0]!.split('/');
  const name = part.resourceNames?.[0];
  const named = isEmpty(rule.resourceNames) || (name !== undefined && (rule.resourceNames ?? []).includes(name));
  return has(rule.apiGroups, part.apiGroups![0]!) && resourceMatches(rule.resources, resource, rest.join('/')) && named;
}

function joinVerbs(rules: readonly PolicyRule[]): PolicyRule[] {
  const joined = new Map<string, PolicyRule>();
  for (const { verbs = [], ...rest } of rules) {
    const key = JSON.stringify(rest);
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { ...rest, verbs: [...verbs] });
    else known.verbs = [...new Set([...(known.verbs ?? []), ...verbs])];
  }
  return [...joined.values()];
}

/** A rule on one line, as upstream shows it in refusals. */
export function ruleText(rule: PolicyRule): string {
  const part = (name: string, list: readonly string[] | null | undefined) =>
    isEmpty(list) ? [] : [`${name}:${quotedList(list ?? [])}`];
  const parts = [
    ...part('APIGroups', rule.apiGroups),
    ...part('Resources', rule.resources),
    ...part('NonResourceURLs', rule.nonResourceURLs),
    ...part('ResourceNames', rule.resourceNames),
    ...part('Verbs', rule.verbs),
  ];
  return `{${parts.join(', ')}}`;
}

/** Go's %q of a list of strings. */
export function quotedList(list: readonly string[]): string {
  return `[${list.map((it) => JSON.stringify(it)).join(' ')}]`;
}
