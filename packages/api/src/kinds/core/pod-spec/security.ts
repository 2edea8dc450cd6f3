import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  type Path,
  required,
  tooLong,
} from '../../../field-errors.js';
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '../../../gen/types.js';
import { oneOfOrAbsent } from '../../rules.js';
import { descendingPath } from '../volumes/paths.js';
import { validateWindowsOptions } from './windows.js';

/** What mounts with labels is behind a gate that is shut. */
const SE_LINUX_POLICIES = ['Recursive'];
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
    ...validateSysctls(context.sysctls ?? [], spec, path.child('sysctls')),
    ...oneOfOrAbsent(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')),
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
    ...oneOfOrAbsent(context.supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')),
    ...oneOfOrAbsent(context.seLinuxChangePolicy, SE_LINUX_POLICIES, path.child('seLinuxChangePolicy')),
  ];
}

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: Path): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = '' }, index) => {
    const at = path.index(index).child('name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(at));
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalid(at, name, SYSCTL_TEXT));
    else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    for (const [field, settings] of Object.entries(SHARED_WITH_HOST))
      if (spec[field as keyof PodSpec] === true && settings.some((it) => it.test(dotted(name))))
        errors.push(invalid(at, name, `may not be specified when '${field}' is true`));
    return errors;
  });
}

/** Kernel settings of a namespace that is the host's when a pod shares it. */
const SHARED_WITH_HOST = {
  hostNetwork: [/^net\./],
  hostIPC: [/^kernel\.sem$/, /^kernel\.shm/, /^kernel\.msg/, /^fs\.mqueue\./],
};

/** A name with slashes as separators, as one with dots. */
function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replaceAll(/[./]/g, (it) => (it === '/' ? '.' : '/')) : name;
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function validateProfileType(type: string, what: string, path: Path): FieldError[] {
  if (type === '') return [required(path, `type is required when ${what} is set`)];
  return PROFILE_TYPES.includes(type) ? [] : [notSupported(path, type, PROFILE_TYPES)];
}

function validateSeccomp(profile: SeccompProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  const errors = validateProfileType(type, 'seccompProfile', path.child('type'));
  const at = path.child('localhostProfile');
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return errors;
    const shownProfile = { Type: type, LocalhostProfile: localhostProfile };
    return [...errors, invalid(at, shownProfile, 'can only be set when seccomp type is Localhost')];
  }
  if (localhostProfile === undefined) return [...errors, required(at, 'must be set when seccomp type is Localhost')];
  return [...errors, ...descendingPath(localhostProfile, at)];
}

const PROFILE_PATH_MAX = 4095;

function validateAppArmor(profile: AppArmorProfile | undefined, path: Path): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  const at = path.child('localhostProfile');
  if (type !== 'Localhost') {
    const errors = validateProfileType(type, 'appArmorProfile', path.child('type'));
    if (errors.length > 0 || localhostProfile === undefined) return errors;
    return [invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  }
  const missing = required(at, 'must be set when AppArmor type is Localhost');
  if (localhostProfile === undefined) return [missing];
  const errors: FieldError[] = [];
  if (localhostProfile.trim() !== localhostProfile)
    errors.push(invalid(at, localhostProfile, 'must not be padded with whitespace'));
  else if (localhostProfile === '') errors.push(missing);
  if (Buffer.byteLength(localhostProfile) > PROFILE_PATH_MAX) errors.push(tooLong(at, PROFILE_PATH_MAX));
  return errors;
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

export function validateContainerSecurity(
  context: SecurityContext | undefined,
  { hostUsers }: PodSpec,
  path: Path,
): FieldError[] {
  if (context === undefined) return [];
  const errors: FieldError[] = [
    ...userId(context.runAsUser, path.child('runAsUser')),
    ...userId(context.runAsGroup, path.child('runAsGroup')),
    ...oneOfOrAbsent(context.procMount, ['Default', 'Unmasked'], path.child('procMount')),
  ];
  if (context.procMount === 'Unmasked' && hostUsers !== false)
    errors.push(invalid(path.child('procMount'), 'Unmasked', '`hostUsers` must be false to use `Unmasked`'));
  return [
    ...errors,
    ...validateSeccomp(context.seccompProfile, path.child('seccompProfile')),
    ...validateEscalation(context, path),
    ...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, path.child('appArmorProfile')),
  ];
}

function validateEscalation(context: SecurityContext, path: Path): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
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
