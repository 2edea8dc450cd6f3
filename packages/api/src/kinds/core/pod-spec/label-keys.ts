/** Keys whose values a pod shares with those that it is placed beside, or apart from, as part of its selectors. */
import type { LabelSelector, Pod, PodAffinity, PodAffinityTerm } from '../../../gen/types.js';

/** Writes, in place, what the keys say of a new pod's labels into the selectors beside them. */
export function applyLabelKeys({ spec, metadata: { labels = {} } }: Pod): void {
  for (const constraint of spec?.topologySpreadConstraints ?? []) {
    addExpressions(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels);
  }
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  for (const { labelSelector, matchLabelKeys, mismatchLabelKeys } of [podAffinity, podAntiAffinity].flatMap(termsOf)) {
    addExpressions(labelSelector, matchLabelKeys, 'In', labels);
    addExpressions(labelSelector, mismatchLabelKeys, 'NotIn', labels);
  }
}

function termsOf(affinity: PodAffinity | undefined): PodAffinityTerm[] {
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const terms = preferred.flatMap(({ podAffinityTerm }) => podAffinityTerm ?? []);
  return [...terms, ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])];
}

/** A selector that is absent chooses nothing, and goes on doing so; a label that the pod lacks says nothing. */
function addExpressions(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Readonly<Record<string, string>>,
): void {
  if (selector === undefined) return;
  const added = (keys ?? []).flatMap((key) =>
    Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key] ?? ''] }] : [],
  );
  if (added.length > 0) selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added];
}
