/** Who may say what of a request: approvers whether it is granted, signers the rest, and nothing of it is taken back. */
import { type FieldError, forbidden, path, quote } from '../../field-errors.js';
import type { CertificateSigningRequest } from '../../gen/types.js';
import { deepClone, deepEqual } from '../../object.js';

const conditions = path('status', 'conditions');
const certificate = path('status', 'certificate');

function ofType(it: CertificateSigningRequest, type: string) {
  return (it.status?.conditions ?? []).filter((condition) => condition.type === type);
}

export function validateChange(
  next: CertificateSigningRequest,
  old: CertificateSigningRequest,
  { setsApproval = false, setsCertificate = false },
): FieldError[] {
  const errors = ['Approved', 'Denied', 'Failed']
    .filter((type) => ofType(next, type).length < ofType(old, type).length)
    .map((type) => forbidden(conditions, `updates may not remove a condition of type ${quote(type)}`));
  if (!setsApproval) errors.push(...['Approved', 'Denied'].flatMap((type) => sameApproval(next, old, type)));
  const [now = '', before = ''] = [next.status?.certificate, old.status?.certificate];
  if (now === before) return errors;
  if (!setsCertificate) return [...errors, forbidden(certificate, 'updates may not set certificate content')];
  if (before === '') return errors;
  return [...errors, forbidden(certificate, 'updates may not modify existing certificate content')];
}

function sameApproval(next: CertificateSigningRequest, old: CertificateSigningRequest, type: string): FieldError[] {
  const [now, before] = [ofType(next, type), ofType(old, type)];
  if (now.length > before.length)
    return [forbidden(conditions, `updates may not add a condition of type ${quote(type)}`)];
  if (now.length < before.length || deepEqual(now, before)) return [];
  return [forbidden(conditions, `updates may not modify a condition of type ${quote(type)}`)];
}

/** Puts conditions of a type back to what they were, unless there are more of them now, or fewer. */
export function keepConditions(next: CertificateSigningRequest, old: CertificateSigningRequest, type: string): void {
  const before = ofType(old, type);
  const { status } = next;
  if (status?.conditions === undefined || before.length !== ofType(next, type).length) return;
  status.conditions = status.conditions.map((it) => (it.type === type ? deepClone(before.shift() ?? it) : it));
}

/** Conditions that do not say since when they hold do so since now, or since they began to. */
export function stampConditions(next: CertificateSigningRequest, old: CertificateSigningRequest, now: string): void {
  for (const it of next.status?.conditions ?? []) {
    it.lastUpdateTime ??= now;
    const same = ofType(old, it.type ?? '').find(
      ({ status, lastTransitionTime: since }) => status === it.status && since !== undefined && since !== null,
    );
    it.lastTransitionTime ??= same?.lastTransitionTime ?? now;
  }
}
