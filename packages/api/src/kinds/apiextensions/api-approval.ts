/** Groups of the Kubernetes community are for definitions that it has approved. */
import { parseUrl, UriError } from '@keelson/cel';
import { type FieldError, invalid, path, required } from '../../field-errors.js';
import type { CustomResourceDefinition } from '../../gen/types.js';

const ANNOTATION = 'api-approved.kubernetes.io';
const WHERE = 'https://github.com/kubernetes/enhancements/pull/1111';

type State = 'missing' | 'bypassed' | 'approved' | 'invalid';

/** An update that does not change how it stands with the approval is not asked for one. */
export function validateApiApproval(
  it: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(it.spec?.group ?? '')) return [];
  const annotation = it.metadata.annotations?.[ANNOTATION] ?? '';
  const state = stateOf(annotation);
  if (old !== undefined && stateOf(old.metadata.annotations?.[ANNOTATION] ?? '') === state) return [];
  const at = path('metadata', 'annotations').key(ANNOTATION);
  const text = `protected groups must have approval annotation "${ANNOTATION}"`;
  if (state === 'missing') return [required(at, `${text}, see ${WHERE}`)];
  if (state !== 'invalid') return [];
  return [invalid(at, annotation, `${text} with either a URL or a reason starting with "unapproved", see ${WHERE}`)];
}

function stateOf(annotation: string): State {
  if (annotation === '') return 'missing';
  if (annotation.startsWith('unapproved')) return 'bypassed';
  try {
    const { scheme, host } = parseUrl(annotation);
    return scheme !== '' && host !== '' ? 'approved' : 'invalid';
  } catch (error) {
    if (error instanceof UriError) return 'invalid';
    throw error;
  }
}
