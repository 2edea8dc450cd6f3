import { decodeJson, deepClone, isRecord, type KubeObject } from '@keelson/api';
import { jsonText } from '../../print/structured.js';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A copy of the object that carries its own text, as `kubectl apply` writes it, so that either tool can follow the other. */
export function withLastApplied<T extends KubeObject>(object: T): T {
  const copy = deepClone(object);
  const annotations: Record<string, string> = { ...copy.metadata.annotations };
  delete annotations[LAST_APPLIED];
  copy.metadata.annotations = annotations;
  copy.metadata.annotations = { ...annotations, [LAST_APPLIED]: `${jsonText(copy, 0)}\n` };
  return copy;
}

/** What was applied last; undefined when the object was not made by apply. */
export function lastApplied(live: KubeObject): Record<string, unknown> | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined || text === '') return undefined;
  try {
    const value: unknown = decodeJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
