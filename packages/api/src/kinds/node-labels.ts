/** Labels of nodes that have new names, and what those who still choose by the old ones are told. */
import type { Path } from '../field-errors.js';
import type { LabelSelector, NodeSelectorTerm } from '../gen/types.js';

const OLD_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);

/** The stable name of each. */
const NEW_NAMES: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

export function newNodeLabel(old: string | undefined): string | undefined {
  return NEW_NAMES.get(old ?? '');
}

/** A warning of one label, where only the place is named. */
export function oldLabelAt(key: string | undefined, at: Path): string[] {
  const message = OLD_LABELS.get(key ?? '');
  return message === undefined ? [] : [`${at}: ${message}`];
}

/** A warning of one label, where the label is named too. */
export function oldLabelNamed(key: string | undefined, at: Path): string[] {
  const message = OLD_LABELS.get(key ?? '');
  return message === undefined ? [] : [`${at}: ${key} is ${message}`];
}

export function oldLabelsInExpressions(it: Pick<NodeSelectorTerm, 'matchExpressions'>, at: Path): string[] {
  return (it.matchExpressions ?? []).flatMap(({ key }, index) =>
    oldLabelNamed(key, at.child('matchExpressions').index(index).child('key')),
  );
}

export function oldLabelsInSelector(selector: LabelSelector | undefined, at: Path): string[] {
  if (selector === undefined) return [];
  return [
    ...oldLabelsInExpressions(selector, at),
    ...Object.keys(selector.matchLabels ?? {}).flatMap((key) => oldLabelAt(key, at.child('matchLabels', key))),
  ];
}
