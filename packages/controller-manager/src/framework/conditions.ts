/** The part that conditions of all kinds share. */
export interface Condition {
  type?: string | undefined;
  status?: string | undefined;
  reason?: string | undefined;
  message?: string | undefined;
  lastTransitionTime?: string | undefined;
  observedGeneration?: number | undefined;
}

const SAID = ['status', 'reason', 'message', 'observedGeneration'] as const;

/** The list with one condition set: its transition time changes only with its status, and its place stays. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C, now: string): C[] {
  const list = [...(conditions ?? [])];
  const at = list.findIndex((it) => it.type === next.type);
  const old = list[at];
  if (old !== undefined && SAID.every((field) => old[field] === next[field])) return list;
  const lastTransitionTime = old?.status === next.status ? (old?.lastTransitionTime ?? now) : now;
  const set = { ...next, lastTransitionTime };
  if (at < 0) list.push(set);
  else list[at] = set;
  return list;
}

export function withoutCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((it) => it.type !== type);
}

export function findCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((it) => it.type === type);
}
