import {
  ApiError,
  addResources,
  apiErrors,
  compareQuantities,
  exceededResources,
  isAbout,
  onlyResources,
  type QuotaEvaluator,
  type ResourceList,
  type ResourceQuota,
  resourcesText,
  type ScopedResourceSelectorRequirement,
  scopesOf,
  surplusResources,
  withoutZeros,
} from '@keelson/api';
import { type AdmissionAttributes, refusal } from '../admission.js';
import type { LimitedResource } from './configuration.js';

/** By quota, what a write would use of it beyond what is used by now. */
export type Demand = ReadonlyMap<string, ResourceList>;

/**
 * What a write asks of the quotas of its namespace. Throws 403 where it may not be whatever they have left: it does not
 * say what it uses, a quota that is about it has not been summed up, or none covers what may only be used with one.
 */
export function demandOf(
  attributes: AdmissionAttributes,
  quotas: readonly ResourceQuota[],
  evaluator: QuotaEvaluator,
  limited: readonly LimitedResource[],
): Demand {
  const { object, old, operation } = attributes;
  const about = quotas.filter((quota) => isAbout(quota, evaluator, object));
  const restricted = new Set<string>();
  for (const quota of about) for (const name of restrictedBy(quota, attributes, evaluator)) restricted.add(name);
  const usage = evaluator.usage(object);
  const negative = Object.keys(onlyResources(usage, (_name, value) => compareQuantities(value, '0') < 0));
  if (negative.length > 0)
    throw refusal(attributes, `quota usage is negative for resource(s): ${negative.sort().join(',')}`);
  const difference = operation === 'UPDATE' && old ? surplusResources(usage, evaluator.usage(old)) : usage;
  // An object that a quota comes to be about uses the whole of itself there.
  const added = (quota: ResourceQuota) =>
    operation === 'UPDATE' && old && !isAbout(quota, evaluator, old) ? usage : difference;
  const demand = new Map(about.map((quota) => [nameOf(quota), withoutZeros(added(quota))]));
  const isNothing =
    about.length > 0
      ? [...demand.values()].every((it) => Object.keys(it).length === 0)
      : Object.keys(withoutZeros(difference)).length === 0;
  if (isNothing) return new Map();
  checkCovered(attributes, { quotas, evaluator, limited, usage, restricted });
  return demand;
}

function nameOf({ metadata }: ResourceQuota): string {
  return metadata.name ?? '';
}

function restrictedBy(quota: ResourceQuota, attributes: AdmissionAttributes, evaluator: QuotaEvaluator): string[] {
  const { hard = {}, used = {} } = quota.status ?? {};
  const names = evaluator.matching(Object.keys(hard));
  const missing = evaluator.missing?.(names, attributes.object);
  if (missing !== undefined) throw refusal(attributes, `failed quota: ${nameOf(quota)}: ${missing}`);
  if (names.some((name) => used[name] === undefined)) {
    const text = `status unknown for quota: ${nameOf(quota)}, resources: ${[...names].sort().join(',')}`;
    throw refusal(attributes, text);
  }
  return names;
}

function checkCovered(
  attributes: AdmissionAttributes,
  known: {
    quotas: readonly ResourceQuota[];
    evaluator: QuotaEvaluator;
    limited: readonly LimitedResource[];
    usage: ResourceList;
    restricted: ReadonlySet<string>;
  },
): void {
  const { kind, object } = attributes;
  const { quotas, evaluator, limited, usage, restricted } = known;
  const ofKind = limited.filter((it) => (it.apiGroup ?? '') === kind.group && it.resource === kind.plural);
  const parts = ofKind.flatMap(({ matchContains = [] }) => matchContains);
  const used = Object.keys(usage).filter((name) => compareQuantities(usage[name]!, '0') > 0);
  const open = used.filter((name) => parts.some((part) => name.includes(part)) && !restricted.has(name));
  if (open.length > 0) throw refusal(attributes, `insufficient quota to consume: ${open.sort().join(',')}`);
  const inScope = (scope: ScopedResourceSelectorRequirement) => evaluator.isInScope?.(scope, object) ?? false;
  const needed = limited.flatMap(({ matchScopes = [] }) => matchScopes).filter(inScope);
  const covered = new Set(
    quotas
      .flatMap(scopesOf)
      .filter(inScope)
      .map(({ scopeName }) => scopeName),
  );
  const uncovered = needed.filter(({ scopeName }) => !covered.has(scopeName));
  if (uncovered.length === 0) return;
  const message = `insufficient quota to match these scopes: [${uncovered.map(scopeText).join(' ')}]`;
  throw new ApiError({ code: 500, reason: '', message });
}

function scopeText({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string {
  return `{${scopeName} ${operator} [${values.join(' ')}]}`;
}

/** What is used of a quota with a demand on top; throws 403 where that is more than there is. */
export function charged(attributes: AdmissionAttributes, quota: ResourceQuota, demand: ResourceList): ResourceList {
  const { hard = {}, used = {} } = quota.status ?? {};
  const asked = onlyResources(demand, (name) => hard[name] !== undefined);
  const sum = addResources(used, asked);
  // What a status tells has happened already.
  if (attributes.subresource === 'status') return sum;
  const touched = onlyResources(sum, (name) => asked[name] !== undefined);
  const exceeded = new Set(exceededResources(touched, hard));
  if (exceeded.size === 0) return sum;
  const told = (list: ResourceList) => resourcesText(onlyResources(list, (name) => exceeded.has(name)));
  const text = `requested: ${told(asked)}, used: ${told(used)}, limited: ${told(hard)}`;
  throw refusal(attributes, `exceeded quota: ${nameOf(quota)}, ${text}`);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

export function quotaGone(name: string): ApiError {
  return apiErrors.notFound({ group: '', plural: 'resourcequotas' }, name);
}
