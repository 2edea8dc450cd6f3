import { deepEqual, type Toleration } from '@keelson/api';

/** Both lists, without those that another one of them covers. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  return all.filter(
    (it, at) => !all.some((other, by) => by !== at && covers(other, it) && (!covers(it, other) || by < at)),
  );
}

/** Whether a toleration tolerates all that another one does. */
export function covers(a: Toleration, b: Toleration): boolean {
  if (deepEqual(a, b)) return true;
  if (a.key && a.key !== b.key) return false;
  if (a.effect && a.effect !== b.effect) return false;
  if (a.effect === 'NoExecute' && a.tolerationSeconds != null) {
    if (b.tolerationSeconds == null || b.tolerationSeconds > a.tolerationSeconds) return false;
  }
  if (a.operator === 'Exists') return true;
  const equals = (it: Toleration) => !it.operator || it.operator === 'Equal';
  return equals(a) && equals(b) && (a.value ?? '') === (b.value ?? '') && (a.key ?? '') === (b.key ?? '');
}
