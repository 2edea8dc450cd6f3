import type { CustomResourceDefinition } from '@keelson/api';

/** What a definition's status says of it. */
export interface Condition {
  readonly type:
    | 'NamesAccepted'
    | 'Established'
    | 'Terminating'
    | 'KubernetesAPIApprovalPolicyConformant'
    | 'NonStructuralSchema';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export function conditionOf({ status }: CustomResourceDefinition, type: Condition['type']) {
  return status?.conditions?.find((it) => it.type === type);
}

export function isTrue(definition: CustomResourceDefinition, type: Condition['type']): boolean {
  return conditionOf(definition, type)?.status === 'True';
}

/** The definition with a condition in the place of the one of its type; the time is that of a change of its status. */
export function withCondition(
  definition: CustomResourceDefinition,
  condition: Condition,
  now: string,
): CustomResourceDefinition {
  const { status = {} } = definition;
  const before = conditionOf(definition, condition.type);
  const isSince = before?.status === condition.status ? before.lastTransitionTime : undefined;
  const next = { ...before, ...condition, lastTransitionTime: isSince ?? now };
  const others = status.conditions ?? [];
  const conditions = before === undefined ? [...others, next] : others.map((it) => (it === before ? next : it));
  return { ...definition, status: { ...status, conditions } };
}

/** The definition without a condition; the same one where it has none of that type. */
export function withoutCondition(
  definition: CustomResourceDefinition,
  type: Condition['type'],
): CustomResourceDefinition {
  if (conditionOf(definition, type) === undefined) return definition;
  const { status = {} } = definition;
  const conditions = (status.conditions ?? []).filter((it) => it.type !== type);
  return { ...definition, status: { ...status, conditions } };
}

/** Whether it says so already, whenever it came to that. */
export function hasCondition(
  definition: CustomResourceDefinition,
  { type, status, reason, message }: Condition,
): boolean {
  const known = conditionOf(definition, type);
  return known?.status === status && known.reason === reason && (known.message ?? '') === message;
}
