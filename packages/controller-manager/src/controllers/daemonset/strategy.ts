import { type DaemonSet, scaledValue } from '@keelson/api';

/** How many nodes may be without a pod that serves, and how many may have two, while a template is rolled out. */
export interface Limits {
  readonly surge: number;
  readonly unavailable: number;
}

export function limitsOf({ spec }: DaemonSet, desired: number): Limits {
  const { type = 'RollingUpdate', rollingUpdate } = spec?.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return { surge: 0, unavailable: 0 };
  const surge = scaledValue(rollingUpdate?.maxSurge ?? 0, desired, true);
  const unavailable = scaledValue(rollingUpdate?.maxUnavailable ?? 0, desired, true);
  // With neither nothing would ever move.
  return { surge, unavailable: desired > 0 && surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function allowsSurge(daemonSet: DaemonSet): boolean {
  return limitsOf(daemonSet, 1).surge > 0;
}
