/** Groups of the Kubernetes community are for definitions that it has approved. */
import { parseUrl, UriError } from '@keelson/cel';
import { type FieldError, invalid, path, quote, required } from '../../field-errors.js';
import type { CustomResourceDefinition } from '../../gen/types.js';

const ANNOTATION = 'api-approved.kubernetes.io';
const WHERE = 'https://github.com/kubernetes/enhancements/pull/1111';

type State = 'missing' | 'bypassed' | 'approved' | 'invalid';

/** An update that does not change how it stands with the approval is not asked for one. */
export function validateApiApproval(
  it: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  if (!isProtected(it)) return [];
  const annotation = it.metadata.annotations?.[ANNOTATION] ?? '';
  const state = stateOf(annotation);
  if (old !== undefined && stateOf(old.metadata.annotations?.[ANNOTATION] ?? '') === state) return [];
  const at = path('metadata', 'annotations').key(ANNOTATION);
  if (state === 'missing') return [required(at, MISSING)];
  return state === 'invalid' ? [invalid(at, annotation, INVALID)] : [];
}

const TEXT = `protected groups must have approval annotation "${ANNOTATION}"`;
const MISSING = `${TEXT}, see ${WHERE}`;
const INVALID = `${TEXT} with either a URL or a reason starting with "unapproved", see ${WHERE}`;

/** What a definition's status says of its approval; nothing of one that needs none. */
export function apiApproval(
  it: CustomResourceDefinition,
): { status: 'True' | 'False'; reason: string; message: string } | undefined {
  if (!isProtected(it)) return undefined;
  const annotation = it.metadata.annotations?.[ANNOTATION] ?? '';
  switch (stateOf(annotation)) {
    case 'missing':
      return { status: 'False', reason: 'MissingAnnotation', message: MISSING };
    case 'invalid':
      return { status: 'False', reason: 'InvalidAnnotation', message: INVALID };
    case 'bypassed':
      return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: ${quote(annotation)}` };
    case 'approved':
      return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${annotation}` };
  }
}

function isProtected({ spec }: CustomResourceDefinition): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec?.group ?? '');
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
