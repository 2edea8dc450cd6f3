import { quote } from '../field-errors.js';
import type { KubeObject } from '../kind.js';
import { isStandardFinalizer } from '../meta.js';
import { qualifiedNameErrors } from '../names.js';

/** Names that finalizers of custom resources had better not have; what built-in kinds refuse is only warned of here. */
export function finalizerWarnings(it: KubeObject, old?: KubeObject): string[] {
  const before = new Set(old?.metadata.finalizers);
  const added = new Set((it.metadata.finalizers ?? []).filter((name) => !before.has(name)));
  return [...added].sort().flatMap((name) => {
    const at = `metadata.finalizers: ${quote(name)}`;
    const texts = qualifiedNameErrors(name).map((text) => `${at}: ${text}`);
    if (name.includes('/') || isStandardFinalizer(name)) return texts;
    const path = name.includes('.') ? ' including a path (/)' : '';
    const wish = `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`;
    return [...texts, `${at}: ${wish}`];
  });
}
