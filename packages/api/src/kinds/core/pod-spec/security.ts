import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  type Path,
  required,
} from '../../../field-errors.js';
import type { PodSecurityContext, PodSpec, SeccompProfile, SecurityContext, Sysctl } from '../../../gen/types.js';
import { oneOfOrAbsent } from '../../rules.js';

const ID_MAX = 2 ** 31 - 1;
const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_TEXT =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

function userId(value: number | undefined, path: Path): FieldError[] {
  if (value === undefined || (value >= 0 && value <= ID_MAX)) return [];
  return [invalid(path, value, `must be between 0 and ${ID_MAX}, inclusive`)];
}

export function validatePodSecurity(spec: PodSpec, path: Path): FieldError[] {
  const context: PodSecurityContext = spec.securityContext ?? {};
  const errors: FieldError[] = [
    ...userId(context.fsGroup, path.child('fsGroup')),
    ...userId(context.runAsUser, path.child('runAsUser')),
    ...userId(context.runAsGroup, path.child('runAsGroup')),
    ...(context.supplementalGroups ?? []).flatMap((id, index) =>
      userId(id, path.child('supplementalGroups').index(index)),
    ),
  ];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(path.child('shareProcessNamespace'), true, text));
  }
  return [
    ...errors,
    ...validateSysctls(context.sysctls ?? [], path.child('sysctls')),
    ...oneOfOrAbsent(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')),
    ...oneOfOrAbsent(context.supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')),
    ...oneOfOrAbsent(context.seLinuxChangePolicy, ['MountOption', 'Recursive'], path.child('seLinuxChangePolicy')),
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
  ];
}

function validateSysctls(sysctls: readonly Sysctl[], path: Path): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = '' }, index) => {
    const at = path.index(index).child('name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalid(at, name, SYSCTL_TEXT));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateSeccomp(profile: SeccompProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return [];
  const errors = localhostRules(profile, path, 'Localhost', 'seccomp');
  if (profile.type === undefined || profile.type === '') {
    return [...errors, required(path.child('type'), 'type is required when seccompProfile is set')];
  }
  if (!PROFILE_TYPES.includes(profile.type)) errors.push(notSupported(path.child('type'), profile.type, PROFILE_TYPES));
  return errors;
}

function validateAppArmor(profile: SeccompProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return [];
  const errors = localhostRules(profile, path, 'Localhost', 'AppArmor');
  if (profile.type === undefined || profile.type === '') {
    return [...errors, required(path.child('type'), 'type is required when appArmorProfile is set')];
  }
  if (!PROFILE_TYPES.includes(profile.type)) errors.push(notSupported(path.child('type'), profile.type, PROFILE_TYPES));
  return errors;
}

function localhostRules(profile: SeccompProfile, path: Path, type: string, what: string): FieldError[] {
  const at = path.child('localhostProfile');
  if (profile.type === type) {
    if (profile.localhostProfile !== undefined) return [];
    return [required(at, `must be set when ${what} type is Localhost`)];
  }
  if (profile.localhostProfile === undefined) return [];
  return [invalid(at, profile.localhostProfile, `can only be set when ${what} type is Localhost`)];
}

/** Fields of upstream's internal struct, in the order in which it shows itself in messages. */
const INTERNAL_FIELDS = [
  ...(['capabilities', 'privileged', 'seLinuxOptions', 'windowsOptions', 'runAsUser', 'runAsGroup'] as const),
  ...(['runAsNonRoot', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation', 'procMount'] as const),
  ...(['seccompProfile', 'appArmorProfile'] as const),
];

function shown(context: SecurityContext): Record<string, unknown> {
  const name = (field: string) => (field.startsWith('se') && field[2] === 'L' ? `SE${field.slice(2)}` : capital(field));
  return Object.fromEntries(INTERNAL_FIELDS.map((field) => [name(field), context[field] ?? null]));
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function validateContainerSecurity(context: SecurityContext | undefined, path: Path): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [
    ...userId(context.runAsUser, path.child('runAsUser')),
    ...userId(context.runAsGroup, path.child('runAsGroup')),
    ...oneOfOrAbsent(context.procMount, ['Default', 'Unmasked'], path.child('procMount')),
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
  ];
  if (context.allowPrivilegeEscalation !== false) return errors;
  if (context.privileged === true) {
    errors.push(
      invalid(path, shown(context), 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
    );
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(path, shown(context), text));
  }
  return errors;
}

export function validateHostUsers(spec: PodSpec, path: Path): FieldError[] {
  if (spec.hostUsers !== false) return [];
  return (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => spec[field] === true)
    .map((field) => forbidden(path.child(field), 'when `hostUsers` is false'));
}
