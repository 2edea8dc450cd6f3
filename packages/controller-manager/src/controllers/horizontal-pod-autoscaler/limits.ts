import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '@keelson/api';
import type { ScaleEvent, ScalingHistory } from './scaling-history.js';

/** What a condition says. */
export interface Said {
  readonly reason: string;
  readonly message: string;
}

/** How many replicas a target gets of those that its metrics ask for. */
export interface Limited {
  readonly replicas: number;
  readonly stabilized: Said;
  readonly limited: Said & { readonly isLimited: boolean };
}

export interface Wanted {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** Of a clock that never jumps. */
  readonly now: number;
  /** So long the highest of what was asked for lately holds, unless the autoscaler says otherwise. */
  readonly downscaleMs: number;
}

/** Without a behaviour of its own an autoscaler grows to twice the replicas at most, or to so many. */
const UP_FACTOR = 2;
const UP_MIN = 4;
const INT32_MAX = 2 ** 31 - 1;

const READY: Said = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const UP_STABILIZED: Said = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const DOWN_STABILIZED: Said = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const WITHIN: Said = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const UP_LIMIT: Said = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const DOWN_LIMIT: Said = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};
const TOO_MANY: Said = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const TOO_FEW: Said = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};

export function limit(
  wanted: Wanted,
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  history: ScalingHistory,
): Limited {
  const stable = behavior === undefined ? held(wanted, history) : stabilized(wanted, behavior, history);
  const stabilizes = wanted.desired >= wanted.current && behavior !== undefined ? UP_STABILIZED : DOWN_STABILIZED;
  const within = behavior === undefined ? withinFactor(wanted, stable) : withinRates(wanted, stable, behavior, history);
  return {
    replicas: within.replicas,
    stabilized: stable === wanted.desired ? READY : stabilizes,
    limited: { ...within.said, isLimited: within.replicas !== stable },
  };
}

interface Within {
  readonly replicas: number;
  readonly said: Said;
}

/** The most that was asked for lately. */
function held({ desired, now, downscaleMs }: Wanted, { recommendations }: ScalingHistory): number {
  const lately = recommendations.filter(({ at }) => at >= now - downscaleMs);
  return Math.max(desired, ...lately.map(({ replicas }) => replicas));
}

/** What is there, moved only as far as all that was asked for within each direction's window agrees with. */
function stabilized(wanted: Wanted, behavior: HorizontalPodAutoscalerBehavior, history: ScalingHistory): number {
  const { current, desired, now, downscaleMs } = wanted;
  const { scaleUp = {}, scaleDown = {} } = behavior;
  const upMs = (scaleUp.stabilizationWindowSeconds ?? 0) * 1000;
  const downMs = (scaleDown.stabilizationWindowSeconds ?? downscaleMs / 1000) * 1000;
  const within = (windowMs: number) =>
    history.recommendations.filter(({ at }) => at > now - windowMs).map(({ replicas }) => replicas);
  const lowest = Math.min(desired, ...within(upMs));
  const highest = Math.max(desired, ...within(downMs));
  return Math.min(Math.max(current, lowest), highest);
}

function withinFactor({ current, min, max }: Wanted, stable: number): Within {
  const rate = Math.max(UP_FACTOR * current, UP_MIN);
  const most = Math.min(max, rate);
  if (stable < min) return { replicas: min, said: TOO_FEW };
  if (stable > most) return { replicas: most, said: max > rate ? UP_LIMIT : TOO_MANY };
  return { replicas: stable, said: WITHIN };
}

function withinRates(
  { current, min, max, now }: Wanted,
  stable: number,
  { scaleUp = {}, scaleDown = {} }: HorizontalPodAutoscalerBehavior,
  history: ScalingHistory,
): Within {
  if (stable > current) {
    const rate = Math.max(upLimit(current, scaleUp, history, now), current);
    const most = Math.min(max, rate);
    if (stable > most) return { replicas: most, said: max > rate ? UP_LIMIT : TOO_MANY };
  } else if (stable < current) {
    const rate = Math.min(downLimit(current, scaleDown, history, now), current);
    const least = Math.max(min, rate);
    if (stable < least) return { replicas: least, said: min < rate ? DOWN_LIMIT : TOO_FEW };
  }
  return { replicas: stable, said: WITHIN };
}

function upLimit(current: number, rules: HPAScalingRules, history: ScalingHistory, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposed = (rules.policies ?? []).map(({ type, value = 0, periodSeconds = 0 }) => {
    const start = replicasAt(now - periodSeconds * 1000, current, history);
    // Rounded up: what is less than one more would never be one.
    return type === 'Pods' ? start + value : Math.ceil((start * (100 + value)) / 100);
  });
  return rules.selectPolicy === 'Min' ? Math.min(INT32_MAX, ...proposed) : Math.max(-INT32_MAX, ...proposed);
}

function downLimit(current: number, rules: HPAScalingRules, history: ScalingHistory, now: number): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const proposed = (rules.policies ?? []).map(({ type, value = 0, periodSeconds = 0 }) => {
    const start = replicasAt(now - periodSeconds * 1000, current, history);
    return type === 'Pods' ? start - value : Math.trunc((start * (100 - value)) / 100);
  });
  return rules.selectPolicy === 'Min' ? Math.max(-INT32_MAX, ...proposed) : Math.min(INT32_MAX, ...proposed);
}

/** How many there were, as far as this autoscaler changed that since. */
function replicasAt(then: number, current: number, { ups, downs }: ScalingHistory): number {
  const since = (events: readonly ScaleEvent[]) =>
    events.filter(({ at }) => at > then).reduce((sum, { change }) => sum + change, 0);
  return current - since(ups) + since(downs);
}
