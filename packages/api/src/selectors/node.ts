/** Which nodes a pod asks for, and which taints it bears: component-helpers' rules. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, Taint, Toleration } from '../gen/types.js';

const INTEGER = /^[+-]?\d+$/;

/** Whether a label or field of a node meets one requirement of a node selector. */
function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return compares(value, values[0], (a, b) => a > b);
    case 'Lt':
      return compares(value, values[0], (a, b) => a < b);
    default:
      return false;
  }
}

/** Only integers compare. */
function compares(
  value: string | undefined,
  bound: string | undefined,
  holds: (a: bigint, b: bigint) => boolean,
): boolean {
  if (value === undefined || bound === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return false;
  return holds(integer(value), integer(bound));
}

function integer(text: string): bigint {
  return BigInt(text.replace(/^\+/, ''));
}

function labelOf(node: Node, key = ''): string | undefined {
  const labels = node.metadata.labels ?? {};
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** All requirements of a term; an empty term matches nothing. */
export function matchesNodeTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((it) => meets(it, labelOf(node, it.key))) &&
    matchFields.every((it) => it.key === 'metadata.name' && meets(it, node.metadata.name))
  );
}

/** Whether the node is one of those that the pod requires, by nodeSelector and required node affinity. */
export function isNodeRequired(pod: Pod, node: Node): boolean {
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!wanted.every(([key, value]) => labelOf(node, key) === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

/** Whether a toleration covers a taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return !!toleration.key && (toleration.value ?? '') === (taint.value ?? '');
    case 'Gt':
      return !!toleration.key && compares(taint.value, toleration.value, (a, b) => a > b);
    case 'Lt':
      return !!toleration.key && compares(taint.value, toleration.value, (a, b) => a < b);
    default:
      return false;
  }
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((it) => tolerates(it, taint));
}
