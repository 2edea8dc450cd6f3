import type { Pod } from '@keelson/api';

export function priorityOf(pod: Pod): number {
  return pod.spec?.priority ?? 0;
}
