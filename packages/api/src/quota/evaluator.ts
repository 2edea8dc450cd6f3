import type { Pod, ResourceQuota, ScopedResourceSelectorRequirement } from '../gen/types.js';
import type { KubeObject } from '../kind.js';
import type { ResourceList } from '../resource-lists.js';
import { labelMatcher } from '../selectors/label.js';

/** A write as quotas see it. */
export interface QuotaWrite {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly subresource: string;
  readonly object: KubeObject;
  readonly old?: KubeObject | undefined;
}

/** What usage depends on beside the object itself. */
export interface QuotaSurroundings {
  now(): number;
  /** The name under which containers ask for devices of a class, if it has one. */
  extendedResourceOf(deviceClass: string): string | undefined;
  pod(namespace: string, name: string): Pod | undefined;
}

/** How a kind's objects use what quotas limit. */
export interface QuotaEvaluator {
  /** Whether a write may change what is used. */
  handles(write: QuotaWrite): boolean;
  /** Of the names, those that objects of the kind use. */
  matching(names: readonly string[]): string[];
  /** Absent: the kind knows no scopes, and no quota with one is about it. */
  isInScope?(scope: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  usage(object: KubeObject): ResourceList;
  /** What an object must say where these are limited, and does not. */
  missing?(limited: readonly string[], object: KubeObject): string | undefined;
}

/** Scopes of both ways to say them. */
export function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

/** Whether a quota is about an object: it limits something that the object uses, and all its scopes hold for it. */
export function isAbout(quota: ResourceQuota, evaluator: QuotaEvaluator, object: KubeObject): boolean {
  if (evaluator.matching(Object.keys(quota.status?.hard ?? {})).length === 0) return false;
  return scopesOf(quota).every((scope) => evaluator.isInScope?.(scope, object) ?? false);
}

/** Whether a scope's values hold for a name; an empty one is none. */
export function matchesNames(scope: ScopedResourceSelectorRequirement, names: readonly string[]): boolean {
  const { scopeName = '', operator, values = [] } = scope;
  if (operator === 'Exists') return names.length > 0;
  const operators = { In: 'in', NotIn: 'notin', DoesNotExist: '!' } as const;
  const known = operators[operator as keyof typeof operators];
  if (known === undefined) return false;
  const matcher = labelMatcher([{ key: scopeName, operator: known, values }]);
  if (names.length === 0) return matcher.matches({});
  return names.some((name) => matcher.matches({ [scopeName]: name }));
}

export function countName(group: string, plural: string): string {
  return `count/${group === '' ? plural : `${plural}.${group}`}`;
}
