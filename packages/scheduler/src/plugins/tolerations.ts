import type { Taint, Toleration } from '@keelson/api';

/** Kubernetes' rule for whether a toleration covers a taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator || 'Equal') {
    case 'Exists':
      return true;
    case 'Equal':
      return !!toleration.key && (toleration.value ?? '') === (taint.value ?? '');
    case 'Gt':
    case 'Lt': {
      const [wanted, found] = [Number(toleration.value), Number(taint.value)];
      return toleration.operator === 'Gt' ? found > wanted : found < wanted;
    }
    default:
      return false;
  }
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((it) => tolerates(it, taint));
}
