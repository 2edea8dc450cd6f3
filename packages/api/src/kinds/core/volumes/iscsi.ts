/** Rules of iSCSI targets. Those of pods' volumes and of persistent volumes differ in what they say. */
import { type FieldError, invalid, type Path, required } from '../../../field-errors.js';
import type { ISCSIPersistentVolumeSource, ISCSIVolumeSource } from '../../../gen/types.js';
import { inRange, requiredString } from '../../rules.js';

const WRONG = 'must be valid format';
const WRONG_START = 'must be valid format starting with iqn, eui, or naa';
const FORMS: readonly (readonly [string, (value: string) => boolean])[] = [
  ['iqn', isIqn],
  ['eui', (value) => /^eui.[0-9A-Za-z]{16}$/.test(value)],
  ['naa', (value) => /^naa.[0-9A-Za-z]{32}$/.test(value)],
];
const NAME_AND_PORTAL_MAX = 64;
const TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const IN_IDENTIFIER = /[,;*&$|\t\n\f\r ]/;
const IN_AUTHORITY = /[^0-9A-Za-z\-.]/;

/**
 * Whether the text ends in `iqn.2024-01.<authority>:<identifier>`. Only the part behind the last character that no
 * identifier has can hold it, and each colon there may be the one between the two.
 */
function isIqn(value: string): boolean {
  const parts = afterLast(value, IN_IDENTIFIER).split(':');
  return parts.slice(0, -1).some((part, index) => {
    const hasIdentifier = index < parts.length - 2 || parts.at(-1) !== '';
    return hasIdentifier && /iqn\.\d{4}-\d{2}\../.test(afterLast(part, IN_AUTHORITY));
  });
}

function afterLast(text: string, pattern: RegExp): string {
  let start = text.length;
  while (start > 0 && !pattern.test(text[start - 1]!)) start--;
  return text.slice(start);
}

function qualifiedName(value: string, path: Path, wrongStart: string): FieldError[] {
  const form = FORMS.find(([prefix]) => value.startsWith(prefix))?.[1];
  if (form === undefined) return [invalid(path, value, wrongStart)];
  return form(value) ? [] : [invalid(path, value, WRONG)];
}

type Target = ISCSIVolumeSource | ISCSIPersistentVolumeSource;

function target(it: Target, path: Path, wrongStart: string): FieldError[] {
  const iqn = it.iqn ?? '';
  const at = path.child('iqn');
  const usesSecret = it.chapAuthDiscovery === true || it.chapAuthSession === true;
  return [
    ...(iqn === '' ? [required(at)] : qualifiedName(iqn, at, wrongStart)),
    ...inRange(it.lun ?? 0, 0, 255, path.child('lun')),
    ...(usesSecret && it.secretRef === undefined ? [required(path.child('secretRef'))] : []),
  ];
}

function initiator({ initiatorName: name }: Target, path: Path, wrongStart: string): FieldError[] {
  return name === undefined ? [] : qualifiedName(name, path.child('initiatorname'), wrongStart);
}

/** Whether an initiator's session, which is named after volume and portal, would have too long a name. */
export function isSessionNameTooLong(it: Target, volumeName: string): boolean {
  const name = `${volumeName}:${it.targetPortal ?? ''}`;
  return it.initiatorName !== undefined && Buffer.byteLength(name) > NAME_AND_PORTAL_MAX;
}

export function sessionNameTooLong(at: Path, value: string): FieldError {
  return invalid(at, value, TOO_LONG);
}

export function iscsi(it: ISCSIVolumeSource, path: Path): FieldError[] {
  return [
    ...requiredString(it.targetPortal, path.child('targetPortal')),
    ...target(it, path, WRONG_START),
    ...initiator(it, path, WRONG_START),
  ];
}

export function persistentIscsi(it: ISCSIPersistentVolumeSource, path: Path, volumeName: string): FieldError[] {
  const tooLong = isSessionNameTooLong(it, volumeName);
  return [
    ...requiredString(it.targetPortal, path.child('targetPortal')),
    ...(tooLong ? [sessionNameTooLong(path.child('targetportal'), it.targetPortal ?? '')] : []),
    ...target(it, path, WRONG),
    ...(it.secretRef === undefined ? [] : requiredString(it.secretRef.name, path.child('secretRef', 'name'))),
    ...initiator(it, path, WRONG),
  ];
}
