import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Container, Pod, SELinuxOptions, SeccompProfile } from '@keelson/api';
import { cri, type Init } from '@keelson/protocol';
import { ContainerConfigError } from '../env.js';
import { nameOf } from '../pod-facts.js';
import { runAsUserOf } from '../run-as.js';
import type { NodeConfig } from './node-config.js';

/** As whom an image's programs run when the pod does not say. */
export type ImageUser = Pick<cri.Image, 'uid' | 'username'>;

/** What of /proc and /sys tells about the host, or could be changed for all of it. */
const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** `targetId`: the container whose processes this one is to see. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: ImageUser | undefined,
  node: NodeConfig,
  targetId?: string,
): Init<cri.LinuxContainerSecurityContext> {
  const shared = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const gid = own.runAsGroup ?? shared.runAsGroup;
  const unmasked = own.procMount === 'Unmasked';
  return {
    privileged: own.privileged ?? false,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    maskedPaths: unmasked ? [] : maskedPaths(),
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: seccomp(own.seccompProfile ?? shared.seccompProfile, container, node),
    apparmor: appArmor(pod, container),
    namespaceOptions:
      targetId === undefined
        ? namespaceOptions(pod)
        : { ...namespaceOptions(pod), pid: cri.NamespaceMode.TARGET, targetId },
    ...seLinuxOptions(own.seLinuxOptions ?? shared.seLinuxOptions),
    ...supplementalGroups(pod),
    ...user(runAsUserOf(pod, container), image),
    ...(gid === undefined ? {} : { runAsGroup: { value: gid } }),
  };
}

/** A runtime takes a group only together with a user: so the image's is said where the pod names none. */
function user(uid: number | undefined, image: ImageUser | undefined): Init<cri.LinuxContainerSecurityContext> {
  if (uid !== undefined) return { runAsUser: { value: uid } };
  if (image?.uid !== undefined) return { runAsUser: { value: image.uid.value } };
  return image?.username ? { runAsUsername: image.username } : {};
}

export function namespaceOptions(pod: Pod): Init<cri.NamespaceOption> {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec ?? {};
  const { NODE, POD, CONTAINER } = cri.NamespaceMode;
  return {
    network: hostNetwork ? NODE : POD,
    ipc: hostIPC ? NODE : POD,
    pid: hostPID ? NODE : shareProcessNamespace ? POD : CONTAINER,
  };
}

export function supplementalGroups(
  pod: Pod,
): Pick<Init<cri.LinuxContainerSecurityContext>, 'supplementalGroups' | 'supplementalGroupsPolicy'> {
  const { fsGroup, supplementalGroups: groups = [], supplementalGroupsPolicy } = pod.spec?.securityContext ?? {};
  const { Merge, Strict } = cri.SupplementalGroupsPolicy;
  return {
    supplementalGroups: [...(fsGroup === undefined ? [] : [fsGroup]), ...groups],
    supplementalGroupsPolicy: supplementalGroupsPolicy === 'Strict' ? Strict : Merge,
  };
}

export function seLinuxOptions(options: SELinuxOptions | undefined): { selinuxOptions?: Init<cri.SELinuxOption> } {
  if (options === undefined) return {};
  const { user: owner = '', role = '', type = '', level = '' } = options;
  return { selinuxOptions: { user: owner, role, type, level } };
}

function seccomp(
  profile: SeccompProfile | undefined,
  container: Container,
  node: NodeConfig,
): Init<cri.SecurityProfile> {
  const { RuntimeDefault, Unconfined, Localhost } = cri.SecurityProfileProfileType;
  switch (profile?.type) {
    case 'RuntimeDefault':
      return { profileType: RuntimeDefault };
    case 'Localhost':
      if (!profile.localhostProfile) {
        throw new ContainerConfigError(
          `localhostProfile must be set if seccompProfile type is Localhost (container "${nameOf(container)}")`,
        );
      }
      return { profileType: Localhost, localhostRef: join(node.seccompDir, profile.localhostProfile) };
    case undefined:
      return { profileType: node.seccompDefault ? RuntimeDefault : Unconfined };
    default:
      return { profileType: Unconfined };
  }
}

/** Undefined leaves it to the runtime, whose default profile applies where the host has AppArmor. */
function appArmor(pod: Pod, container: Container): Init<cri.SecurityProfile> | undefined {
  const profile = container.securityContext?.appArmorProfile ?? pod.spec?.securityContext?.appArmorProfile;
  const { RuntimeDefault, Unconfined, Localhost } = cri.SecurityProfileProfileType;
  switch (profile?.type) {
    case 'RuntimeDefault':
      return { profileType: RuntimeDefault };
    case 'Unconfined':
      return { profileType: Unconfined };
    case 'Localhost':
      return { profileType: Localhost, localhostRef: profile.localhostProfile ?? '' };
    default:
      return undefined;
  }
}

/** The processors' throttling tells what the machine does; only the folders that there are can be masked. */
function maskedPaths(): string[] {
  const throttling = Array.from(
    { length: availableParallelism() },
    (_, index) => `/sys/devices/system/cpu/cpu${index}/thermal_throttle`,
  );
  return [...MASKED_PATHS, ...throttling.filter((path) => existsSync(path))];
}
