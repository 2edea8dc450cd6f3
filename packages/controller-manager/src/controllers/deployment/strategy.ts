import { type Deployment, scaledValue } from '@keelson/api';

/** The limits of a rolling update in pods: surge is rounded up, unavailable down, and they are never both zero. */
function limits(deployment: Deployment): { surge: number; unavailable: number } {
  const { strategy, replicas = 1 } = deployment.spec ?? {};
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const surge = scaledValue(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, true);
  const unavailable = scaledValue(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, false);
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable };
}

export function maxSurgeOf(deployment: Deployment): number {
  return limits(deployment).surge;
}

export function maxUnavailableOf(deployment: Deployment): number {
  const replicas = deployment.spec?.replicas ?? 1;
  if (replicas === 0) return 0;
  return Math.min(limits(deployment).unavailable, replicas);
}
