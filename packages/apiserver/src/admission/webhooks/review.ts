import { ApiError, apiVersionOf, isRecord, type KubeObject, type Status } from '@keelson/api';
import { userInfoOf } from '../../auth/user.js';
import type { Asked, Form, Subject } from '../matching/subject.js';
import type { Hook } from './hook.js';

export const REVIEW = 'AdmissionReview';
const GROUP = 'admission.k8s.io';
const VERSIONS = new Set(['v1', 'v1beta1']);
const OPTIONS = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' } as const;
const WRITE_OPTIONS = ['dryRun', 'fieldManager', 'fieldValidation'] as const;
const DELETE_OPTIONS = [
  ...(['gracePeriodSeconds', 'preconditions', 'orphanDependents', 'propagationPolicy', 'dryRun'] as const),
  'ignoreStoreReadErrorWithClusterBreakingPotential',
] as const;

/** What a webhook says of a write. */
export interface Verdict {
  readonly allowed: boolean;
  readonly status: Partial<Status> | undefined;
  /** A JSON patch as text. */
  readonly patch: string;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

/** The version of reviews that a webhook takes; undefined: none that is known. */
export function reviewVersion({ webhook }: Hook): string | undefined {
  return (webhook.admissionReviewVersions ?? []).find((it) => VERSIONS.has(it));
}

/** A request for a review, without what tells it from others. */
export function reviewRequest(subject: Subject, { kind, gvk, object, old }: Form): Record<string, unknown> {
  const { asked, subresource } = subject;
  const { context, dryRun, operation } = asked;
  const own = subject.own().gvk;
  const name = asked.ofMany ? '' : (asked.object.metadata.name ?? '');
  const namespace = namespaceOf(asked);
  return {
    kind: identity(gvk),
    resource: { group: kind.group, version: kind.version, resource: kind.plural },
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: identity(own),
    requestResource: { group: asked.kind.group, version: asked.kind.version, resource: asked.kind.plural },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfoOf(context.user),
    object: shown(object, gvk),
    oldObject: shown(old, gvk),
    dryRun,
    options: optionsOf(asked),
  };
}

function identity({ group, version, kind }: { group: string; version: string; kind: string }) {
  return { group, version, kind };
}

function shown(object: KubeObject | undefined, gvk: { group: string; version: string; kind: string }): object | null {
  return object === undefined ? null : { ...object, kind: gvk.kind, apiVersion: apiVersionOf(gvk.group, gvk.version) };
}

/** A namespace is in itself. */
function namespaceOf({ kind, namespace, object }: Asked): string {
  return kind.group === '' && kind.plural === 'namespaces' ? (object.metadata.name ?? '') : namespace;
}

function optionsOf({ operation, options = {}, dryRun }: Asked): object | null {
  if (operation === 'CONNECT') return null;
  const given = options as Record<string, unknown>;
  const names = operation === 'DELETE' ? DELETE_OPTIONS : WRITE_OPTIONS;
  const said = names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]));
  return {
    kind: OPTIONS[operation],
    apiVersion: 'meta.k8s.io/v1',
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...Object.fromEntries(said),
  };
}

/** What an answer says. Throws an error that says what is wrong with it. */
export function verdictIn(answer: Record<string, unknown>, version: string, uid: string, mutates: boolean): Verdict {
  const { response, apiVersion, kind } = answer;
  if (!isRecord(response)) throw new Error('webhook response was absent');
  const isFirst = version === 'v1';
  const { patch = '', patchType } = response as { patch?: string; patchType?: string };
  if (isFirst) {
    if (response['uid'] !== uid)
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`);
    if (apiVersion !== `${GROUP}/${version}` || kind !== REVIEW) {
      const got = `${String(apiVersion)}, Kind=${String(kind)}`;
      throw new Error(`expected webhook response of ${GROUP}/${version}, Kind=${REVIEW}, got ${got}`);
    }
    checkPatch(patch, patchType, mutates);
  }
  const { allowed, status, warnings, auditAnnotations } = response as Partial<Verdict>;
  const isText = Array.isArray(warnings) ? warnings.filter((it) => typeof it === 'string') : [];
  return {
    allowed: allowed === true,
    status: isRecord(status) ? (status as Partial<Status>) : undefined,
    patch: mutates ? Buffer.from(patch, 'base64').toString() : '',
    warnings: isText,
    auditAnnotations: isRecord(auditAnnotations) ? (auditAnnotations as Record<string, string>) : {},
  };
}

function checkPatch(patch: string, patchType: string | null | undefined, mutates: boolean): void {
  const has = patch !== '';
  const says = patchType != null;
  if (!mutates) {
    if (has) throw new Error('validating webhook may not return response.patch');
    if (says) throw new Error('validating webhook may not return response.patchType');
    return;
  }
  if (has && !says) throw new Error('webhook returned response.patch but not response.patchType');
  if (!has && says) throw new Error('webhook returned response.patchType but not response.patch');
  if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
}

/** The error with which a webhook's denial is answered. */
export function denial(name: string, status: Partial<Status> = {}): ApiError {
  const { message = '', reason = '', code = 0, details } = status;
  const by = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message || reason;
  return new ApiError({
    code: Math.max(code, 400),
    reason,
    message: why === '' ? `${by} without explanation` : `${by}: ${why}`,
    ...(details == null ? {} : { details }),
  });
}
