import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '@keelson/api';

/** Whether a node's labels and fields meet one requirement; node selectors' own operators. */
function meets(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
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

function compares(
  value: string | undefined,
  bound: string | undefined,
  holds: (a: number, b: number) => boolean,
): boolean {
  if (value === undefined || bound === undefined || !/^[+-]?\d+$/.test(value) || !/^[+-]?\d+$/.test(bound))
    return false;
  return holds(Number(value), Number(bound));
}

/** All requirements of a term; an empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((it) => meets(it, Object.hasOwn(labels, it.key ?? '') ? labels[it.key ?? ''] : undefined)) &&
    matchFields.every((it) => it.key === 'metadata.name' && meets(it, node.metadata.name))
  );
}

/** Whether the node is one of those that the pod requires, by nodeSelector and required node affinity. */
export function isRequired(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}
