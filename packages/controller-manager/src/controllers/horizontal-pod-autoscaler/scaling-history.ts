/** How many replicas an autoscaler's metrics asked for, and when. */
export interface Recommendation {
  readonly replicas: number;
  /** Of a clock that never jumps. */
  readonly at: number;
}

/** By how many replicas a target was scaled, and when. */
export interface ScaleEvent {
  readonly change: number;
  readonly at: number;
}

/** What an autoscaler remembers between two looks. Forgotten with the process, as upstream forgets it. */
export interface ScalingHistory {
  readonly recommendations: readonly Recommendation[];
  readonly ups: readonly ScaleEvent[];
  readonly downs: readonly ScaleEvent[];
}

/** Longer than any window and any period that the API allows. */
const KEPT_MS = 3_600_000 + 60_000;

/** Until anything is known, that what is there was asked for. */
export function begun(replicas: number, at: number): ScalingHistory {
  return { recommendations: [{ replicas, at }], ups: [], downs: [] };
}

export function recommended(history: ScalingHistory, replicas: number, at: number): ScalingHistory {
  return { ...history, recommendations: [...recent(history.recommendations, at), { replicas, at }] };
}

export function scaled(history: ScalingHistory, from: number, to: number, at: number): ScalingHistory {
  const event = { change: Math.abs(to - from), at };
  return to > from
    ? { ...history, ups: [...recent(history.ups, at), event] }
    : { ...history, downs: [...recent(history.downs, at), event] };
}

function recent<T extends { readonly at: number }>(all: readonly T[], now: number): readonly T[] {
  return all.filter(({ at }) => at >= now - KEPT_MS);
}
