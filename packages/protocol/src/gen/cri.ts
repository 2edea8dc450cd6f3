// Generated from proto/cri by scripts/generate-protocol.mjs. Do not edit.
import { EMPTY, readBigInt64, readBytes, readInt64, readUint64, writeBigInt, codec, method, type Codec, type Init, type Reader, type Writer } from '../codec.js';

export const Protocol = {
  TCP: 0,
  UDP: 1,
  SCTP: 2,
} as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

export const MountPropagation = {
  PROPAGATION_PRIVATE: 0,
  PROPAGATION_HOST_TO_CONTAINER: 1,
  PROPAGATION_BIDIRECTIONAL: 2,
} as const;
export type MountPropagation = (typeof MountPropagation)[keyof typeof MountPropagation];

export const NamespaceMode = {
  POD: 0,
  CONTAINER: 1,
  NODE: 2,
  TARGET: 3,
} as const;
export type NamespaceMode = (typeof NamespaceMode)[keyof typeof NamespaceMode];

export const SupplementalGroupsPolicy = {
  Merge: 0,
  Strict: 1,
} as const;
export type SupplementalGroupsPolicy = (typeof SupplementalGroupsPolicy)[keyof typeof SupplementalGroupsPolicy];

export const SecurityProfileProfileType = {
  RuntimeDefault: 0,
  Unconfined: 1,
  Localhost: 2,
} as const;
export type SecurityProfileProfileType = (typeof SecurityProfileProfileType)[keyof typeof SecurityProfileProfileType];

export const PodSandboxState = {
  SANDBOX_READY: 0,
  SANDBOX_NOTREADY: 1,
} as const;
export type PodSandboxState = (typeof PodSandboxState)[keyof typeof PodSandboxState];

export const Signal = {
  RUNTIME_DEFAULT: 0,
  SIGABRT: 1,
  SIGALRM: 2,
  SIGBUS: 3,
  SIGCHLD: 4,
  SIGCLD: 5,
  SIGCONT: 6,
  SIGFPE: 7,
  SIGHUP: 8,
  SIGILL: 9,
  SIGINT: 10,
  SIGIO: 11,
  SIGIOT: 12,
  SIGKILL: 13,
  SIGPIPE: 14,
  SIGPOLL: 15,
  SIGPROF: 16,
  SIGPWR: 17,
  SIGQUIT: 18,
  SIGSEGV: 19,
  SIGSTKFLT: 20,
  SIGSTOP: 21,
  SIGSYS: 22,
  SIGTERM: 23,
  SIGTRAP: 24,
  SIGTSTP: 25,
  SIGTTIN: 26,
  SIGTTOU: 27,
  SIGURG: 28,
  SIGUSR1: 29,
  SIGUSR2: 30,
  SIGVTALRM: 31,
  SIGWINCH: 32,
  SIGXCPU: 33,
  SIGXFSZ: 34,
  SIGRTMIN: 35,
  SIGRTMINPLUS1: 36,
  SIGRTMINPLUS2: 37,
  SIGRTMINPLUS3: 38,
  SIGRTMINPLUS4: 39,
  SIGRTMINPLUS5: 40,
  SIGRTMINPLUS6: 41,
  SIGRTMINPLUS7: 42,
  SIGRTMINPLUS8: 43,
  SIGRTMINPLUS9: 44,
  SIGRTMINPLUS10: 45,
  SIGRTMINPLUS11: 46,
  SIGRTMINPLUS12: 47,
  SIGRTMINPLUS13: 48,
  SIGRTMINPLUS14: 49,
  SIGRTMINPLUS15: 50,
  SIGRTMAXMINUS14: 51,
  SIGRTMAXMINUS13: 52,
  SIGRTMAXMINUS12: 53,
  SIGRTMAXMINUS11: 54,
  SIGRTMAXMINUS10: 55,
  SIGRTMAXMINUS9: 56,
  SIGRTMAXMINUS8: 57,
  SIGRTMAXMINUS7: 58,
  SIGRTMAXMINUS6: 59,
  SIGRTMAXMINUS5: 60,
  SIGRTMAXMINUS4: 61,
  SIGRTMAXMINUS3: 62,
  SIGRTMAXMINUS2: 63,
  SIGRTMAXMINUS1: 64,
  SIGRTMAX: 65,
} as const;
export type Signal = (typeof Signal)[keyof typeof Signal];

export const ContainerState = {
  CONTAINER_CREATED: 0,
  CONTAINER_RUNNING: 1,
  CONTAINER_EXITED: 2,
  CONTAINER_UNKNOWN: 3,
} as const;
export type ContainerState = (typeof ContainerState)[keyof typeof ContainerState];

export const ContainerEventType = {
  CONTAINER_CREATED_EVENT: 0,
  CONTAINER_STARTED_EVENT: 1,
  CONTAINER_STOPPED_EVENT: 2,
  CONTAINER_DELETED_EVENT: 3,
} as const;
export type ContainerEventType = (typeof ContainerEventType)[keyof typeof ContainerEventType];

export const MetricType = {
  COUNTER: 0,
  GAUGE: 1,
} as const;
export type MetricType = (typeof MetricType)[keyof typeof MetricType];

export const CgroupDriver = {
  SYSTEMD: 0,
  CGROUPFS: 1,
} as const;
export type CgroupDriver = (typeof CgroupDriver)[keyof typeof CgroupDriver];

export interface VersionRequest {
  version: string;
}

export function encodeVersionRequest(m: Init<VersionRequest>, w: Writer): Writer {
  if (m.version !== undefined && m.version.length > 0) w.uint32(10).string(m.version);
  return w;
}

export function decodeVersionRequest(r: Reader, end: number): VersionRequest {
  const m: VersionRequest = {
    version: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.version = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const VersionRequest: Codec<VersionRequest> = codec(encodeVersionRequest, decodeVersionRequest);

export interface VersionResponse {
  version: string;
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: string;
}

export function encodeVersionResponse(m: Init<VersionResponse>, w: Writer): Writer {
  if (m.version !== undefined && m.version.length > 0) w.uint32(10).string(m.version);
  if (m.runtimeName !== undefined && m.runtimeName.length > 0) w.uint32(18).string(m.runtimeName);
  if (m.runtimeVersion !== undefined && m.runtimeVersion.length > 0) w.uint32(26).string(m.runtimeVersion);
  if (m.runtimeApiVersion !== undefined && m.runtimeApiVersion.length > 0) w.uint32(34).string(m.runtimeApiVersion);
  return w;
}

export function decodeVersionResponse(r: Reader, end: number): VersionResponse {
  const m: VersionResponse = {
    version: '',
    runtimeName: '',
    runtimeVersion: '',
    runtimeApiVersion: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.version = r.string();
        break;
      case 2:
        m.runtimeName = r.string();
        break;
      case 3:
        m.runtimeVersion = r.string();
        break;
      case 4:
        m.runtimeApiVersion = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const VersionResponse: Codec<VersionResponse> = codec(encodeVersionResponse, decodeVersionResponse);

export interface DNSConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

export function encodeDNSConfig(m: Init<DNSConfig>, w: Writer): Writer {
  if (m.servers !== undefined) for (const item of m.servers) w.uint32(10).string(item);
  if (m.searches !== undefined) for (const item of m.searches) w.uint32(18).string(item);
  if (m.options !== undefined) for (const item of m.options) w.uint32(26).string(item);
  return w;
}

export function decodeDNSConfig(r: Reader, end: number): DNSConfig {
  const m: DNSConfig = {
    servers: [],
    searches: [],
    options: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.servers.push(r.string());
        break;
      case 2:
        m.searches.push(r.string());
        break;
      case 3:
        m.options.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const DNSConfig: Codec<DNSConfig> = codec(encodeDNSConfig, decodeDNSConfig);

export interface PortMapping {
  protocol: Protocol;
  containerPort: number;
  hostPort: number;
  hostIp: string;
}

export function encodePortMapping(m: Init<PortMapping>, w: Writer): Writer {
  if (m.protocol !== undefined && m.protocol !== 0) w.uint32(8).int32(m.protocol);
  if (m.containerPort !== undefined && m.containerPort !== 0) w.uint32(16).int32(m.containerPort);
  if (m.hostPort !== undefined && m.hostPort !== 0) w.uint32(24).int32(m.hostPort);
  if (m.hostIp !== undefined && m.hostIp.length > 0) w.uint32(34).string(m.hostIp);
  return w;
}

export function decodePortMapping(r: Reader, end: number): PortMapping {
  const m: PortMapping = {
    protocol: Protocol.TCP,
    containerPort: 0,
    hostPort: 0,
    hostIp: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.protocol = r.int32() as Protocol;
        break;
      case 2:
        m.containerPort = r.int32();
        break;
      case 3:
        m.hostPort = r.int32();
        break;
      case 4:
        m.hostIp = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortMapping: Codec<PortMapping> = codec(encodePortMapping, decodePortMapping);

export interface Mount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
  selinuxRelabel: boolean;
  propagation: MountPropagation;
  uidMappings: IDMapping[];
  gidMappings: IDMapping[];
  recursiveReadOnly: boolean;
  image: ImageSpec | undefined;
  imageSubPath: string;
}

export function encodeMount(m: Init<Mount>, w: Writer): Writer {
  if (m.containerPath !== undefined && m.containerPath.length > 0) w.uint32(10).string(m.containerPath);
  if (m.hostPath !== undefined && m.hostPath.length > 0) w.uint32(18).string(m.hostPath);
  if (m.readonly !== undefined && m.readonly) w.uint32(24).bool(m.readonly);
  if (m.selinuxRelabel !== undefined && m.selinuxRelabel) w.uint32(32).bool(m.selinuxRelabel);
  if (m.propagation !== undefined && m.propagation !== 0) w.uint32(40).int32(m.propagation);
  if (m.uidMappings !== undefined) for (const item of m.uidMappings) encodeIDMapping(item, w.uint32(50).fork()).ldelim();
  if (m.gidMappings !== undefined) for (const item of m.gidMappings) encodeIDMapping(item, w.uint32(58).fork()).ldelim();
  if (m.recursiveReadOnly !== undefined && m.recursiveReadOnly) w.uint32(64).bool(m.recursiveReadOnly);
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(74).fork()).ldelim();
  if (m.imageSubPath !== undefined && m.imageSubPath.length > 0) w.uint32(82).string(m.imageSubPath);
  return w;
}

export function decodeMount(r: Reader, end: number): Mount {
  const m: Mount = {
    containerPath: '',
    hostPath: '',
    readonly: false,
    selinuxRelabel: false,
    propagation: MountPropagation.PROPAGATION_PRIVATE,
    uidMappings: [],
    gidMappings: [],
    recursiveReadOnly: false,
    image: undefined,
    imageSubPath: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerPath = r.string();
        break;
      case 2:
        m.hostPath = r.string();
        break;
      case 3:
        m.readonly = r.bool();
        break;
      case 4:
        m.selinuxRelabel = r.bool();
        break;
      case 5:
        m.propagation = r.int32() as MountPropagation;
        break;
      case 6:
        m.uidMappings.push(decodeIDMapping(r, r.uint32() + r.pos));
        break;
      case 7:
        m.gidMappings.push(decodeIDMapping(r, r.uint32() + r.pos));
        break;
      case 8:
        m.recursiveReadOnly = r.bool();
        break;
      case 9:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 10:
        m.imageSubPath = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Mount: Codec<Mount> = codec(encodeMount, decodeMount);

export interface IDMapping {
  hostId: number;
  containerId: number;
  length: number;
}

export function encodeIDMapping(m: Init<IDMapping>, w: Writer): Writer {
  if (m.hostId !== undefined && m.hostId !== 0) w.uint32(8).uint32(m.hostId);
  if (m.containerId !== undefined && m.containerId !== 0) w.uint32(16).uint32(m.containerId);
  if (m.length !== undefined && m.length !== 0) w.uint32(24).uint32(m.length);
  return w;
}

export function decodeIDMapping(r: Reader, end: number): IDMapping {
  const m: IDMapping = {
    hostId: 0,
    containerId: 0,
    length: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.hostId = r.uint32();
        break;
      case 2:
        m.containerId = r.uint32();
        break;
      case 3:
        m.length = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const IDMapping: Codec<IDMapping> = codec(encodeIDMapping, decodeIDMapping);

export interface UserNamespace {
  mode: NamespaceMode;
  uids: IDMapping[];
  gids: IDMapping[];
}

export function encodeUserNamespace(m: Init<UserNamespace>, w: Writer): Writer {
  if (m.mode !== undefined && m.mode !== 0) w.uint32(8).int32(m.mode);
  if (m.uids !== undefined) for (const item of m.uids) encodeIDMapping(item, w.uint32(18).fork()).ldelim();
  if (m.gids !== undefined) for (const item of m.gids) encodeIDMapping(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeUserNamespace(r: Reader, end: number): UserNamespace {
  const m: UserNamespace = {
    mode: NamespaceMode.POD,
    uids: [],
    gids: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.mode = r.int32() as NamespaceMode;
        break;
      case 2:
        m.uids.push(decodeIDMapping(r, r.uint32() + r.pos));
        break;
      case 3:
        m.gids.push(decodeIDMapping(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UserNamespace: Codec<UserNamespace> = codec(encodeUserNamespace, decodeUserNamespace);

export interface NamespaceOption {
  network: NamespaceMode;
  pid: NamespaceMode;
  ipc: NamespaceMode;
  targetId: string;
  usernsOptions: UserNamespace | undefined;
}

export function encodeNamespaceOption(m: Init<NamespaceOption>, w: Writer): Writer {
  if (m.network !== undefined && m.network !== 0) w.uint32(8).int32(m.network);
  if (m.pid !== undefined && m.pid !== 0) w.uint32(16).int32(m.pid);
  if (m.ipc !== undefined && m.ipc !== 0) w.uint32(24).int32(m.ipc);
  if (m.targetId !== undefined && m.targetId.length > 0) w.uint32(34).string(m.targetId);
  if (m.usernsOptions !== undefined) encodeUserNamespace(m.usernsOptions, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeNamespaceOption(r: Reader, end: number): NamespaceOption {
  const m: NamespaceOption = {
    network: NamespaceMode.POD,
    pid: NamespaceMode.POD,
    ipc: NamespaceMode.POD,
    targetId: '',
    usernsOptions: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.network = r.int32() as NamespaceMode;
        break;
      case 2:
        m.pid = r.int32() as NamespaceMode;
        break;
      case 3:
        m.ipc = r.int32() as NamespaceMode;
        break;
      case 4:
        m.targetId = r.string();
        break;
      case 5:
        m.usernsOptions = decodeUserNamespace(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const NamespaceOption: Codec<NamespaceOption> = codec(encodeNamespaceOption, decodeNamespaceOption);

export interface Int64Value {
  value: number;
}

export function encodeInt64Value(m: Init<Int64Value>, w: Writer): Writer {
  if (m.value !== undefined && m.value !== 0) w.uint32(8).int64(m.value);
  return w;
}

export function decodeInt64Value(r: Reader, end: number): Int64Value {
  const m: Int64Value = {
    value: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.value = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Int64Value: Codec<Int64Value> = codec(encodeInt64Value, decodeInt64Value);

export interface LinuxSandboxSecurityContext {
  namespaceOptions: NamespaceOption | undefined;
  selinuxOptions: SELinuxOption | undefined;
  runAsUser: Int64Value | undefined;
  runAsGroup: Int64Value | undefined;
  readonlyRootfs: boolean;
  supplementalGroups: number[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  privileged: boolean;
  seccomp: SecurityProfile | undefined;
  apparmor: SecurityProfile | undefined;
  seccompProfilePath: string;
}

export function encodeLinuxSandboxSecurityContext(m: Init<LinuxSandboxSecurityContext>, w: Writer): Writer {
  if (m.namespaceOptions !== undefined) encodeNamespaceOption(m.namespaceOptions, w.uint32(10).fork()).ldelim();
  if (m.selinuxOptions !== undefined) encodeSELinuxOption(m.selinuxOptions, w.uint32(18).fork()).ldelim();
  if (m.runAsUser !== undefined) encodeInt64Value(m.runAsUser, w.uint32(26).fork()).ldelim();
  if (m.runAsGroup !== undefined) encodeInt64Value(m.runAsGroup, w.uint32(66).fork()).ldelim();
  if (m.readonlyRootfs !== undefined && m.readonlyRootfs) w.uint32(32).bool(m.readonlyRootfs);
  if (m.supplementalGroups !== undefined && m.supplementalGroups.length > 0) {
    w.uint32(42).fork();
    for (const item of m.supplementalGroups) w.int64(item);
    w.ldelim();
  }
  if (m.supplementalGroupsPolicy !== undefined && m.supplementalGroupsPolicy !== 0) w.uint32(88).int32(m.supplementalGroupsPolicy);
  if (m.privileged !== undefined && m.privileged) w.uint32(48).bool(m.privileged);
  if (m.seccomp !== undefined) encodeSecurityProfile(m.seccomp, w.uint32(74).fork()).ldelim();
  if (m.apparmor !== undefined) encodeSecurityProfile(m.apparmor, w.uint32(82).fork()).ldelim();
  if (m.seccompProfilePath !== undefined && m.seccompProfilePath.length > 0) w.uint32(58).string(m.seccompProfilePath);
  return w;
}

export function decodeLinuxSandboxSecurityContext(r: Reader, end: number): LinuxSandboxSecurityContext {
  const m: LinuxSandboxSecurityContext = {
    namespaceOptions: undefined,
    selinuxOptions: undefined,
    runAsUser: undefined,
    runAsGroup: undefined,
    readonlyRootfs: false,
    supplementalGroups: [],
    supplementalGroupsPolicy: SupplementalGroupsPolicy.Merge,
    privileged: false,
    seccomp: undefined,
    apparmor: undefined,
    seccompProfilePath: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.namespaceOptions = decodeNamespaceOption(r, r.uint32() + r.pos);
        break;
      case 2:
        m.selinuxOptions = decodeSELinuxOption(r, r.uint32() + r.pos);
        break;
      case 3:
        m.runAsUser = decodeInt64Value(r, r.uint32() + r.pos);
        break;
      case 8:
        m.runAsGroup = decodeInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.readonlyRootfs = r.bool();
        break;
      case 5:
        if ((tag & 7) === 2) {
          const packedEnd = r.uint32() + r.pos;
          while (r.pos < packedEnd) m.supplementalGroups.push(readInt64(r));
        } else m.supplementalGroups.push(readInt64(r));
        break;
      case 11:
        m.supplementalGroupsPolicy = r.int32() as SupplementalGroupsPolicy;
        break;
      case 6:
        m.privileged = r.bool();
        break;
      case 9:
        m.seccomp = decodeSecurityProfile(r, r.uint32() + r.pos);
        break;
      case 10:
        m.apparmor = decodeSecurityProfile(r, r.uint32() + r.pos);
        break;
      case 7:
        m.seccompProfilePath = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxSandboxSecurityContext: Codec<LinuxSandboxSecurityContext> = codec(encodeLinuxSandboxSecurityContext, decodeLinuxSandboxSecurityContext);

export interface SecurityProfile {
  profileType: SecurityProfileProfileType;
  localhostRef: string;
}

export function encodeSecurityProfile(m: Init<SecurityProfile>, w: Writer): Writer {
  if (m.profileType !== undefined && m.profileType !== 0) w.uint32(8).int32(m.profileType);
  if (m.localhostRef !== undefined && m.localhostRef.length > 0) w.uint32(18).string(m.localhostRef);
  return w;
}

export function decodeSecurityProfile(r: Reader, end: number): SecurityProfile {
  const m: SecurityProfile = {
    profileType: SecurityProfileProfileType.RuntimeDefault,
    localhostRef: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.profileType = r.int32() as SecurityProfileProfileType;
        break;
      case 2:
        m.localhostRef = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SecurityProfile: Codec<SecurityProfile> = codec(encodeSecurityProfile, decodeSecurityProfile);

export interface LinuxPodSandboxConfig {
  cgroupParent: string;
  securityContext: LinuxSandboxSecurityContext | undefined;
  sysctls: Record<string, string>;
  overhead: LinuxContainerResources | undefined;
  resources: LinuxContainerResources | undefined;
}

export function encodeLinuxPodSandboxConfig(m: Init<LinuxPodSandboxConfig>, w: Writer): Writer {
  if (m.cgroupParent !== undefined && m.cgroupParent.length > 0) w.uint32(10).string(m.cgroupParent);
  if (m.securityContext !== undefined) encodeLinuxSandboxSecurityContext(m.securityContext, w.uint32(18).fork()).ldelim();
  if (m.sysctls !== undefined) for (const [key, item] of Object.entries(m.sysctls)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.overhead !== undefined) encodeLinuxContainerResources(m.overhead, w.uint32(34).fork()).ldelim();
  if (m.resources !== undefined) encodeLinuxContainerResources(m.resources, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeLinuxPodSandboxConfig(r: Reader, end: number): LinuxPodSandboxConfig {
  const m: LinuxPodSandboxConfig = {
    cgroupParent: '',
    securityContext: undefined,
    sysctls: {},
    overhead: undefined,
    resources: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cgroupParent = r.string();
        break;
      case 2:
        m.securityContext = decodeLinuxSandboxSecurityContext(r, r.uint32() + r.pos);
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.sysctls[key] = item ?? '';
        break;
      }
      case 4:
        m.overhead = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      case 5:
        m.resources = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxPodSandboxConfig: Codec<LinuxPodSandboxConfig> = codec(encodeLinuxPodSandboxConfig, decodeLinuxPodSandboxConfig);

export interface PodSandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}

export function encodePodSandboxMetadata(m: Init<PodSandboxMetadata>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.uid !== undefined && m.uid.length > 0) w.uint32(18).string(m.uid);
  if (m.namespace !== undefined && m.namespace.length > 0) w.uint32(26).string(m.namespace);
  if (m.attempt !== undefined && m.attempt !== 0) w.uint32(32).uint32(m.attempt);
  return w;
}

export function decodePodSandboxMetadata(r: Reader, end: number): PodSandboxMetadata {
  const m: PodSandboxMetadata = {
    name: '',
    uid: '',
    namespace: '',
    attempt: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.uid = r.string();
        break;
      case 3:
        m.namespace = r.string();
        break;
      case 4:
        m.attempt = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxMetadata: Codec<PodSandboxMetadata> = codec(encodePodSandboxMetadata, decodePodSandboxMetadata);

export interface PodSandboxConfig {
  metadata: PodSandboxMetadata | undefined;
  hostname: string;
  logDirectory: string;
  dnsConfig: DNSConfig | undefined;
  portMappings: PortMapping[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  linux: LinuxPodSandboxConfig | undefined;
  windows: WindowsPodSandboxConfig | undefined;
}

export function encodePodSandboxConfig(m: Init<PodSandboxConfig>, w: Writer): Writer {
  if (m.metadata !== undefined) encodePodSandboxMetadata(m.metadata, w.uint32(10).fork()).ldelim();
  if (m.hostname !== undefined && m.hostname.length > 0) w.uint32(18).string(m.hostname);
  if (m.logDirectory !== undefined && m.logDirectory.length > 0) w.uint32(26).string(m.logDirectory);
  if (m.dnsConfig !== undefined) encodeDNSConfig(m.dnsConfig, w.uint32(34).fork()).ldelim();
  if (m.portMappings !== undefined) for (const item of m.portMappings) encodePortMapping(item, w.uint32(42).fork()).ldelim();
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(50).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(58).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.linux !== undefined) encodeLinuxPodSandboxConfig(m.linux, w.uint32(66).fork()).ldelim();
  if (m.windows !== undefined) encodeWindowsPodSandboxConfig(m.windows, w.uint32(74).fork()).ldelim();
  return w;
}

export function decodePodSandboxConfig(r: Reader, end: number): PodSandboxConfig {
  const m: PodSandboxConfig = {
    metadata: undefined,
    hostname: '',
    logDirectory: '',
    dnsConfig: undefined,
    portMappings: [],
    labels: {},
    annotations: {},
    linux: undefined,
    windows: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.metadata = decodePodSandboxMetadata(r, r.uint32() + r.pos);
        break;
      case 2:
        m.hostname = r.string();
        break;
      case 3:
        m.logDirectory = r.string();
        break;
      case 4:
        m.dnsConfig = decodeDNSConfig(r, r.uint32() + r.pos);
        break;
      case 5:
        m.portMappings.push(decodePortMapping(r, r.uint32() + r.pos));
        break;
      case 6: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 7: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 8:
        m.linux = decodeLinuxPodSandboxConfig(r, r.uint32() + r.pos);
        break;
      case 9:
        m.windows = decodeWindowsPodSandboxConfig(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxConfig: Codec<PodSandboxConfig> = codec(encodePodSandboxConfig, decodePodSandboxConfig);

export interface RunPodSandboxRequest {
  config: PodSandboxConfig | undefined;
  runtimeHandler: string;
}

export function encodeRunPodSandboxRequest(m: Init<RunPodSandboxRequest>, w: Writer): Writer {
  if (m.config !== undefined) encodePodSandboxConfig(m.config, w.uint32(10).fork()).ldelim();
  if (m.runtimeHandler !== undefined && m.runtimeHandler.length > 0) w.uint32(18).string(m.runtimeHandler);
  return w;
}

export function decodeRunPodSandboxRequest(r: Reader, end: number): RunPodSandboxRequest {
  const m: RunPodSandboxRequest = {
    config: undefined,
    runtimeHandler: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.config = decodePodSandboxConfig(r, r.uint32() + r.pos);
        break;
      case 2:
        m.runtimeHandler = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RunPodSandboxRequest: Codec<RunPodSandboxRequest> = codec(encodeRunPodSandboxRequest, decodeRunPodSandboxRequest);

export interface RunPodSandboxResponse {
  podSandboxId: string;
}

export function encodeRunPodSandboxResponse(m: Init<RunPodSandboxResponse>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  return w;
}

export function decodeRunPodSandboxResponse(r: Reader, end: number): RunPodSandboxResponse {
  const m: RunPodSandboxResponse = {
    podSandboxId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RunPodSandboxResponse: Codec<RunPodSandboxResponse> = codec(encodeRunPodSandboxResponse, decodeRunPodSandboxResponse);

export interface StopPodSandboxRequest {
  podSandboxId: string;
}

export function encodeStopPodSandboxRequest(m: Init<StopPodSandboxRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  return w;
}

export function decodeStopPodSandboxRequest(r: Reader, end: number): StopPodSandboxRequest {
  const m: StopPodSandboxRequest = {
    podSandboxId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StopPodSandboxRequest: Codec<StopPodSandboxRequest> = codec(encodeStopPodSandboxRequest, decodeStopPodSandboxRequest);

export interface StopPodSandboxResponse {

}

export function encodeStopPodSandboxResponse(_m: Init<StopPodSandboxResponse>, w: Writer): Writer {

  return w;
}

export function decodeStopPodSandboxResponse(r: Reader, end: number): StopPodSandboxResponse {
  const m: StopPodSandboxResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StopPodSandboxResponse: Codec<StopPodSandboxResponse> = codec(encodeStopPodSandboxResponse, decodeStopPodSandboxResponse);

export interface RemovePodSandboxRequest {
  podSandboxId: string;
}

export function encodeRemovePodSandboxRequest(m: Init<RemovePodSandboxRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  return w;
}

export function decodeRemovePodSandboxRequest(r: Reader, end: number): RemovePodSandboxRequest {
  const m: RemovePodSandboxRequest = {
    podSandboxId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemovePodSandboxRequest: Codec<RemovePodSandboxRequest> = codec(encodeRemovePodSandboxRequest, decodeRemovePodSandboxRequest);

export interface RemovePodSandboxResponse {

}

export function encodeRemovePodSandboxResponse(_m: Init<RemovePodSandboxResponse>, w: Writer): Writer {

  return w;
}

export function decodeRemovePodSandboxResponse(r: Reader, end: number): RemovePodSandboxResponse {
  const m: RemovePodSandboxResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemovePodSandboxResponse: Codec<RemovePodSandboxResponse> = codec(encodeRemovePodSandboxResponse, decodeRemovePodSandboxResponse);

export interface PodSandboxStatusRequest {
  podSandboxId: string;
  verbose: boolean;
}

export function encodePodSandboxStatusRequest(m: Init<PodSandboxStatusRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  if (m.verbose !== undefined && m.verbose) w.uint32(16).bool(m.verbose);
  return w;
}

export function decodePodSandboxStatusRequest(r: Reader, end: number): PodSandboxStatusRequest {
  const m: PodSandboxStatusRequest = {
    podSandboxId: '',
    verbose: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      case 2:
        m.verbose = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatusRequest: Codec<PodSandboxStatusRequest> = codec(encodePodSandboxStatusRequest, decodePodSandboxStatusRequest);

export interface PodIP {
  ip: string;
}

export function encodePodIP(m: Init<PodIP>, w: Writer): Writer {
  if (m.ip !== undefined && m.ip.length > 0) w.uint32(10).string(m.ip);
  return w;
}

export function decodePodIP(r: Reader, end: number): PodIP {
  const m: PodIP = {
    ip: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ip = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodIP: Codec<PodIP> = codec(encodePodIP, decodePodIP);

export interface PodSandboxNetworkStatus {
  ip: string;
  additionalIps: PodIP[];
}

export function encodePodSandboxNetworkStatus(m: Init<PodSandboxNetworkStatus>, w: Writer): Writer {
  if (m.ip !== undefined && m.ip.length > 0) w.uint32(10).string(m.ip);
  if (m.additionalIps !== undefined) for (const item of m.additionalIps) encodePodIP(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodePodSandboxNetworkStatus(r: Reader, end: number): PodSandboxNetworkStatus {
  const m: PodSandboxNetworkStatus = {
    ip: '',
    additionalIps: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.ip = r.string();
        break;
      case 2:
        m.additionalIps.push(decodePodIP(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxNetworkStatus: Codec<PodSandboxNetworkStatus> = codec(encodePodSandboxNetworkStatus, decodePodSandboxNetworkStatus);

export interface Namespace {
  options: NamespaceOption | undefined;
}

export function encodeNamespace(m: Init<Namespace>, w: Writer): Writer {
  if (m.options !== undefined) encodeNamespaceOption(m.options, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeNamespace(r: Reader, end: number): Namespace {
  const m: Namespace = {
    options: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 2:
        m.options = decodeNamespaceOption(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Namespace: Codec<Namespace> = codec(encodeNamespace, decodeNamespace);

export interface LinuxPodSandboxStatus {
  namespaces: Namespace | undefined;
}

export function encodeLinuxPodSandboxStatus(m: Init<LinuxPodSandboxStatus>, w: Writer): Writer {
  if (m.namespaces !== undefined) encodeNamespace(m.namespaces, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeLinuxPodSandboxStatus(r: Reader, end: number): LinuxPodSandboxStatus {
  const m: LinuxPodSandboxStatus = {
    namespaces: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.namespaces = decodeNamespace(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxPodSandboxStatus: Codec<LinuxPodSandboxStatus> = codec(encodeLinuxPodSandboxStatus, decodeLinuxPodSandboxStatus);

export interface PodSandboxStatus {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  state: PodSandboxState;
  createdAt: bigint;
  network: PodSandboxNetworkStatus | undefined;
  linux: LinuxPodSandboxStatus | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}

export function encodePodSandboxStatus(m: Init<PodSandboxStatus>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.metadata !== undefined) encodePodSandboxMetadata(m.metadata, w.uint32(18).fork()).ldelim();
  if (m.state !== undefined && m.state !== 0) w.uint32(24).int32(m.state);
  if (m.createdAt !== undefined && m.createdAt !== 0n) w.uint32(32).int64(writeBigInt(m.createdAt));
  if (m.network !== undefined) encodePodSandboxNetworkStatus(m.network, w.uint32(42).fork()).ldelim();
  if (m.linux !== undefined) encodeLinuxPodSandboxStatus(m.linux, w.uint32(50).fork()).ldelim();
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(58).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(66).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.runtimeHandler !== undefined && m.runtimeHandler.length > 0) w.uint32(74).string(m.runtimeHandler);
  return w;
}

export function decodePodSandboxStatus(r: Reader, end: number): PodSandboxStatus {
  const m: PodSandboxStatus = {
    id: '',
    metadata: undefined,
    state: PodSandboxState.SANDBOX_READY,
    createdAt: 0n,
    network: undefined,
    linux: undefined,
    labels: {},
    annotations: {},
    runtimeHandler: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.metadata = decodePodSandboxMetadata(r, r.uint32() + r.pos);
        break;
      case 3:
        m.state = r.int32() as PodSandboxState;
        break;
      case 4:
        m.createdAt = readBigInt64(r);
        break;
      case 5:
        m.network = decodePodSandboxNetworkStatus(r, r.uint32() + r.pos);
        break;
      case 6:
        m.linux = decodeLinuxPodSandboxStatus(r, r.uint32() + r.pos);
        break;
      case 7: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 8: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 9:
        m.runtimeHandler = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatus: Codec<PodSandboxStatus> = codec(encodePodSandboxStatus, decodePodSandboxStatus);

export interface PodSandboxStatusResponse {
  status: PodSandboxStatus | undefined;
  info: Record<string, string>;
  containersStatuses: ContainerStatus[];
  timestamp: bigint;
}

export function encodePodSandboxStatusResponse(m: Init<PodSandboxStatusResponse>, w: Writer): Writer {
  if (m.status !== undefined) encodePodSandboxStatus(m.status, w.uint32(10).fork()).ldelim();
  if (m.info !== undefined) for (const [key, item] of Object.entries(m.info)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.containersStatuses !== undefined) for (const item of m.containersStatuses) encodeContainerStatus(item, w.uint32(26).fork()).ldelim();
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(32).int64(writeBigInt(m.timestamp));
  return w;
}

export function decodePodSandboxStatusResponse(r: Reader, end: number): PodSandboxStatusResponse {
  const m: PodSandboxStatusResponse = {
    status: undefined,
    info: {},
    containersStatuses: [],
    timestamp: 0n,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.status = decodePodSandboxStatus(r, r.uint32() + r.pos);
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.info[key] = item ?? '';
        break;
      }
      case 3:
        m.containersStatuses.push(decodeContainerStatus(r, r.uint32() + r.pos));
        break;
      case 4:
        m.timestamp = readBigInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatusResponse: Codec<PodSandboxStatusResponse> = codec(encodePodSandboxStatusResponse, decodePodSandboxStatusResponse);

export interface PodSandboxStateValue {
  state: PodSandboxState;
}

export function encodePodSandboxStateValue(m: Init<PodSandboxStateValue>, w: Writer): Writer {
  if (m.state !== undefined && m.state !== 0) w.uint32(8).int32(m.state);
  return w;
}

export function decodePodSandboxStateValue(r: Reader, end: number): PodSandboxStateValue {
  const m: PodSandboxStateValue = {
    state: PodSandboxState.SANDBOX_READY,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.state = r.int32() as PodSandboxState;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStateValue: Codec<PodSandboxStateValue> = codec(encodePodSandboxStateValue, decodePodSandboxStateValue);

export interface PodSandboxFilter {
  id: string;
  state: PodSandboxStateValue | undefined;
  labelSelector: Record<string, string>;
}

export function encodePodSandboxFilter(m: Init<PodSandboxFilter>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.state !== undefined) encodePodSandboxStateValue(m.state, w.uint32(18).fork()).ldelim();
  if (m.labelSelector !== undefined) for (const [key, item] of Object.entries(m.labelSelector)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodePodSandboxFilter(r: Reader, end: number): PodSandboxFilter {
  const m: PodSandboxFilter = {
    id: '',
    state: undefined,
    labelSelector: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.state = decodePodSandboxStateValue(r, r.uint32() + r.pos);
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labelSelector[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxFilter: Codec<PodSandboxFilter> = codec(encodePodSandboxFilter, decodePodSandboxFilter);

export interface ListPodSandboxRequest {
  filter: PodSandboxFilter | undefined;
}

export function encodeListPodSandboxRequest(m: Init<ListPodSandboxRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodePodSandboxFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListPodSandboxRequest(r: Reader, end: number): ListPodSandboxRequest {
  const m: ListPodSandboxRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodePodSandboxFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxRequest: Codec<ListPodSandboxRequest> = codec(encodeListPodSandboxRequest, decodeListPodSandboxRequest);

export interface PodSandbox {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  state: PodSandboxState;
  createdAt: bigint;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  runtimeHandler: string;
}

export function encodePodSandbox(m: Init<PodSandbox>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.metadata !== undefined) encodePodSandboxMetadata(m.metadata, w.uint32(18).fork()).ldelim();
  if (m.state !== undefined && m.state !== 0) w.uint32(24).int32(m.state);
  if (m.createdAt !== undefined && m.createdAt !== 0n) w.uint32(32).int64(writeBigInt(m.createdAt));
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(42).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(50).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.runtimeHandler !== undefined && m.runtimeHandler.length > 0) w.uint32(58).string(m.runtimeHandler);
  return w;
}

export function decodePodSandbox(r: Reader, end: number): PodSandbox {
  const m: PodSandbox = {
    id: '',
    metadata: undefined,
    state: PodSandboxState.SANDBOX_READY,
    createdAt: 0n,
    labels: {},
    annotations: {},
    runtimeHandler: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.metadata = decodePodSandboxMetadata(r, r.uint32() + r.pos);
        break;
      case 3:
        m.state = r.int32() as PodSandboxState;
        break;
      case 4:
        m.createdAt = readBigInt64(r);
        break;
      case 5: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 6: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 7:
        m.runtimeHandler = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandbox: Codec<PodSandbox> = codec(encodePodSandbox, decodePodSandbox);

export interface ListPodSandboxResponse {
  items: PodSandbox[];
}

export function encodeListPodSandboxResponse(m: Init<ListPodSandboxResponse>, w: Writer): Writer {
  if (m.items !== undefined) for (const item of m.items) encodePodSandbox(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListPodSandboxResponse(r: Reader, end: number): ListPodSandboxResponse {
  const m: ListPodSandboxResponse = {
    items: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.items.push(decodePodSandbox(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxResponse: Codec<ListPodSandboxResponse> = codec(encodeListPodSandboxResponse, decodeListPodSandboxResponse);

export interface StreamPodSandboxesRequest {
  filter: PodSandboxFilter | undefined;
}

export function encodeStreamPodSandboxesRequest(m: Init<StreamPodSandboxesRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodePodSandboxFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamPodSandboxesRequest(r: Reader, end: number): StreamPodSandboxesRequest {
  const m: StreamPodSandboxesRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodePodSandboxFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxesRequest: Codec<StreamPodSandboxesRequest> = codec(encodeStreamPodSandboxesRequest, decodeStreamPodSandboxesRequest);

export interface StreamPodSandboxesResponse {
  podSandboxes: PodSandbox[];
}

export function encodeStreamPodSandboxesResponse(m: Init<StreamPodSandboxesResponse>, w: Writer): Writer {
  if (m.podSandboxes !== undefined) for (const item of m.podSandboxes) encodePodSandbox(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamPodSandboxesResponse(r: Reader, end: number): StreamPodSandboxesResponse {
  const m: StreamPodSandboxesResponse = {
    podSandboxes: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxes.push(decodePodSandbox(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxesResponse: Codec<StreamPodSandboxesResponse> = codec(encodeStreamPodSandboxesResponse, decodeStreamPodSandboxesResponse);

export interface PodSandboxStatsRequest {
  podSandboxId: string;
}

export function encodePodSandboxStatsRequest(m: Init<PodSandboxStatsRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  return w;
}

export function decodePodSandboxStatsRequest(r: Reader, end: number): PodSandboxStatsRequest {
  const m: PodSandboxStatsRequest = {
    podSandboxId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatsRequest: Codec<PodSandboxStatsRequest> = codec(encodePodSandboxStatsRequest, decodePodSandboxStatsRequest);

export interface PodSandboxStatsResponse {
  stats: PodSandboxStats | undefined;
}

export function encodePodSandboxStatsResponse(m: Init<PodSandboxStatsResponse>, w: Writer): Writer {
  if (m.stats !== undefined) encodePodSandboxStats(m.stats, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodePodSandboxStatsResponse(r: Reader, end: number): PodSandboxStatsResponse {
  const m: PodSandboxStatsResponse = {
    stats: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stats = decodePodSandboxStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatsResponse: Codec<PodSandboxStatsResponse> = codec(encodePodSandboxStatsResponse, decodePodSandboxStatsResponse);

export interface PodSandboxStatsFilter {
  id: string;
  labelSelector: Record<string, string>;
}

export function encodePodSandboxStatsFilter(m: Init<PodSandboxStatsFilter>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.labelSelector !== undefined) for (const [key, item] of Object.entries(m.labelSelector)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodePodSandboxStatsFilter(r: Reader, end: number): PodSandboxStatsFilter {
  const m: PodSandboxStatsFilter = {
    id: '',
    labelSelector: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labelSelector[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStatsFilter: Codec<PodSandboxStatsFilter> = codec(encodePodSandboxStatsFilter, decodePodSandboxStatsFilter);

export interface ListPodSandboxStatsRequest {
  filter: PodSandboxStatsFilter | undefined;
}

export function encodeListPodSandboxStatsRequest(m: Init<ListPodSandboxStatsRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodePodSandboxStatsFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListPodSandboxStatsRequest(r: Reader, end: number): ListPodSandboxStatsRequest {
  const m: ListPodSandboxStatsRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodePodSandboxStatsFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxStatsRequest: Codec<ListPodSandboxStatsRequest> = codec(encodeListPodSandboxStatsRequest, decodeListPodSandboxStatsRequest);

export interface ListPodSandboxStatsResponse {
  stats: PodSandboxStats[];
}

export function encodeListPodSandboxStatsResponse(m: Init<ListPodSandboxStatsResponse>, w: Writer): Writer {
  if (m.stats !== undefined) for (const item of m.stats) encodePodSandboxStats(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListPodSandboxStatsResponse(r: Reader, end: number): ListPodSandboxStatsResponse {
  const m: ListPodSandboxStatsResponse = {
    stats: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stats.push(decodePodSandboxStats(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxStatsResponse: Codec<ListPodSandboxStatsResponse> = codec(encodeListPodSandboxStatsResponse, decodeListPodSandboxStatsResponse);

export interface StreamPodSandboxStatsRequest {
  filter: PodSandboxStatsFilter | undefined;
}

export function encodeStreamPodSandboxStatsRequest(m: Init<StreamPodSandboxStatsRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodePodSandboxStatsFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamPodSandboxStatsRequest(r: Reader, end: number): StreamPodSandboxStatsRequest {
  const m: StreamPodSandboxStatsRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodePodSandboxStatsFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxStatsRequest: Codec<StreamPodSandboxStatsRequest> = codec(encodeStreamPodSandboxStatsRequest, decodeStreamPodSandboxStatsRequest);

export interface StreamPodSandboxStatsResponse {
  podSandboxStats: PodSandboxStats[];
}

export function encodeStreamPodSandboxStatsResponse(m: Init<StreamPodSandboxStatsResponse>, w: Writer): Writer {
  if (m.podSandboxStats !== undefined) for (const item of m.podSandboxStats) encodePodSandboxStats(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamPodSandboxStatsResponse(r: Reader, end: number): StreamPodSandboxStatsResponse {
  const m: StreamPodSandboxStatsResponse = {
    podSandboxStats: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxStats.push(decodePodSandboxStats(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxStatsResponse: Codec<StreamPodSandboxStatsResponse> = codec(encodeStreamPodSandboxStatsResponse, decodeStreamPodSandboxStatsResponse);

export interface PodSandboxAttributes {
  id: string;
  metadata: PodSandboxMetadata | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export function encodePodSandboxAttributes(m: Init<PodSandboxAttributes>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.metadata !== undefined) encodePodSandboxMetadata(m.metadata, w.uint32(18).fork()).ldelim();
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodePodSandboxAttributes(r: Reader, end: number): PodSandboxAttributes {
  const m: PodSandboxAttributes = {
    id: '',
    metadata: undefined,
    labels: {},
    annotations: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.metadata = decodePodSandboxMetadata(r, r.uint32() + r.pos);
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxAttributes: Codec<PodSandboxAttributes> = codec(encodePodSandboxAttributes, decodePodSandboxAttributes);

export interface PodSandboxStats {
  attributes: PodSandboxAttributes | undefined;
  linux: LinuxPodSandboxStats | undefined;
  windows: WindowsPodSandboxStats | undefined;
}

export function encodePodSandboxStats(m: Init<PodSandboxStats>, w: Writer): Writer {
  if (m.attributes !== undefined) encodePodSandboxAttributes(m.attributes, w.uint32(10).fork()).ldelim();
  if (m.linux !== undefined) encodeLinuxPodSandboxStats(m.linux, w.uint32(18).fork()).ldelim();
  if (m.windows !== undefined) encodeWindowsPodSandboxStats(m.windows, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodePodSandboxStats(r: Reader, end: number): PodSandboxStats {
  const m: PodSandboxStats = {
    attributes: undefined,
    linux: undefined,
    windows: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.attributes = decodePodSandboxAttributes(r, r.uint32() + r.pos);
        break;
      case 2:
        m.linux = decodeLinuxPodSandboxStats(r, r.uint32() + r.pos);
        break;
      case 3:
        m.windows = decodeWindowsPodSandboxStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxStats: Codec<PodSandboxStats> = codec(encodePodSandboxStats, decodePodSandboxStats);

export interface LinuxPodSandboxStats {
  cpu: CpuUsage | undefined;
  memory: MemoryUsage | undefined;
  network: NetworkUsage | undefined;
  process: ProcessUsage | undefined;
  containers: ContainerStats[];
  io: IoUsage | undefined;
}

export function encodeLinuxPodSandboxStats(m: Init<LinuxPodSandboxStats>, w: Writer): Writer {
  if (m.cpu !== undefined) encodeCpuUsage(m.cpu, w.uint32(10).fork()).ldelim();
  if (m.memory !== undefined) encodeMemoryUsage(m.memory, w.uint32(18).fork()).ldelim();
  if (m.network !== undefined) encodeNetworkUsage(m.network, w.uint32(26).fork()).ldelim();
  if (m.process !== undefined) encodeProcessUsage(m.process, w.uint32(34).fork()).ldelim();
  if (m.containers !== undefined) for (const item of m.containers) encodeContainerStats(item, w.uint32(42).fork()).ldelim();
  if (m.io !== undefined) encodeIoUsage(m.io, w.uint32(50).fork()).ldelim();
  return w;
}

export function decodeLinuxPodSandboxStats(r: Reader, end: number): LinuxPodSandboxStats {
  const m: LinuxPodSandboxStats = {
    cpu: undefined,
    memory: undefined,
    network: undefined,
    process: undefined,
    containers: [],
    io: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cpu = decodeCpuUsage(r, r.uint32() + r.pos);
        break;
      case 2:
        m.memory = decodeMemoryUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.network = decodeNetworkUsage(r, r.uint32() + r.pos);
        break;
      case 4:
        m.process = decodeProcessUsage(r, r.uint32() + r.pos);
        break;
      case 5:
        m.containers.push(decodeContainerStats(r, r.uint32() + r.pos));
        break;
      case 6:
        m.io = decodeIoUsage(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxPodSandboxStats: Codec<LinuxPodSandboxStats> = codec(encodeLinuxPodSandboxStats, decodeLinuxPodSandboxStats);

export interface WindowsPodSandboxStats {
  cpu: WindowsCpuUsage | undefined;
  memory: WindowsMemoryUsage | undefined;
  network: WindowsNetworkUsage | undefined;
  process: WindowsProcessUsage | undefined;
  containers: WindowsContainerStats[];
}

export function encodeWindowsPodSandboxStats(m: Init<WindowsPodSandboxStats>, w: Writer): Writer {
  if (m.cpu !== undefined) encodeWindowsCpuUsage(m.cpu, w.uint32(10).fork()).ldelim();
  if (m.memory !== undefined) encodeWindowsMemoryUsage(m.memory, w.uint32(18).fork()).ldelim();
  if (m.network !== undefined) encodeWindowsNetworkUsage(m.network, w.uint32(26).fork()).ldelim();
  if (m.process !== undefined) encodeWindowsProcessUsage(m.process, w.uint32(34).fork()).ldelim();
  if (m.containers !== undefined) for (const item of m.containers) encodeWindowsContainerStats(item, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeWindowsPodSandboxStats(r: Reader, end: number): WindowsPodSandboxStats {
  const m: WindowsPodSandboxStats = {
    cpu: undefined,
    memory: undefined,
    network: undefined,
    process: undefined,
    containers: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cpu = decodeWindowsCpuUsage(r, r.uint32() + r.pos);
        break;
      case 2:
        m.memory = decodeWindowsMemoryUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.network = decodeWindowsNetworkUsage(r, r.uint32() + r.pos);
        break;
      case 4:
        m.process = decodeWindowsProcessUsage(r, r.uint32() + r.pos);
        break;
      case 5:
        m.containers.push(decodeWindowsContainerStats(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsPodSandboxStats: Codec<WindowsPodSandboxStats> = codec(encodeWindowsPodSandboxStats, decodeWindowsPodSandboxStats);

export interface NetworkUsage {
  timestamp: bigint;
  defaultInterface: NetworkInterfaceUsage | undefined;
  interfaces: NetworkInterfaceUsage[];
}

export function encodeNetworkUsage(m: Init<NetworkUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.defaultInterface !== undefined) encodeNetworkInterfaceUsage(m.defaultInterface, w.uint32(18).fork()).ldelim();
  if (m.interfaces !== undefined) for (const item of m.interfaces) encodeNetworkInterfaceUsage(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeNetworkUsage(r: Reader, end: number): NetworkUsage {
  const m: NetworkUsage = {
    timestamp: 0n,
    defaultInterface: undefined,
    interfaces: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.defaultInterface = decodeNetworkInterfaceUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.interfaces.push(decodeNetworkInterfaceUsage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const NetworkUsage: Codec<NetworkUsage> = codec(encodeNetworkUsage, decodeNetworkUsage);

export interface WindowsNetworkUsage {
  timestamp: bigint;
  defaultInterface: WindowsNetworkInterfaceUsage | undefined;
  interfaces: WindowsNetworkInterfaceUsage[];
}

export function encodeWindowsNetworkUsage(m: Init<WindowsNetworkUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.defaultInterface !== undefined) encodeWindowsNetworkInterfaceUsage(m.defaultInterface, w.uint32(18).fork()).ldelim();
  if (m.interfaces !== undefined) for (const item of m.interfaces) encodeWindowsNetworkInterfaceUsage(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeWindowsNetworkUsage(r: Reader, end: number): WindowsNetworkUsage {
  const m: WindowsNetworkUsage = {
    timestamp: 0n,
    defaultInterface: undefined,
    interfaces: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.defaultInterface = decodeWindowsNetworkInterfaceUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.interfaces.push(decodeWindowsNetworkInterfaceUsage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsNetworkUsage: Codec<WindowsNetworkUsage> = codec(encodeWindowsNetworkUsage, decodeWindowsNetworkUsage);

export interface NetworkInterfaceUsage {
  name: string;
  rxBytes: UInt64Value | undefined;
  rxErrors: UInt64Value | undefined;
  txBytes: UInt64Value | undefined;
  txErrors: UInt64Value | undefined;
}

export function encodeNetworkInterfaceUsage(m: Init<NetworkInterfaceUsage>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.rxBytes !== undefined) encodeUInt64Value(m.rxBytes, w.uint32(18).fork()).ldelim();
  if (m.rxErrors !== undefined) encodeUInt64Value(m.rxErrors, w.uint32(26).fork()).ldelim();
  if (m.txBytes !== undefined) encodeUInt64Value(m.txBytes, w.uint32(34).fork()).ldelim();
  if (m.txErrors !== undefined) encodeUInt64Value(m.txErrors, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeNetworkInterfaceUsage(r: Reader, end: number): NetworkInterfaceUsage {
  const m: NetworkInterfaceUsage = {
    name: '',
    rxBytes: undefined,
    rxErrors: undefined,
    txBytes: undefined,
    txErrors: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.rxBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.rxErrors = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.txBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 5:
        m.txErrors = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const NetworkInterfaceUsage: Codec<NetworkInterfaceUsage> = codec(encodeNetworkInterfaceUsage, decodeNetworkInterfaceUsage);

export interface WindowsNetworkInterfaceUsage {
  name: string;
  rxBytes: UInt64Value | undefined;
  rxPacketsDropped: UInt64Value | undefined;
  txBytes: UInt64Value | undefined;
  txPacketsDropped: UInt64Value | undefined;
}

export function encodeWindowsNetworkInterfaceUsage(m: Init<WindowsNetworkInterfaceUsage>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.rxBytes !== undefined) encodeUInt64Value(m.rxBytes, w.uint32(18).fork()).ldelim();
  if (m.rxPacketsDropped !== undefined) encodeUInt64Value(m.rxPacketsDropped, w.uint32(26).fork()).ldelim();
  if (m.txBytes !== undefined) encodeUInt64Value(m.txBytes, w.uint32(34).fork()).ldelim();
  if (m.txPacketsDropped !== undefined) encodeUInt64Value(m.txPacketsDropped, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeWindowsNetworkInterfaceUsage(r: Reader, end: number): WindowsNetworkInterfaceUsage {
  const m: WindowsNetworkInterfaceUsage = {
    name: '',
    rxBytes: undefined,
    rxPacketsDropped: undefined,
    txBytes: undefined,
    txPacketsDropped: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.rxBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.rxPacketsDropped = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.txBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 5:
        m.txPacketsDropped = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsNetworkInterfaceUsage: Codec<WindowsNetworkInterfaceUsage> = codec(encodeWindowsNetworkInterfaceUsage, decodeWindowsNetworkInterfaceUsage);

export interface ProcessUsage {
  timestamp: bigint;
  processCount: UInt64Value | undefined;
}

export function encodeProcessUsage(m: Init<ProcessUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.processCount !== undefined) encodeUInt64Value(m.processCount, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeProcessUsage(r: Reader, end: number): ProcessUsage {
  const m: ProcessUsage = {
    timestamp: 0n,
    processCount: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.processCount = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ProcessUsage: Codec<ProcessUsage> = codec(encodeProcessUsage, decodeProcessUsage);

export interface WindowsProcessUsage {
  timestamp: bigint;
  processCount: UInt64Value | undefined;
}

export function encodeWindowsProcessUsage(m: Init<WindowsProcessUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.processCount !== undefined) encodeUInt64Value(m.processCount, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeWindowsProcessUsage(r: Reader, end: number): WindowsProcessUsage {
  const m: WindowsProcessUsage = {
    timestamp: 0n,
    processCount: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.processCount = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsProcessUsage: Codec<WindowsProcessUsage> = codec(encodeWindowsProcessUsage, decodeWindowsProcessUsage);

export interface ImageSpec {
  image: string;
  annotations: Record<string, string>;
  userSpecifiedImage: string;
  runtimeHandler: string;
  imageRef: string;
}

export function encodeImageSpec(m: Init<ImageSpec>, w: Writer): Writer {
  if (m.image !== undefined && m.image.length > 0) w.uint32(10).string(m.image);
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.userSpecifiedImage !== undefined && m.userSpecifiedImage.length > 0) w.uint32(146).string(m.userSpecifiedImage);
  if (m.runtimeHandler !== undefined && m.runtimeHandler.length > 0) w.uint32(154).string(m.runtimeHandler);
  if (m.imageRef !== undefined && m.imageRef.length > 0) w.uint32(162).string(m.imageRef);
  return w;
}

export function decodeImageSpec(r: Reader, end: number): ImageSpec {
  const m: ImageSpec = {
    image: '',
    annotations: {},
    userSpecifiedImage: '',
    runtimeHandler: '',
    imageRef: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = r.string();
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 18:
        m.userSpecifiedImage = r.string();
        break;
      case 19:
        m.runtimeHandler = r.string();
        break;
      case 20:
        m.imageRef = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageSpec: Codec<ImageSpec> = codec(encodeImageSpec, decodeImageSpec);

export interface KeyValue {
  key: string;
  value: string;
}

export function encodeKeyValue(m: Init<KeyValue>, w: Writer): Writer {
  if (m.key !== undefined && m.key.length > 0) w.uint32(10).string(m.key);
  if (m.value !== undefined && m.value.length > 0) w.uint32(18).string(m.value);
  return w;
}

export function decodeKeyValue(r: Reader, end: number): KeyValue {
  const m: KeyValue = {
    key: '',
    value: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.key = r.string();
        break;
      case 2:
        m.value = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const KeyValue: Codec<KeyValue> = codec(encodeKeyValue, decodeKeyValue);

export interface LinuxContainerResources {
  cpuPeriod: number;
  cpuQuota: number;
  cpuShares: number;
  memoryLimitInBytes: number;
  oomScoreAdj: number;
  cpusetCpus: string;
  cpusetMems: string;
  hugepageLimits: HugepageLimit[];
  unified: Record<string, string>;
  memorySwapLimitInBytes: number;
}

export function encodeLinuxContainerResources(m: Init<LinuxContainerResources>, w: Writer): Writer {
  if (m.cpuPeriod !== undefined && m.cpuPeriod !== 0) w.uint32(8).int64(m.cpuPeriod);
  if (m.cpuQuota !== undefined && m.cpuQuota !== 0) w.uint32(16).int64(m.cpuQuota);
  if (m.cpuShares !== undefined && m.cpuShares !== 0) w.uint32(24).int64(m.cpuShares);
  if (m.memoryLimitInBytes !== undefined && m.memoryLimitInBytes !== 0) w.uint32(32).int64(m.memoryLimitInBytes);
  if (m.oomScoreAdj !== undefined && m.oomScoreAdj !== 0) w.uint32(40).int64(m.oomScoreAdj);
  if (m.cpusetCpus !== undefined && m.cpusetCpus.length > 0) w.uint32(50).string(m.cpusetCpus);
  if (m.cpusetMems !== undefined && m.cpusetMems.length > 0) w.uint32(58).string(m.cpusetMems);
  if (m.hugepageLimits !== undefined) for (const item of m.hugepageLimits) encodeHugepageLimit(item, w.uint32(66).fork()).ldelim();
  if (m.unified !== undefined) for (const [key, item] of Object.entries(m.unified)) if (item !== undefined) w.uint32(74).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.memorySwapLimitInBytes !== undefined && m.memorySwapLimitInBytes !== 0) w.uint32(80).int64(m.memorySwapLimitInBytes);
  return w;
}

export function decodeLinuxContainerResources(r: Reader, end: number): LinuxContainerResources {
  const m: LinuxContainerResources = {
    cpuPeriod: 0,
    cpuQuota: 0,
    cpuShares: 0,
    memoryLimitInBytes: 0,
    oomScoreAdj: 0,
    cpusetCpus: '',
    cpusetMems: '',
    hugepageLimits: [],
    unified: {},
    memorySwapLimitInBytes: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cpuPeriod = readInt64(r);
        break;
      case 2:
        m.cpuQuota = readInt64(r);
        break;
      case 3:
        m.cpuShares = readInt64(r);
        break;
      case 4:
        m.memoryLimitInBytes = readInt64(r);
        break;
      case 5:
        m.oomScoreAdj = readInt64(r);
        break;
      case 6:
        m.cpusetCpus = r.string();
        break;
      case 7:
        m.cpusetMems = r.string();
        break;
      case 8:
        m.hugepageLimits.push(decodeHugepageLimit(r, r.uint32() + r.pos));
        break;
      case 9: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.unified[key] = item ?? '';
        break;
      }
      case 10:
        m.memorySwapLimitInBytes = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxContainerResources: Codec<LinuxContainerResources> = codec(encodeLinuxContainerResources, decodeLinuxContainerResources);

export interface HugepageLimit {
  pageSize: string;
  limit: number;
}

export function encodeHugepageLimit(m: Init<HugepageLimit>, w: Writer): Writer {
  if (m.pageSize !== undefined && m.pageSize.length > 0) w.uint32(10).string(m.pageSize);
  if (m.limit !== undefined && m.limit !== 0) w.uint32(16).uint64(m.limit);
  return w;
}

export function decodeHugepageLimit(r: Reader, end: number): HugepageLimit {
  const m: HugepageLimit = {
    pageSize: '',
    limit: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.pageSize = r.string();
        break;
      case 2:
        m.limit = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const HugepageLimit: Codec<HugepageLimit> = codec(encodeHugepageLimit, decodeHugepageLimit);

export interface SELinuxOption {
  user: string;
  role: string;
  type: string;
  level: string;
}

export function encodeSELinuxOption(m: Init<SELinuxOption>, w: Writer): Writer {
  if (m.user !== undefined && m.user.length > 0) w.uint32(10).string(m.user);
  if (m.role !== undefined && m.role.length > 0) w.uint32(18).string(m.role);
  if (m.type !== undefined && m.type.length > 0) w.uint32(26).string(m.type);
  if (m.level !== undefined && m.level.length > 0) w.uint32(34).string(m.level);
  return w;
}

export function decodeSELinuxOption(r: Reader, end: number): SELinuxOption {
  const m: SELinuxOption = {
    user: '',
    role: '',
    type: '',
    level: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.user = r.string();
        break;
      case 2:
        m.role = r.string();
        break;
      case 3:
        m.type = r.string();
        break;
      case 4:
        m.level = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SELinuxOption: Codec<SELinuxOption> = codec(encodeSELinuxOption, decodeSELinuxOption);

export interface Capability {
  addCapabilities: string[];
  dropCapabilities: string[];
  addAmbientCapabilities: string[];
}

export function encodeCapability(m: Init<Capability>, w: Writer): Writer {
  if (m.addCapabilities !== undefined) for (const item of m.addCapabilities) w.uint32(10).string(item);
  if (m.dropCapabilities !== undefined) for (const item of m.dropCapabilities) w.uint32(18).string(item);
  if (m.addAmbientCapabilities !== undefined) for (const item of m.addAmbientCapabilities) w.uint32(26).string(item);
  return w;
}

export function decodeCapability(r: Reader, end: number): Capability {
  const m: Capability = {
    addCapabilities: [],
    dropCapabilities: [],
    addAmbientCapabilities: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.addCapabilities.push(r.string());
        break;
      case 2:
        m.dropCapabilities.push(r.string());
        break;
      case 3:
        m.addAmbientCapabilities.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Capability: Codec<Capability> = codec(encodeCapability, decodeCapability);

export interface LinuxContainerSecurityContext {
  capabilities: Capability | undefined;
  privileged: boolean;
  namespaceOptions: NamespaceOption | undefined;
  selinuxOptions: SELinuxOption | undefined;
  runAsUser: Int64Value | undefined;
  runAsGroup: Int64Value | undefined;
  runAsUsername: string;
  readonlyRootfs: boolean;
  supplementalGroups: number[];
  supplementalGroupsPolicy: SupplementalGroupsPolicy;
  noNewPrivs: boolean;
  maskedPaths: string[];
  readonlyPaths: string[];
  seccomp: SecurityProfile | undefined;
  apparmor: SecurityProfile | undefined;
  apparmorProfile: string;
  seccompProfilePath: string;
}

export function encodeLinuxContainerSecurityContext(m: Init<LinuxContainerSecurityContext>, w: Writer): Writer {
  if (m.capabilities !== undefined) encodeCapability(m.capabilities, w.uint32(10).fork()).ldelim();
  if (m.privileged !== undefined && m.privileged) w.uint32(16).bool(m.privileged);
  if (m.namespaceOptions !== undefined) encodeNamespaceOption(m.namespaceOptions, w.uint32(26).fork()).ldelim();
  if (m.selinuxOptions !== undefined) encodeSELinuxOption(m.selinuxOptions, w.uint32(34).fork()).ldelim();
  if (m.runAsUser !== undefined) encodeInt64Value(m.runAsUser, w.uint32(42).fork()).ldelim();
  if (m.runAsGroup !== undefined) encodeInt64Value(m.runAsGroup, w.uint32(98).fork()).ldelim();
  if (m.runAsUsername !== undefined && m.runAsUsername.length > 0) w.uint32(50).string(m.runAsUsername);
  if (m.readonlyRootfs !== undefined && m.readonlyRootfs) w.uint32(56).bool(m.readonlyRootfs);
  if (m.supplementalGroups !== undefined && m.supplementalGroups.length > 0) {
    w.uint32(66).fork();
    for (const item of m.supplementalGroups) w.int64(item);
    w.ldelim();
  }
  if (m.supplementalGroupsPolicy !== undefined && m.supplementalGroupsPolicy !== 0) w.uint32(136).int32(m.supplementalGroupsPolicy);
  if (m.noNewPrivs !== undefined && m.noNewPrivs) w.uint32(88).bool(m.noNewPrivs);
  if (m.maskedPaths !== undefined) for (const item of m.maskedPaths) w.uint32(106).string(item);
  if (m.readonlyPaths !== undefined) for (const item of m.readonlyPaths) w.uint32(114).string(item);
  if (m.seccomp !== undefined) encodeSecurityProfile(m.seccomp, w.uint32(122).fork()).ldelim();
  if (m.apparmor !== undefined) encodeSecurityProfile(m.apparmor, w.uint32(130).fork()).ldelim();
  if (m.apparmorProfile !== undefined && m.apparmorProfile.length > 0) w.uint32(74).string(m.apparmorProfile);
  if (m.seccompProfilePath !== undefined && m.seccompProfilePath.length > 0) w.uint32(82).string(m.seccompProfilePath);
  return w;
}

export function decodeLinuxContainerSecurityContext(r: Reader, end: number): LinuxContainerSecurityContext {
  const m: LinuxContainerSecurityContext = {
    capabilities: undefined,
    privileged: false,
    namespaceOptions: undefined,
    selinuxOptions: undefined,
    runAsUser: undefined,
    runAsGroup: undefined,
    runAsUsername: '',
    readonlyRootfs: false,
    supplementalGroups: [],
    supplementalGroupsPolicy: SupplementalGroupsPolicy.Merge,
    noNewPrivs: false,
    maskedPaths: [],
    readonlyPaths: [],
    seccomp: undefined,
    apparmor: undefined,
    apparmorProfile: '',
    seccompProfilePath: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.capabilities = decodeCapability(r, r.uint32() + r.pos);
        break;
      case 2:
        m.privileged = r.bool();
        break;
      case 3:
        m.namespaceOptions = decodeNamespaceOption(r, r.uint32() + r.pos);
        break;
      case 4:
        m.selinuxOptions = decodeSELinuxOption(r, r.uint32() + r.pos);
        break;
      case 5:
        m.runAsUser = decodeInt64Value(r, r.uint32() + r.pos);
        break;
      case 12:
        m.runAsGroup = decodeInt64Value(r, r.uint32() + r.pos);
        break;
      case 6:
        m.runAsUsername = r.string();
        break;
      case 7:
        m.readonlyRootfs = r.bool();
        break;
      case 8:
        if ((tag & 7) === 2) {
          const packedEnd = r.uint32() + r.pos;
          while (r.pos < packedEnd) m.supplementalGroups.push(readInt64(r));
        } else m.supplementalGroups.push(readInt64(r));
        break;
      case 17:
        m.supplementalGroupsPolicy = r.int32() as SupplementalGroupsPolicy;
        break;
      case 11:
        m.noNewPrivs = r.bool();
        break;
      case 13:
        m.maskedPaths.push(r.string());
        break;
      case 14:
        m.readonlyPaths.push(r.string());
        break;
      case 15:
        m.seccomp = decodeSecurityProfile(r, r.uint32() + r.pos);
        break;
      case 16:
        m.apparmor = decodeSecurityProfile(r, r.uint32() + r.pos);
        break;
      case 9:
        m.apparmorProfile = r.string();
        break;
      case 10:
        m.seccompProfilePath = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxContainerSecurityContext: Codec<LinuxContainerSecurityContext> = codec(encodeLinuxContainerSecurityContext, decodeLinuxContainerSecurityContext);

export interface LinuxContainerConfig {
  resources: LinuxContainerResources | undefined;
  securityContext: LinuxContainerSecurityContext | undefined;
}

export function encodeLinuxContainerConfig(m: Init<LinuxContainerConfig>, w: Writer): Writer {
  if (m.resources !== undefined) encodeLinuxContainerResources(m.resources, w.uint32(10).fork()).ldelim();
  if (m.securityContext !== undefined) encodeLinuxContainerSecurityContext(m.securityContext, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeLinuxContainerConfig(r: Reader, end: number): LinuxContainerConfig {
  const m: LinuxContainerConfig = {
    resources: undefined,
    securityContext: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.resources = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      case 2:
        m.securityContext = decodeLinuxContainerSecurityContext(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxContainerConfig: Codec<LinuxContainerConfig> = codec(encodeLinuxContainerConfig, decodeLinuxContainerConfig);

export interface LinuxContainerUser {
  uid: number;
  gid: number;
  supplementalGroups: number[];
}

export function encodeLinuxContainerUser(m: Init<LinuxContainerUser>, w: Writer): Writer {
  if (m.uid !== undefined && m.uid !== 0) w.uint32(8).int64(m.uid);
  if (m.gid !== undefined && m.gid !== 0) w.uint32(16).int64(m.gid);
  if (m.supplementalGroups !== undefined && m.supplementalGroups.length > 0) {
    w.uint32(26).fork();
    for (const item of m.supplementalGroups) w.int64(item);
    w.ldelim();
  }
  return w;
}

export function decodeLinuxContainerUser(r: Reader, end: number): LinuxContainerUser {
  const m: LinuxContainerUser = {
    uid: 0,
    gid: 0,
    supplementalGroups: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.uid = readInt64(r);
        break;
      case 2:
        m.gid = readInt64(r);
        break;
      case 3:
        if ((tag & 7) === 2) {
          const packedEnd = r.uint32() + r.pos;
          while (r.pos < packedEnd) m.supplementalGroups.push(readInt64(r));
        } else m.supplementalGroups.push(readInt64(r));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxContainerUser: Codec<LinuxContainerUser> = codec(encodeLinuxContainerUser, decodeLinuxContainerUser);

export interface WindowsNamespaceOption {
  network: NamespaceMode;
}

export function encodeWindowsNamespaceOption(m: Init<WindowsNamespaceOption>, w: Writer): Writer {
  if (m.network !== undefined && m.network !== 0) w.uint32(8).int32(m.network);
  return w;
}

export function decodeWindowsNamespaceOption(r: Reader, end: number): WindowsNamespaceOption {
  const m: WindowsNamespaceOption = {
    network: NamespaceMode.POD,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.network = r.int32() as NamespaceMode;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsNamespaceOption: Codec<WindowsNamespaceOption> = codec(encodeWindowsNamespaceOption, decodeWindowsNamespaceOption);

export interface WindowsSandboxSecurityContext {
  runAsUsername: string;
  credentialSpec: string;
  hostProcess: boolean;
  namespaceOptions: WindowsNamespaceOption | undefined;
}

export function encodeWindowsSandboxSecurityContext(m: Init<WindowsSandboxSecurityContext>, w: Writer): Writer {
  if (m.runAsUsername !== undefined && m.runAsUsername.length > 0) w.uint32(10).string(m.runAsUsername);
  if (m.credentialSpec !== undefined && m.credentialSpec.length > 0) w.uint32(18).string(m.credentialSpec);
  if (m.hostProcess !== undefined && m.hostProcess) w.uint32(24).bool(m.hostProcess);
  if (m.namespaceOptions !== undefined) encodeWindowsNamespaceOption(m.namespaceOptions, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeWindowsSandboxSecurityContext(r: Reader, end: number): WindowsSandboxSecurityContext {
  const m: WindowsSandboxSecurityContext = {
    runAsUsername: '',
    credentialSpec: '',
    hostProcess: false,
    namespaceOptions: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.runAsUsername = r.string();
        break;
      case 2:
        m.credentialSpec = r.string();
        break;
      case 3:
        m.hostProcess = r.bool();
        break;
      case 4:
        m.namespaceOptions = decodeWindowsNamespaceOption(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsSandboxSecurityContext: Codec<WindowsSandboxSecurityContext> = codec(encodeWindowsSandboxSecurityContext, decodeWindowsSandboxSecurityContext);

export interface WindowsPodSandboxConfig {
  securityContext: WindowsSandboxSecurityContext | undefined;
}

export function encodeWindowsPodSandboxConfig(m: Init<WindowsPodSandboxConfig>, w: Writer): Writer {
  if (m.securityContext !== undefined) encodeWindowsSandboxSecurityContext(m.securityContext, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeWindowsPodSandboxConfig(r: Reader, end: number): WindowsPodSandboxConfig {
  const m: WindowsPodSandboxConfig = {
    securityContext: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.securityContext = decodeWindowsSandboxSecurityContext(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsPodSandboxConfig: Codec<WindowsPodSandboxConfig> = codec(encodeWindowsPodSandboxConfig, decodeWindowsPodSandboxConfig);

export interface WindowsContainerSecurityContext {
  runAsUsername: string;
  credentialSpec: string;
  hostProcess: boolean;
}

export function encodeWindowsContainerSecurityContext(m: Init<WindowsContainerSecurityContext>, w: Writer): Writer {
  if (m.runAsUsername !== undefined && m.runAsUsername.length > 0) w.uint32(10).string(m.runAsUsername);
  if (m.credentialSpec !== undefined && m.credentialSpec.length > 0) w.uint32(18).string(m.credentialSpec);
  if (m.hostProcess !== undefined && m.hostProcess) w.uint32(24).bool(m.hostProcess);
  return w;
}

export function decodeWindowsContainerSecurityContext(r: Reader, end: number): WindowsContainerSecurityContext {
  const m: WindowsContainerSecurityContext = {
    runAsUsername: '',
    credentialSpec: '',
    hostProcess: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.runAsUsername = r.string();
        break;
      case 2:
        m.credentialSpec = r.string();
        break;
      case 3:
        m.hostProcess = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsContainerSecurityContext: Codec<WindowsContainerSecurityContext> = codec(encodeWindowsContainerSecurityContext, decodeWindowsContainerSecurityContext);

export interface WindowsContainerConfig {
  resources: WindowsContainerResources | undefined;
  securityContext: WindowsContainerSecurityContext | undefined;
}

export function encodeWindowsContainerConfig(m: Init<WindowsContainerConfig>, w: Writer): Writer {
  if (m.resources !== undefined) encodeWindowsContainerResources(m.resources, w.uint32(10).fork()).ldelim();
  if (m.securityContext !== undefined) encodeWindowsContainerSecurityContext(m.securityContext, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeWindowsContainerConfig(r: Reader, end: number): WindowsContainerConfig {
  const m: WindowsContainerConfig = {
    resources: undefined,
    securityContext: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.resources = decodeWindowsContainerResources(r, r.uint32() + r.pos);
        break;
      case 2:
        m.securityContext = decodeWindowsContainerSecurityContext(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsContainerConfig: Codec<WindowsContainerConfig> = codec(encodeWindowsContainerConfig, decodeWindowsContainerConfig);

export interface WindowsContainerResources {
  cpuShares: number;
  cpuCount: number;
  cpuMaximum: number;
  memoryLimitInBytes: number;
  rootfsSizeInBytes: number;
  affinityCpus: WindowsCpuGroupAffinity[];
}

export function encodeWindowsContainerResources(m: Init<WindowsContainerResources>, w: Writer): Writer {
  if (m.cpuShares !== undefined && m.cpuShares !== 0) w.uint32(8).int64(m.cpuShares);
  if (m.cpuCount !== undefined && m.cpuCount !== 0) w.uint32(16).int64(m.cpuCount);
  if (m.cpuMaximum !== undefined && m.cpuMaximum !== 0) w.uint32(24).int64(m.cpuMaximum);
  if (m.memoryLimitInBytes !== undefined && m.memoryLimitInBytes !== 0) w.uint32(32).int64(m.memoryLimitInBytes);
  if (m.rootfsSizeInBytes !== undefined && m.rootfsSizeInBytes !== 0) w.uint32(40).int64(m.rootfsSizeInBytes);
  if (m.affinityCpus !== undefined) for (const item of m.affinityCpus) encodeWindowsCpuGroupAffinity(item, w.uint32(50).fork()).ldelim();
  return w;
}

export function decodeWindowsContainerResources(r: Reader, end: number): WindowsContainerResources {
  const m: WindowsContainerResources = {
    cpuShares: 0,
    cpuCount: 0,
    cpuMaximum: 0,
    memoryLimitInBytes: 0,
    rootfsSizeInBytes: 0,
    affinityCpus: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cpuShares = readInt64(r);
        break;
      case 2:
        m.cpuCount = readInt64(r);
        break;
      case 3:
        m.cpuMaximum = readInt64(r);
        break;
      case 4:
        m.memoryLimitInBytes = readInt64(r);
        break;
      case 5:
        m.rootfsSizeInBytes = readInt64(r);
        break;
      case 6:
        m.affinityCpus.push(decodeWindowsCpuGroupAffinity(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsContainerResources: Codec<WindowsContainerResources> = codec(encodeWindowsContainerResources, decodeWindowsContainerResources);

export interface WindowsCpuGroupAffinity {
  cpuMask: number;
  cpuGroup: number;
}

export function encodeWindowsCpuGroupAffinity(m: Init<WindowsCpuGroupAffinity>, w: Writer): Writer {
  if (m.cpuMask !== undefined && m.cpuMask !== 0) w.uint32(8).uint64(m.cpuMask);
  if (m.cpuGroup !== undefined && m.cpuGroup !== 0) w.uint32(16).uint32(m.cpuGroup);
  return w;
}

export function decodeWindowsCpuGroupAffinity(r: Reader, end: number): WindowsCpuGroupAffinity {
  const m: WindowsCpuGroupAffinity = {
    cpuMask: 0,
    cpuGroup: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cpuMask = readUint64(r);
        break;
      case 2:
        m.cpuGroup = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsCpuGroupAffinity: Codec<WindowsCpuGroupAffinity> = codec(encodeWindowsCpuGroupAffinity, decodeWindowsCpuGroupAffinity);

export interface ContainerMetadata {
  name: string;
  attempt: number;
}

export function encodeContainerMetadata(m: Init<ContainerMetadata>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.attempt !== undefined && m.attempt !== 0) w.uint32(16).uint32(m.attempt);
  return w;
}

export function decodeContainerMetadata(r: Reader, end: number): ContainerMetadata {
  const m: ContainerMetadata = {
    name: '',
    attempt: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.attempt = r.uint32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerMetadata: Codec<ContainerMetadata> = codec(encodeContainerMetadata, decodeContainerMetadata);

export interface Device {
  containerPath: string;
  hostPath: string;
  permissions: string;
}

export function encodeDevice(m: Init<Device>, w: Writer): Writer {
  if (m.containerPath !== undefined && m.containerPath.length > 0) w.uint32(10).string(m.containerPath);
  if (m.hostPath !== undefined && m.hostPath.length > 0) w.uint32(18).string(m.hostPath);
  if (m.permissions !== undefined && m.permissions.length > 0) w.uint32(26).string(m.permissions);
  return w;
}

export function decodeDevice(r: Reader, end: number): Device {
  const m: Device = {
    containerPath: '',
    hostPath: '',
    permissions: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerPath = r.string();
        break;
      case 2:
        m.hostPath = r.string();
        break;
      case 3:
        m.permissions = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Device: Codec<Device> = codec(encodeDevice, decodeDevice);

export interface CDIDevice {
  name: string;
}

export function encodeCDIDevice(m: Init<CDIDevice>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  return w;
}

export function decodeCDIDevice(r: Reader, end: number): CDIDevice {
  const m: CDIDevice = {
    name: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CDIDevice: Codec<CDIDevice> = codec(encodeCDIDevice, decodeCDIDevice);

export interface ContainerConfig {
  metadata: ContainerMetadata | undefined;
  image: ImageSpec | undefined;
  command: string[];
  args: string[];
  workingDir: string;
  envs: KeyValue[];
  mounts: Mount[];
  devices: Device[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  linux: LinuxContainerConfig | undefined;
  windows: WindowsContainerConfig | undefined;
  CDIDevices: CDIDevice[];
  stopSignal: Signal;
}

export function encodeContainerConfig(m: Init<ContainerConfig>, w: Writer): Writer {
  if (m.metadata !== undefined) encodeContainerMetadata(m.metadata, w.uint32(10).fork()).ldelim();
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(18).fork()).ldelim();
  if (m.command !== undefined) for (const item of m.command) w.uint32(26).string(item);
  if (m.args !== undefined) for (const item of m.args) w.uint32(34).string(item);
  if (m.workingDir !== undefined && m.workingDir.length > 0) w.uint32(42).string(m.workingDir);
  if (m.envs !== undefined) for (const item of m.envs) encodeKeyValue(item, w.uint32(50).fork()).ldelim();
  if (m.mounts !== undefined) for (const item of m.mounts) encodeMount(item, w.uint32(58).fork()).ldelim();
  if (m.devices !== undefined) for (const item of m.devices) encodeDevice(item, w.uint32(66).fork()).ldelim();
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(74).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(82).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.logPath !== undefined && m.logPath.length > 0) w.uint32(90).string(m.logPath);
  if (m.stdin !== undefined && m.stdin) w.uint32(96).bool(m.stdin);
  if (m.stdinOnce !== undefined && m.stdinOnce) w.uint32(104).bool(m.stdinOnce);
  if (m.tty !== undefined && m.tty) w.uint32(112).bool(m.tty);
  if (m.linux !== undefined) encodeLinuxContainerConfig(m.linux, w.uint32(122).fork()).ldelim();
  if (m.windows !== undefined) encodeWindowsContainerConfig(m.windows, w.uint32(130).fork()).ldelim();
  if (m.CDIDevices !== undefined) for (const item of m.CDIDevices) encodeCDIDevice(item, w.uint32(138).fork()).ldelim();
  if (m.stopSignal !== undefined && m.stopSignal !== 0) w.uint32(144).int32(m.stopSignal);
  return w;
}

export function decodeContainerConfig(r: Reader, end: number): ContainerConfig {
  const m: ContainerConfig = {
    metadata: undefined,
    image: undefined,
    command: [],
    args: [],
    workingDir: '',
    envs: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: '',
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: undefined,
    windows: undefined,
    CDIDevices: [],
    stopSignal: Signal.RUNTIME_DEFAULT,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.metadata = decodeContainerMetadata(r, r.uint32() + r.pos);
        break;
      case 2:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 3:
        m.command.push(r.string());
        break;
      case 4:
        m.args.push(r.string());
        break;
      case 5:
        m.workingDir = r.string();
        break;
      case 6:
        m.envs.push(decodeKeyValue(r, r.uint32() + r.pos));
        break;
      case 7:
        m.mounts.push(decodeMount(r, r.uint32() + r.pos));
        break;
      case 8:
        m.devices.push(decodeDevice(r, r.uint32() + r.pos));
        break;
      case 9: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 10: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 11:
        m.logPath = r.string();
        break;
      case 12:
        m.stdin = r.bool();
        break;
      case 13:
        m.stdinOnce = r.bool();
        break;
      case 14:
        m.tty = r.bool();
        break;
      case 15:
        m.linux = decodeLinuxContainerConfig(r, r.uint32() + r.pos);
        break;
      case 16:
        m.windows = decodeWindowsContainerConfig(r, r.uint32() + r.pos);
        break;
      case 17:
        m.CDIDevices.push(decodeCDIDevice(r, r.uint32() + r.pos));
        break;
      case 18:
        m.stopSignal = r.int32() as Signal;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerConfig: Codec<ContainerConfig> = codec(encodeContainerConfig, decodeContainerConfig);

export interface CreateContainerRequest {
  podSandboxId: string;
  config: ContainerConfig | undefined;
  sandboxConfig: PodSandboxConfig | undefined;
}

export function encodeCreateContainerRequest(m: Init<CreateContainerRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  if (m.config !== undefined) encodeContainerConfig(m.config, w.uint32(18).fork()).ldelim();
  if (m.sandboxConfig !== undefined) encodePodSandboxConfig(m.sandboxConfig, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeCreateContainerRequest(r: Reader, end: number): CreateContainerRequest {
  const m: CreateContainerRequest = {
    podSandboxId: '',
    config: undefined,
    sandboxConfig: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      case 2:
        m.config = decodeContainerConfig(r, r.uint32() + r.pos);
        break;
      case 3:
        m.sandboxConfig = decodePodSandboxConfig(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CreateContainerRequest: Codec<CreateContainerRequest> = codec(encodeCreateContainerRequest, decodeCreateContainerRequest);

export interface CreateContainerResponse {
  containerId: string;
}

export function encodeCreateContainerResponse(m: Init<CreateContainerResponse>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  return w;
}

export function decodeCreateContainerResponse(r: Reader, end: number): CreateContainerResponse {
  const m: CreateContainerResponse = {
    containerId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CreateContainerResponse: Codec<CreateContainerResponse> = codec(encodeCreateContainerResponse, decodeCreateContainerResponse);

export interface StartContainerRequest {
  containerId: string;
}

export function encodeStartContainerRequest(m: Init<StartContainerRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  return w;
}

export function decodeStartContainerRequest(r: Reader, end: number): StartContainerRequest {
  const m: StartContainerRequest = {
    containerId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StartContainerRequest: Codec<StartContainerRequest> = codec(encodeStartContainerRequest, decodeStartContainerRequest);

export interface StartContainerResponse {

}

export function encodeStartContainerResponse(_m: Init<StartContainerResponse>, w: Writer): Writer {

  return w;
}

export function decodeStartContainerResponse(r: Reader, end: number): StartContainerResponse {
  const m: StartContainerResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StartContainerResponse: Codec<StartContainerResponse> = codec(encodeStartContainerResponse, decodeStartContainerResponse);

export interface StopContainerRequest {
  containerId: string;
  timeout: number;
}

export function encodeStopContainerRequest(m: Init<StopContainerRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.timeout !== undefined && m.timeout !== 0) w.uint32(16).int64(m.timeout);
  return w;
}

export function decodeStopContainerRequest(r: Reader, end: number): StopContainerRequest {
  const m: StopContainerRequest = {
    containerId: '',
    timeout: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.timeout = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StopContainerRequest: Codec<StopContainerRequest> = codec(encodeStopContainerRequest, decodeStopContainerRequest);

export interface StopContainerResponse {

}

export function encodeStopContainerResponse(_m: Init<StopContainerResponse>, w: Writer): Writer {

  return w;
}

export function decodeStopContainerResponse(r: Reader, end: number): StopContainerResponse {
  const m: StopContainerResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StopContainerResponse: Codec<StopContainerResponse> = codec(encodeStopContainerResponse, decodeStopContainerResponse);

export interface RemoveContainerRequest {
  containerId: string;
}

export function encodeRemoveContainerRequest(m: Init<RemoveContainerRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  return w;
}

export function decodeRemoveContainerRequest(r: Reader, end: number): RemoveContainerRequest {
  const m: RemoveContainerRequest = {
    containerId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemoveContainerRequest: Codec<RemoveContainerRequest> = codec(encodeRemoveContainerRequest, decodeRemoveContainerRequest);

export interface RemoveContainerResponse {

}

export function encodeRemoveContainerResponse(_m: Init<RemoveContainerResponse>, w: Writer): Writer {

  return w;
}

export function decodeRemoveContainerResponse(r: Reader, end: number): RemoveContainerResponse {
  const m: RemoveContainerResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemoveContainerResponse: Codec<RemoveContainerResponse> = codec(encodeRemoveContainerResponse, decodeRemoveContainerResponse);

export interface ContainerStateValue {
  state: ContainerState;
}

export function encodeContainerStateValue(m: Init<ContainerStateValue>, w: Writer): Writer {
  if (m.state !== undefined && m.state !== 0) w.uint32(8).int32(m.state);
  return w;
}

export function decodeContainerStateValue(r: Reader, end: number): ContainerStateValue {
  const m: ContainerStateValue = {
    state: ContainerState.CONTAINER_CREATED,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.state = r.int32() as ContainerState;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStateValue: Codec<ContainerStateValue> = codec(encodeContainerStateValue, decodeContainerStateValue);

export interface ContainerFilter {
  id: string;
  state: ContainerStateValue | undefined;
  podSandboxId: string;
  labelSelector: Record<string, string>;
}

export function encodeContainerFilter(m: Init<ContainerFilter>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.state !== undefined) encodeContainerStateValue(m.state, w.uint32(18).fork()).ldelim();
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(26).string(m.podSandboxId);
  if (m.labelSelector !== undefined) for (const [key, item] of Object.entries(m.labelSelector)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeContainerFilter(r: Reader, end: number): ContainerFilter {
  const m: ContainerFilter = {
    id: '',
    state: undefined,
    podSandboxId: '',
    labelSelector: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.state = decodeContainerStateValue(r, r.uint32() + r.pos);
        break;
      case 3:
        m.podSandboxId = r.string();
        break;
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labelSelector[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerFilter: Codec<ContainerFilter> = codec(encodeContainerFilter, decodeContainerFilter);

export interface ListContainersRequest {
  filter: ContainerFilter | undefined;
}

export function encodeListContainersRequest(m: Init<ListContainersRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeContainerFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListContainersRequest(r: Reader, end: number): ListContainersRequest {
  const m: ListContainersRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeContainerFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListContainersRequest: Codec<ListContainersRequest> = codec(encodeListContainersRequest, decodeListContainersRequest);

export interface Container {
  id: string;
  podSandboxId: string;
  metadata: ContainerMetadata | undefined;
  image: ImageSpec | undefined;
  imageRef: string;
  state: ContainerState;
  createdAt: bigint;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  imageId: string;
}

export function encodeContainer(m: Init<Container>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(18).string(m.podSandboxId);
  if (m.metadata !== undefined) encodeContainerMetadata(m.metadata, w.uint32(26).fork()).ldelim();
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(34).fork()).ldelim();
  if (m.imageRef !== undefined && m.imageRef.length > 0) w.uint32(42).string(m.imageRef);
  if (m.state !== undefined && m.state !== 0) w.uint32(48).int32(m.state);
  if (m.createdAt !== undefined && m.createdAt !== 0n) w.uint32(56).int64(writeBigInt(m.createdAt));
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(66).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(74).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.imageId !== undefined && m.imageId.length > 0) w.uint32(82).string(m.imageId);
  return w;
}

export function decodeContainer(r: Reader, end: number): Container {
  const m: Container = {
    id: '',
    podSandboxId: '',
    metadata: undefined,
    image: undefined,
    imageRef: '',
    state: ContainerState.CONTAINER_CREATED,
    createdAt: 0n,
    labels: {},
    annotations: {},
    imageId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.podSandboxId = r.string();
        break;
      case 3:
        m.metadata = decodeContainerMetadata(r, r.uint32() + r.pos);
        break;
      case 4:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 5:
        m.imageRef = r.string();
        break;
      case 6:
        m.state = r.int32() as ContainerState;
        break;
      case 7:
        m.createdAt = readBigInt64(r);
        break;
      case 8: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 9: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 10:
        m.imageId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Container: Codec<Container> = codec(encodeContainer, decodeContainer);

export interface ListContainersResponse {
  containers: Container[];
}

export function encodeListContainersResponse(m: Init<ListContainersResponse>, w: Writer): Writer {
  if (m.containers !== undefined) for (const item of m.containers) encodeContainer(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListContainersResponse(r: Reader, end: number): ListContainersResponse {
  const m: ListContainersResponse = {
    containers: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containers.push(decodeContainer(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListContainersResponse: Codec<ListContainersResponse> = codec(encodeListContainersResponse, decodeListContainersResponse);

export interface StreamContainersRequest {
  filter: ContainerFilter | undefined;
}

export function encodeStreamContainersRequest(m: Init<StreamContainersRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeContainerFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamContainersRequest(r: Reader, end: number): StreamContainersRequest {
  const m: StreamContainersRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeContainerFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamContainersRequest: Codec<StreamContainersRequest> = codec(encodeStreamContainersRequest, decodeStreamContainersRequest);

export interface StreamContainersResponse {
  containers: Container[];
}

export function encodeStreamContainersResponse(m: Init<StreamContainersResponse>, w: Writer): Writer {
  if (m.containers !== undefined) for (const item of m.containers) encodeContainer(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamContainersResponse(r: Reader, end: number): StreamContainersResponse {
  const m: StreamContainersResponse = {
    containers: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containers.push(decodeContainer(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamContainersResponse: Codec<StreamContainersResponse> = codec(encodeStreamContainersResponse, decodeStreamContainersResponse);

export interface ContainerStatusRequest {
  containerId: string;
  verbose: boolean;
}

export function encodeContainerStatusRequest(m: Init<ContainerStatusRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.verbose !== undefined && m.verbose) w.uint32(16).bool(m.verbose);
  return w;
}

export function decodeContainerStatusRequest(r: Reader, end: number): ContainerStatusRequest {
  const m: ContainerStatusRequest = {
    containerId: '',
    verbose: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.verbose = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatusRequest: Codec<ContainerStatusRequest> = codec(encodeContainerStatusRequest, decodeContainerStatusRequest);

export interface ContainerStatus {
  id: string;
  metadata: ContainerMetadata | undefined;
  state: ContainerState;
  createdAt: bigint;
  startedAt: bigint;
  finishedAt: bigint;
  exitCode: number;
  image: ImageSpec | undefined;
  imageRef: string;
  reason: string;
  message: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  mounts: Mount[];
  logPath: string;
  resources: ContainerResources | undefined;
  imageId: string;
  user: ContainerUser | undefined;
  stopSignal: Signal;
}

export function encodeContainerStatus(m: Init<ContainerStatus>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.metadata !== undefined) encodeContainerMetadata(m.metadata, w.uint32(18).fork()).ldelim();
  if (m.state !== undefined && m.state !== 0) w.uint32(24).int32(m.state);
  if (m.createdAt !== undefined && m.createdAt !== 0n) w.uint32(32).int64(writeBigInt(m.createdAt));
  if (m.startedAt !== undefined && m.startedAt !== 0n) w.uint32(40).int64(writeBigInt(m.startedAt));
  if (m.finishedAt !== undefined && m.finishedAt !== 0n) w.uint32(48).int64(writeBigInt(m.finishedAt));
  if (m.exitCode !== undefined && m.exitCode !== 0) w.uint32(56).int32(m.exitCode);
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(66).fork()).ldelim();
  if (m.imageRef !== undefined && m.imageRef.length > 0) w.uint32(74).string(m.imageRef);
  if (m.reason !== undefined && m.reason.length > 0) w.uint32(82).string(m.reason);
  if (m.message !== undefined && m.message.length > 0) w.uint32(90).string(m.message);
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(98).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(106).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.mounts !== undefined) for (const item of m.mounts) encodeMount(item, w.uint32(114).fork()).ldelim();
  if (m.logPath !== undefined && m.logPath.length > 0) w.uint32(122).string(m.logPath);
  if (m.resources !== undefined) encodeContainerResources(m.resources, w.uint32(130).fork()).ldelim();
  if (m.imageId !== undefined && m.imageId.length > 0) w.uint32(138).string(m.imageId);
  if (m.user !== undefined) encodeContainerUser(m.user, w.uint32(146).fork()).ldelim();
  if (m.stopSignal !== undefined && m.stopSignal !== 0) w.uint32(152).int32(m.stopSignal);
  return w;
}

export function decodeContainerStatus(r: Reader, end: number): ContainerStatus {
  const m: ContainerStatus = {
    id: '',
    metadata: undefined,
    state: ContainerState.CONTAINER_CREATED,
    createdAt: 0n,
    startedAt: 0n,
    finishedAt: 0n,
    exitCode: 0,
    image: undefined,
    imageRef: '',
    reason: '',
    message: '',
    labels: {},
    annotations: {},
    mounts: [],
    logPath: '',
    resources: undefined,
    imageId: '',
    user: undefined,
    stopSignal: Signal.RUNTIME_DEFAULT,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.metadata = decodeContainerMetadata(r, r.uint32() + r.pos);
        break;
      case 3:
        m.state = r.int32() as ContainerState;
        break;
      case 4:
        m.createdAt = readBigInt64(r);
        break;
      case 5:
        m.startedAt = readBigInt64(r);
        break;
      case 6:
        m.finishedAt = readBigInt64(r);
        break;
      case 7:
        m.exitCode = r.int32();
        break;
      case 8:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 9:
        m.imageRef = r.string();
        break;
      case 10:
        m.reason = r.string();
        break;
      case 11:
        m.message = r.string();
        break;
      case 12: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 13: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      case 14:
        m.mounts.push(decodeMount(r, r.uint32() + r.pos));
        break;
      case 15:
        m.logPath = r.string();
        break;
      case 16:
        m.resources = decodeContainerResources(r, r.uint32() + r.pos);
        break;
      case 17:
        m.imageId = r.string();
        break;
      case 18:
        m.user = decodeContainerUser(r, r.uint32() + r.pos);
        break;
      case 19:
        m.stopSignal = r.int32() as Signal;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatus: Codec<ContainerStatus> = codec(encodeContainerStatus, decodeContainerStatus);

export interface ContainerStatusResponse {
  status: ContainerStatus | undefined;
  info: Record<string, string>;
}

export function encodeContainerStatusResponse(m: Init<ContainerStatusResponse>, w: Writer): Writer {
  if (m.status !== undefined) encodeContainerStatus(m.status, w.uint32(10).fork()).ldelim();
  if (m.info !== undefined) for (const [key, item] of Object.entries(m.info)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeContainerStatusResponse(r: Reader, end: number): ContainerStatusResponse {
  const m: ContainerStatusResponse = {
    status: undefined,
    info: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.status = decodeContainerStatus(r, r.uint32() + r.pos);
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.info[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatusResponse: Codec<ContainerStatusResponse> = codec(encodeContainerStatusResponse, decodeContainerStatusResponse);

export interface ContainerResources {
  linux: LinuxContainerResources | undefined;
  windows: WindowsContainerResources | undefined;
}

export function encodeContainerResources(m: Init<ContainerResources>, w: Writer): Writer {
  if (m.linux !== undefined) encodeLinuxContainerResources(m.linux, w.uint32(10).fork()).ldelim();
  if (m.windows !== undefined) encodeWindowsContainerResources(m.windows, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeContainerResources(r: Reader, end: number): ContainerResources {
  const m: ContainerResources = {
    linux: undefined,
    windows: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.linux = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      case 2:
        m.windows = decodeWindowsContainerResources(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerResources: Codec<ContainerResources> = codec(encodeContainerResources, decodeContainerResources);

export interface ContainerUser {
  linux: LinuxContainerUser | undefined;
}

export function encodeContainerUser(m: Init<ContainerUser>, w: Writer): Writer {
  if (m.linux !== undefined) encodeLinuxContainerUser(m.linux, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeContainerUser(r: Reader, end: number): ContainerUser {
  const m: ContainerUser = {
    linux: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.linux = decodeLinuxContainerUser(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerUser: Codec<ContainerUser> = codec(encodeContainerUser, decodeContainerUser);

export interface UpdateContainerResourcesRequest {
  containerId: string;
  linux: LinuxContainerResources | undefined;
  windows: WindowsContainerResources | undefined;
  annotations: Record<string, string>;
}

export function encodeUpdateContainerResourcesRequest(m: Init<UpdateContainerResourcesRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.linux !== undefined) encodeLinuxContainerResources(m.linux, w.uint32(18).fork()).ldelim();
  if (m.windows !== undefined) encodeWindowsContainerResources(m.windows, w.uint32(26).fork()).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeUpdateContainerResourcesRequest(r: Reader, end: number): UpdateContainerResourcesRequest {
  const m: UpdateContainerResourcesRequest = {
    containerId: '',
    linux: undefined,
    windows: undefined,
    annotations: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.linux = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      case 3:
        m.windows = decodeWindowsContainerResources(r, r.uint32() + r.pos);
        break;
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdateContainerResourcesRequest: Codec<UpdateContainerResourcesRequest> = codec(encodeUpdateContainerResourcesRequest, decodeUpdateContainerResourcesRequest);

export interface UpdateContainerResourcesResponse {

}

export function encodeUpdateContainerResourcesResponse(_m: Init<UpdateContainerResourcesResponse>, w: Writer): Writer {

  return w;
}

export function decodeUpdateContainerResourcesResponse(r: Reader, end: number): UpdateContainerResourcesResponse {
  const m: UpdateContainerResourcesResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdateContainerResourcesResponse: Codec<UpdateContainerResourcesResponse> = codec(encodeUpdateContainerResourcesResponse, decodeUpdateContainerResourcesResponse);

export interface ExecSyncRequest {
  containerId: string;
  cmd: string[];
  timeout: number;
}

export function encodeExecSyncRequest(m: Init<ExecSyncRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.cmd !== undefined) for (const item of m.cmd) w.uint32(18).string(item);
  if (m.timeout !== undefined && m.timeout !== 0) w.uint32(24).int64(m.timeout);
  return w;
}

export function decodeExecSyncRequest(r: Reader, end: number): ExecSyncRequest {
  const m: ExecSyncRequest = {
    containerId: '',
    cmd: [],
    timeout: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.cmd.push(r.string());
        break;
      case 3:
        m.timeout = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecSyncRequest: Codec<ExecSyncRequest> = codec(encodeExecSyncRequest, decodeExecSyncRequest);

export interface ExecSyncResponse {
  stdout: Buffer;
  stderr: Buffer;
  exitCode: number;
}

export function encodeExecSyncResponse(m: Init<ExecSyncResponse>, w: Writer): Writer {
  if (m.stdout !== undefined && m.stdout.length > 0) w.uint32(10).bytes(m.stdout);
  if (m.stderr !== undefined && m.stderr.length > 0) w.uint32(18).bytes(m.stderr);
  if (m.exitCode !== undefined && m.exitCode !== 0) w.uint32(24).int32(m.exitCode);
  return w;
}

export function decodeExecSyncResponse(r: Reader, end: number): ExecSyncResponse {
  const m: ExecSyncResponse = {
    stdout: EMPTY,
    stderr: EMPTY,
    exitCode: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stdout = readBytes(r);
        break;
      case 2:
        m.stderr = readBytes(r);
        break;
      case 3:
        m.exitCode = r.int32();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecSyncResponse: Codec<ExecSyncResponse> = codec(encodeExecSyncResponse, decodeExecSyncResponse);

export interface ExecRequest {
  containerId: string;
  cmd: string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  auditRequestId: string;
}

export function encodeExecRequest(m: Init<ExecRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.cmd !== undefined) for (const item of m.cmd) w.uint32(18).string(item);
  if (m.tty !== undefined && m.tty) w.uint32(24).bool(m.tty);
  if (m.stdin !== undefined && m.stdin) w.uint32(32).bool(m.stdin);
  if (m.stdout !== undefined && m.stdout) w.uint32(40).bool(m.stdout);
  if (m.stderr !== undefined && m.stderr) w.uint32(48).bool(m.stderr);
  if (m.auditRequestId !== undefined && m.auditRequestId.length > 0) w.uint32(58).string(m.auditRequestId);
  return w;
}

export function decodeExecRequest(r: Reader, end: number): ExecRequest {
  const m: ExecRequest = {
    containerId: '',
    cmd: [],
    tty: false,
    stdin: false,
    stdout: false,
    stderr: false,
    auditRequestId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.cmd.push(r.string());
        break;
      case 3:
        m.tty = r.bool();
        break;
      case 4:
        m.stdin = r.bool();
        break;
      case 5:
        m.stdout = r.bool();
        break;
      case 6:
        m.stderr = r.bool();
        break;
      case 7:
        m.auditRequestId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecRequest: Codec<ExecRequest> = codec(encodeExecRequest, decodeExecRequest);

export interface ExecResponse {
  url: string;
}

export function encodeExecResponse(m: Init<ExecResponse>, w: Writer): Writer {
  if (m.url !== undefined && m.url.length > 0) w.uint32(10).string(m.url);
  return w;
}

export function decodeExecResponse(r: Reader, end: number): ExecResponse {
  const m: ExecResponse = {
    url: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.url = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ExecResponse: Codec<ExecResponse> = codec(encodeExecResponse, decodeExecResponse);

export interface AttachRequest {
  containerId: string;
  stdin: boolean;
  tty: boolean;
  stdout: boolean;
  stderr: boolean;
  auditRequestId: string;
}

export function encodeAttachRequest(m: Init<AttachRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.stdin !== undefined && m.stdin) w.uint32(16).bool(m.stdin);
  if (m.tty !== undefined && m.tty) w.uint32(24).bool(m.tty);
  if (m.stdout !== undefined && m.stdout) w.uint32(32).bool(m.stdout);
  if (m.stderr !== undefined && m.stderr) w.uint32(40).bool(m.stderr);
  if (m.auditRequestId !== undefined && m.auditRequestId.length > 0) w.uint32(50).string(m.auditRequestId);
  return w;
}

export function decodeAttachRequest(r: Reader, end: number): AttachRequest {
  const m: AttachRequest = {
    containerId: '',
    stdin: false,
    tty: false,
    stdout: false,
    stderr: false,
    auditRequestId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.stdin = r.bool();
        break;
      case 3:
        m.tty = r.bool();
        break;
      case 4:
        m.stdout = r.bool();
        break;
      case 5:
        m.stderr = r.bool();
        break;
      case 6:
        m.auditRequestId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AttachRequest: Codec<AttachRequest> = codec(encodeAttachRequest, decodeAttachRequest);

export interface AttachResponse {
  url: string;
}

export function encodeAttachResponse(m: Init<AttachResponse>, w: Writer): Writer {
  if (m.url !== undefined && m.url.length > 0) w.uint32(10).string(m.url);
  return w;
}

export function decodeAttachResponse(r: Reader, end: number): AttachResponse {
  const m: AttachResponse = {
    url: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.url = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AttachResponse: Codec<AttachResponse> = codec(encodeAttachResponse, decodeAttachResponse);

export interface PortForwardRequest {
  podSandboxId: string;
  port: number[];
}

export function encodePortForwardRequest(m: Init<PortForwardRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  if (m.port !== undefined && m.port.length > 0) {
    w.uint32(18).fork();
    for (const item of m.port) w.int32(item);
    w.ldelim();
  }
  return w;
}

export function decodePortForwardRequest(r: Reader, end: number): PortForwardRequest {
  const m: PortForwardRequest = {
    podSandboxId: '',
    port: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      case 2:
        if ((tag & 7) === 2) {
          const packedEnd = r.uint32() + r.pos;
          while (r.pos < packedEnd) m.port.push(r.int32());
        } else m.port.push(r.int32());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortForwardRequest: Codec<PortForwardRequest> = codec(encodePortForwardRequest, decodePortForwardRequest);

export interface PortForwardResponse {
  url: string;
}

export function encodePortForwardResponse(m: Init<PortForwardResponse>, w: Writer): Writer {
  if (m.url !== undefined && m.url.length > 0) w.uint32(10).string(m.url);
  return w;
}

export function decodePortForwardResponse(r: Reader, end: number): PortForwardResponse {
  const m: PortForwardResponse = {
    url: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.url = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PortForwardResponse: Codec<PortForwardResponse> = codec(encodePortForwardResponse, decodePortForwardResponse);

export interface ImageFilter {
  image: ImageSpec | undefined;
}

export function encodeImageFilter(m: Init<ImageFilter>, w: Writer): Writer {
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeImageFilter(r: Reader, end: number): ImageFilter {
  const m: ImageFilter = {
    image: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageFilter: Codec<ImageFilter> = codec(encodeImageFilter, decodeImageFilter);

export interface ListImagesRequest {
  filter: ImageFilter | undefined;
}

export function encodeListImagesRequest(m: Init<ListImagesRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeImageFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListImagesRequest(r: Reader, end: number): ListImagesRequest {
  const m: ListImagesRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeImageFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListImagesRequest: Codec<ListImagesRequest> = codec(encodeListImagesRequest, decodeListImagesRequest);

export interface Image {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  size: number;
  uid: Int64Value | undefined;
  username: string;
  spec: ImageSpec | undefined;
  pinned: boolean;
}

export function encodeImage(m: Init<Image>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.repoTags !== undefined) for (const item of m.repoTags) w.uint32(18).string(item);
  if (m.repoDigests !== undefined) for (const item of m.repoDigests) w.uint32(26).string(item);
  if (m.size !== undefined && m.size !== 0) w.uint32(32).uint64(m.size);
  if (m.uid !== undefined) encodeInt64Value(m.uid, w.uint32(42).fork()).ldelim();
  if (m.username !== undefined && m.username.length > 0) w.uint32(50).string(m.username);
  if (m.spec !== undefined) encodeImageSpec(m.spec, w.uint32(58).fork()).ldelim();
  if (m.pinned !== undefined && m.pinned) w.uint32(64).bool(m.pinned);
  return w;
}

export function decodeImage(r: Reader, end: number): Image {
  const m: Image = {
    id: '',
    repoTags: [],
    repoDigests: [],
    size: 0,
    uid: undefined,
    username: '',
    spec: undefined,
    pinned: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.repoTags.push(r.string());
        break;
      case 3:
        m.repoDigests.push(r.string());
        break;
      case 4:
        m.size = readUint64(r);
        break;
      case 5:
        m.uid = decodeInt64Value(r, r.uint32() + r.pos);
        break;
      case 6:
        m.username = r.string();
        break;
      case 7:
        m.spec = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 8:
        m.pinned = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Image: Codec<Image> = codec(encodeImage, decodeImage);

export interface ListImagesResponse {
  images: Image[];
}

export function encodeListImagesResponse(m: Init<ListImagesResponse>, w: Writer): Writer {
  if (m.images !== undefined) for (const item of m.images) encodeImage(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListImagesResponse(r: Reader, end: number): ListImagesResponse {
  const m: ListImagesResponse = {
    images: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.images.push(decodeImage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListImagesResponse: Codec<ListImagesResponse> = codec(encodeListImagesResponse, decodeListImagesResponse);

export interface StreamImagesRequest {
  filter: ImageFilter | undefined;
}

export function encodeStreamImagesRequest(m: Init<StreamImagesRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeImageFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamImagesRequest(r: Reader, end: number): StreamImagesRequest {
  const m: StreamImagesRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeImageFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamImagesRequest: Codec<StreamImagesRequest> = codec(encodeStreamImagesRequest, decodeStreamImagesRequest);

export interface StreamImagesResponse {
  images: Image[];
}

export function encodeStreamImagesResponse(m: Init<StreamImagesResponse>, w: Writer): Writer {
  if (m.images !== undefined) for (const item of m.images) encodeImage(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamImagesResponse(r: Reader, end: number): StreamImagesResponse {
  const m: StreamImagesResponse = {
    images: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.images.push(decodeImage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamImagesResponse: Codec<StreamImagesResponse> = codec(encodeStreamImagesResponse, decodeStreamImagesResponse);

export interface ImageStatusRequest {
  image: ImageSpec | undefined;
  verbose: boolean;
}

export function encodeImageStatusRequest(m: Init<ImageStatusRequest>, w: Writer): Writer {
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(10).fork()).ldelim();
  if (m.verbose !== undefined && m.verbose) w.uint32(16).bool(m.verbose);
  return w;
}

export function decodeImageStatusRequest(r: Reader, end: number): ImageStatusRequest {
  const m: ImageStatusRequest = {
    image: undefined,
    verbose: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 2:
        m.verbose = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageStatusRequest: Codec<ImageStatusRequest> = codec(encodeImageStatusRequest, decodeImageStatusRequest);

export interface ImageStatusResponse {
  image: Image | undefined;
  info: Record<string, string>;
}

export function encodeImageStatusResponse(m: Init<ImageStatusResponse>, w: Writer): Writer {
  if (m.image !== undefined) encodeImage(m.image, w.uint32(10).fork()).ldelim();
  if (m.info !== undefined) for (const [key, item] of Object.entries(m.info)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeImageStatusResponse(r: Reader, end: number): ImageStatusResponse {
  const m: ImageStatusResponse = {
    image: undefined,
    info: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = decodeImage(r, r.uint32() + r.pos);
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.info[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageStatusResponse: Codec<ImageStatusResponse> = codec(encodeImageStatusResponse, decodeImageStatusResponse);

export interface AuthConfig {
  username: string;
  password: string;
  auth: string;
  serverAddress: string;
  identityToken: string;
  registryToken: string;
}

export function encodeAuthConfig(m: Init<AuthConfig>, w: Writer): Writer {
  if (m.username !== undefined && m.username.length > 0) w.uint32(10).string(m.username);
  if (m.password !== undefined && m.password.length > 0) w.uint32(18).string(m.password);
  if (m.auth !== undefined && m.auth.length > 0) w.uint32(26).string(m.auth);
  if (m.serverAddress !== undefined && m.serverAddress.length > 0) w.uint32(34).string(m.serverAddress);
  if (m.identityToken !== undefined && m.identityToken.length > 0) w.uint32(42).string(m.identityToken);
  if (m.registryToken !== undefined && m.registryToken.length > 0) w.uint32(50).string(m.registryToken);
  return w;
}

export function decodeAuthConfig(r: Reader, end: number): AuthConfig {
  const m: AuthConfig = {
    username: '',
    password: '',
    auth: '',
    serverAddress: '',
    identityToken: '',
    registryToken: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.username = r.string();
        break;
      case 2:
        m.password = r.string();
        break;
      case 3:
        m.auth = r.string();
        break;
      case 4:
        m.serverAddress = r.string();
        break;
      case 5:
        m.identityToken = r.string();
        break;
      case 6:
        m.registryToken = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const AuthConfig: Codec<AuthConfig> = codec(encodeAuthConfig, decodeAuthConfig);

export interface PullImageRequest {
  image: ImageSpec | undefined;
  auth: AuthConfig | undefined;
  sandboxConfig: PodSandboxConfig | undefined;
}

export function encodePullImageRequest(m: Init<PullImageRequest>, w: Writer): Writer {
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(10).fork()).ldelim();
  if (m.auth !== undefined) encodeAuthConfig(m.auth, w.uint32(18).fork()).ldelim();
  if (m.sandboxConfig !== undefined) encodePodSandboxConfig(m.sandboxConfig, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodePullImageRequest(r: Reader, end: number): PullImageRequest {
  const m: PullImageRequest = {
    image: undefined,
    auth: undefined,
    sandboxConfig: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      case 2:
        m.auth = decodeAuthConfig(r, r.uint32() + r.pos);
        break;
      case 3:
        m.sandboxConfig = decodePodSandboxConfig(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PullImageRequest: Codec<PullImageRequest> = codec(encodePullImageRequest, decodePullImageRequest);

export interface PullImageResponse {
  imageRef: string;
}

export function encodePullImageResponse(m: Init<PullImageResponse>, w: Writer): Writer {
  if (m.imageRef !== undefined && m.imageRef.length > 0) w.uint32(10).string(m.imageRef);
  return w;
}

export function decodePullImageResponse(r: Reader, end: number): PullImageResponse {
  const m: PullImageResponse = {
    imageRef: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.imageRef = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PullImageResponse: Codec<PullImageResponse> = codec(encodePullImageResponse, decodePullImageResponse);

export interface RemoveImageRequest {
  image: ImageSpec | undefined;
}

export function encodeRemoveImageRequest(m: Init<RemoveImageRequest>, w: Writer): Writer {
  if (m.image !== undefined) encodeImageSpec(m.image, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeRemoveImageRequest(r: Reader, end: number): RemoveImageRequest {
  const m: RemoveImageRequest = {
    image: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.image = decodeImageSpec(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemoveImageRequest: Codec<RemoveImageRequest> = codec(encodeRemoveImageRequest, decodeRemoveImageRequest);

export interface RemoveImageResponse {

}

export function encodeRemoveImageResponse(_m: Init<RemoveImageResponse>, w: Writer): Writer {

  return w;
}

export function decodeRemoveImageResponse(r: Reader, end: number): RemoveImageResponse {
  const m: RemoveImageResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RemoveImageResponse: Codec<RemoveImageResponse> = codec(encodeRemoveImageResponse, decodeRemoveImageResponse);

export interface NetworkConfig {
  podCidr: string;
}

export function encodeNetworkConfig(m: Init<NetworkConfig>, w: Writer): Writer {
  if (m.podCidr !== undefined && m.podCidr.length > 0) w.uint32(10).string(m.podCidr);
  return w;
}

export function decodeNetworkConfig(r: Reader, end: number): NetworkConfig {
  const m: NetworkConfig = {
    podCidr: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podCidr = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const NetworkConfig: Codec<NetworkConfig> = codec(encodeNetworkConfig, decodeNetworkConfig);

export interface RuntimeConfig {
  networkConfig: NetworkConfig | undefined;
}

export function encodeRuntimeConfig(m: Init<RuntimeConfig>, w: Writer): Writer {
  if (m.networkConfig !== undefined) encodeNetworkConfig(m.networkConfig, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeRuntimeConfig(r: Reader, end: number): RuntimeConfig {
  const m: RuntimeConfig = {
    networkConfig: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.networkConfig = decodeNetworkConfig(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeConfig: Codec<RuntimeConfig> = codec(encodeRuntimeConfig, decodeRuntimeConfig);

export interface UpdateRuntimeConfigRequest {
  runtimeConfig: RuntimeConfig | undefined;
}

export function encodeUpdateRuntimeConfigRequest(m: Init<UpdateRuntimeConfigRequest>, w: Writer): Writer {
  if (m.runtimeConfig !== undefined) encodeRuntimeConfig(m.runtimeConfig, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeUpdateRuntimeConfigRequest(r: Reader, end: number): UpdateRuntimeConfigRequest {
  const m: UpdateRuntimeConfigRequest = {
    runtimeConfig: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.runtimeConfig = decodeRuntimeConfig(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdateRuntimeConfigRequest: Codec<UpdateRuntimeConfigRequest> = codec(encodeUpdateRuntimeConfigRequest, decodeUpdateRuntimeConfigRequest);

export interface UpdateRuntimeConfigResponse {

}

export function encodeUpdateRuntimeConfigResponse(_m: Init<UpdateRuntimeConfigResponse>, w: Writer): Writer {

  return w;
}

export function decodeUpdateRuntimeConfigResponse(r: Reader, end: number): UpdateRuntimeConfigResponse {
  const m: UpdateRuntimeConfigResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdateRuntimeConfigResponse: Codec<UpdateRuntimeConfigResponse> = codec(encodeUpdateRuntimeConfigResponse, decodeUpdateRuntimeConfigResponse);

export interface RuntimeCondition {
  type: string;
  status: boolean;
  reason: string;
  message: string;
}

export function encodeRuntimeCondition(m: Init<RuntimeCondition>, w: Writer): Writer {
  if (m.type !== undefined && m.type.length > 0) w.uint32(10).string(m.type);
  if (m.status !== undefined && m.status) w.uint32(16).bool(m.status);
  if (m.reason !== undefined && m.reason.length > 0) w.uint32(26).string(m.reason);
  if (m.message !== undefined && m.message.length > 0) w.uint32(34).string(m.message);
  return w;
}

export function decodeRuntimeCondition(r: Reader, end: number): RuntimeCondition {
  const m: RuntimeCondition = {
    type: '',
    status: false,
    reason: '',
    message: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.type = r.string();
        break;
      case 2:
        m.status = r.bool();
        break;
      case 3:
        m.reason = r.string();
        break;
      case 4:
        m.message = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeCondition: Codec<RuntimeCondition> = codec(encodeRuntimeCondition, decodeRuntimeCondition);

export interface RuntimeStatus {
  conditions: RuntimeCondition[];
}

export function encodeRuntimeStatus(m: Init<RuntimeStatus>, w: Writer): Writer {
  if (m.conditions !== undefined) for (const item of m.conditions) encodeRuntimeCondition(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeRuntimeStatus(r: Reader, end: number): RuntimeStatus {
  const m: RuntimeStatus = {
    conditions: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.conditions.push(decodeRuntimeCondition(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeStatus: Codec<RuntimeStatus> = codec(encodeRuntimeStatus, decodeRuntimeStatus);

export interface StatusRequest {
  verbose: boolean;
}

export function encodeStatusRequest(m: Init<StatusRequest>, w: Writer): Writer {
  if (m.verbose !== undefined && m.verbose) w.uint32(8).bool(m.verbose);
  return w;
}

export function decodeStatusRequest(r: Reader, end: number): StatusRequest {
  const m: StatusRequest = {
    verbose: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.verbose = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusRequest: Codec<StatusRequest> = codec(encodeStatusRequest, decodeStatusRequest);

export interface RuntimeHandlerFeatures {
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}

export function encodeRuntimeHandlerFeatures(m: Init<RuntimeHandlerFeatures>, w: Writer): Writer {
  if (m.recursiveReadOnlyMounts !== undefined && m.recursiveReadOnlyMounts) w.uint32(8).bool(m.recursiveReadOnlyMounts);
  if (m.userNamespaces !== undefined && m.userNamespaces) w.uint32(16).bool(m.userNamespaces);
  return w;
}

export function decodeRuntimeHandlerFeatures(r: Reader, end: number): RuntimeHandlerFeatures {
  const m: RuntimeHandlerFeatures = {
    recursiveReadOnlyMounts: false,
    userNamespaces: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.recursiveReadOnlyMounts = r.bool();
        break;
      case 2:
        m.userNamespaces = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeHandlerFeatures: Codec<RuntimeHandlerFeatures> = codec(encodeRuntimeHandlerFeatures, decodeRuntimeHandlerFeatures);

export interface RuntimeHandler {
  name: string;
  features: RuntimeHandlerFeatures | undefined;
}

export function encodeRuntimeHandler(m: Init<RuntimeHandler>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.features !== undefined) encodeRuntimeHandlerFeatures(m.features, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeRuntimeHandler(r: Reader, end: number): RuntimeHandler {
  const m: RuntimeHandler = {
    name: '',
    features: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.features = decodeRuntimeHandlerFeatures(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeHandler: Codec<RuntimeHandler> = codec(encodeRuntimeHandler, decodeRuntimeHandler);

export interface RuntimeFeatures {
  supplementalGroupsPolicy: boolean;
  userNamespacesHostNetwork: boolean;
}

export function encodeRuntimeFeatures(m: Init<RuntimeFeatures>, w: Writer): Writer {
  if (m.supplementalGroupsPolicy !== undefined && m.supplementalGroupsPolicy) w.uint32(8).bool(m.supplementalGroupsPolicy);
  if (m.userNamespacesHostNetwork !== undefined && m.userNamespacesHostNetwork) w.uint32(16).bool(m.userNamespacesHostNetwork);
  return w;
}

export function decodeRuntimeFeatures(r: Reader, end: number): RuntimeFeatures {
  const m: RuntimeFeatures = {
    supplementalGroupsPolicy: false,
    userNamespacesHostNetwork: false,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.supplementalGroupsPolicy = r.bool();
        break;
      case 2:
        m.userNamespacesHostNetwork = r.bool();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeFeatures: Codec<RuntimeFeatures> = codec(encodeRuntimeFeatures, decodeRuntimeFeatures);

export interface StatusResponse {
  status: RuntimeStatus | undefined;
  info: Record<string, string>;
  runtimeHandlers: RuntimeHandler[];
  features: RuntimeFeatures | undefined;
}

export function encodeStatusResponse(m: Init<StatusResponse>, w: Writer): Writer {
  if (m.status !== undefined) encodeRuntimeStatus(m.status, w.uint32(10).fork()).ldelim();
  if (m.info !== undefined) for (const [key, item] of Object.entries(m.info)) if (item !== undefined) w.uint32(18).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.runtimeHandlers !== undefined) for (const item of m.runtimeHandlers) encodeRuntimeHandler(item, w.uint32(26).fork()).ldelim();
  if (m.features !== undefined) encodeRuntimeFeatures(m.features, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeStatusResponse(r: Reader, end: number): StatusResponse {
  const m: StatusResponse = {
    status: undefined,
    info: {},
    runtimeHandlers: [],
    features: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.status = decodeRuntimeStatus(r, r.uint32() + r.pos);
        break;
      case 2: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.info[key] = item ?? '';
        break;
      }
      case 3:
        m.runtimeHandlers.push(decodeRuntimeHandler(r, r.uint32() + r.pos));
        break;
      case 4:
        m.features = decodeRuntimeFeatures(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StatusResponse: Codec<StatusResponse> = codec(encodeStatusResponse, decodeStatusResponse);

export interface ImageFsInfoRequest {

}

export function encodeImageFsInfoRequest(_m: Init<ImageFsInfoRequest>, w: Writer): Writer {

  return w;
}

export function decodeImageFsInfoRequest(r: Reader, end: number): ImageFsInfoRequest {
  const m: ImageFsInfoRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageFsInfoRequest: Codec<ImageFsInfoRequest> = codec(encodeImageFsInfoRequest, decodeImageFsInfoRequest);

export interface UInt64Value {
  value: number;
}

export function encodeUInt64Value(m: Init<UInt64Value>, w: Writer): Writer {
  if (m.value !== undefined && m.value !== 0) w.uint32(8).uint64(m.value);
  return w;
}

export function decodeUInt64Value(r: Reader, end: number): UInt64Value {
  const m: UInt64Value = {
    value: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.value = readUint64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UInt64Value: Codec<UInt64Value> = codec(encodeUInt64Value, decodeUInt64Value);

export interface FilesystemIdentifier {
  mountpoint: string;
}

export function encodeFilesystemIdentifier(m: Init<FilesystemIdentifier>, w: Writer): Writer {
  if (m.mountpoint !== undefined && m.mountpoint.length > 0) w.uint32(10).string(m.mountpoint);
  return w;
}

export function decodeFilesystemIdentifier(r: Reader, end: number): FilesystemIdentifier {
  const m: FilesystemIdentifier = {
    mountpoint: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.mountpoint = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const FilesystemIdentifier: Codec<FilesystemIdentifier> = codec(encodeFilesystemIdentifier, decodeFilesystemIdentifier);

export interface FilesystemUsage {
  timestamp: bigint;
  fsId: FilesystemIdentifier | undefined;
  usedBytes: UInt64Value | undefined;
  inodesUsed: UInt64Value | undefined;
}

export function encodeFilesystemUsage(m: Init<FilesystemUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.fsId !== undefined) encodeFilesystemIdentifier(m.fsId, w.uint32(18).fork()).ldelim();
  if (m.usedBytes !== undefined) encodeUInt64Value(m.usedBytes, w.uint32(26).fork()).ldelim();
  if (m.inodesUsed !== undefined) encodeUInt64Value(m.inodesUsed, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeFilesystemUsage(r: Reader, end: number): FilesystemUsage {
  const m: FilesystemUsage = {
    timestamp: 0n,
    fsId: undefined,
    usedBytes: undefined,
    inodesUsed: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.fsId = decodeFilesystemIdentifier(r, r.uint32() + r.pos);
        break;
      case 3:
        m.usedBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.inodesUsed = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const FilesystemUsage: Codec<FilesystemUsage> = codec(encodeFilesystemUsage, decodeFilesystemUsage);

export interface WindowsFilesystemUsage {
  timestamp: bigint;
  fsId: FilesystemIdentifier | undefined;
  usedBytes: UInt64Value | undefined;
}

export function encodeWindowsFilesystemUsage(m: Init<WindowsFilesystemUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.fsId !== undefined) encodeFilesystemIdentifier(m.fsId, w.uint32(18).fork()).ldelim();
  if (m.usedBytes !== undefined) encodeUInt64Value(m.usedBytes, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeWindowsFilesystemUsage(r: Reader, end: number): WindowsFilesystemUsage {
  const m: WindowsFilesystemUsage = {
    timestamp: 0n,
    fsId: undefined,
    usedBytes: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.fsId = decodeFilesystemIdentifier(r, r.uint32() + r.pos);
        break;
      case 3:
        m.usedBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsFilesystemUsage: Codec<WindowsFilesystemUsage> = codec(encodeWindowsFilesystemUsage, decodeWindowsFilesystemUsage);

export interface ImageFsInfoResponse {
  imageFilesystems: FilesystemUsage[];
  containerFilesystems: FilesystemUsage[];
}

export function encodeImageFsInfoResponse(m: Init<ImageFsInfoResponse>, w: Writer): Writer {
  if (m.imageFilesystems !== undefined) for (const item of m.imageFilesystems) encodeFilesystemUsage(item, w.uint32(10).fork()).ldelim();
  if (m.containerFilesystems !== undefined) for (const item of m.containerFilesystems) encodeFilesystemUsage(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeImageFsInfoResponse(r: Reader, end: number): ImageFsInfoResponse {
  const m: ImageFsInfoResponse = {
    imageFilesystems: [],
    containerFilesystems: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.imageFilesystems.push(decodeFilesystemUsage(r, r.uint32() + r.pos));
        break;
      case 2:
        m.containerFilesystems.push(decodeFilesystemUsage(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ImageFsInfoResponse: Codec<ImageFsInfoResponse> = codec(encodeImageFsInfoResponse, decodeImageFsInfoResponse);

export interface ContainerStatsRequest {
  containerId: string;
}

export function encodeContainerStatsRequest(m: Init<ContainerStatsRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  return w;
}

export function decodeContainerStatsRequest(r: Reader, end: number): ContainerStatsRequest {
  const m: ContainerStatsRequest = {
    containerId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatsRequest: Codec<ContainerStatsRequest> = codec(encodeContainerStatsRequest, decodeContainerStatsRequest);

export interface ContainerStatsResponse {
  stats: ContainerStats | undefined;
}

export function encodeContainerStatsResponse(m: Init<ContainerStatsResponse>, w: Writer): Writer {
  if (m.stats !== undefined) encodeContainerStats(m.stats, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeContainerStatsResponse(r: Reader, end: number): ContainerStatsResponse {
  const m: ContainerStatsResponse = {
    stats: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stats = decodeContainerStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatsResponse: Codec<ContainerStatsResponse> = codec(encodeContainerStatsResponse, decodeContainerStatsResponse);

export interface ListContainerStatsRequest {
  filter: ContainerStatsFilter | undefined;
}

export function encodeListContainerStatsRequest(m: Init<ListContainerStatsRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeContainerStatsFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListContainerStatsRequest(r: Reader, end: number): ListContainerStatsRequest {
  const m: ListContainerStatsRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeContainerStatsFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListContainerStatsRequest: Codec<ListContainerStatsRequest> = codec(encodeListContainerStatsRequest, decodeListContainerStatsRequest);

export interface ContainerStatsFilter {
  id: string;
  podSandboxId: string;
  labelSelector: Record<string, string>;
}

export function encodeContainerStatsFilter(m: Init<ContainerStatsFilter>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(18).string(m.podSandboxId);
  if (m.labelSelector !== undefined) for (const [key, item] of Object.entries(m.labelSelector)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeContainerStatsFilter(r: Reader, end: number): ContainerStatsFilter {
  const m: ContainerStatsFilter = {
    id: '',
    podSandboxId: '',
    labelSelector: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.podSandboxId = r.string();
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labelSelector[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStatsFilter: Codec<ContainerStatsFilter> = codec(encodeContainerStatsFilter, decodeContainerStatsFilter);

export interface ListContainerStatsResponse {
  stats: ContainerStats[];
}

export function encodeListContainerStatsResponse(m: Init<ListContainerStatsResponse>, w: Writer): Writer {
  if (m.stats !== undefined) for (const item of m.stats) encodeContainerStats(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListContainerStatsResponse(r: Reader, end: number): ListContainerStatsResponse {
  const m: ListContainerStatsResponse = {
    stats: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.stats.push(decodeContainerStats(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListContainerStatsResponse: Codec<ListContainerStatsResponse> = codec(encodeListContainerStatsResponse, decodeListContainerStatsResponse);

export interface StreamContainerStatsRequest {
  filter: ContainerStatsFilter | undefined;
}

export function encodeStreamContainerStatsRequest(m: Init<StreamContainerStatsRequest>, w: Writer): Writer {
  if (m.filter !== undefined) encodeContainerStatsFilter(m.filter, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamContainerStatsRequest(r: Reader, end: number): StreamContainerStatsRequest {
  const m: StreamContainerStatsRequest = {
    filter: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.filter = decodeContainerStatsFilter(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamContainerStatsRequest: Codec<StreamContainerStatsRequest> = codec(encodeStreamContainerStatsRequest, decodeStreamContainerStatsRequest);

export interface StreamContainerStatsResponse {
  containerStats: ContainerStats[];
}

export function encodeStreamContainerStatsResponse(m: Init<StreamContainerStatsResponse>, w: Writer): Writer {
  if (m.containerStats !== undefined) for (const item of m.containerStats) encodeContainerStats(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamContainerStatsResponse(r: Reader, end: number): StreamContainerStatsResponse {
  const m: StreamContainerStatsResponse = {
    containerStats: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerStats.push(decodeContainerStats(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamContainerStatsResponse: Codec<StreamContainerStatsResponse> = codec(encodeStreamContainerStatsResponse, decodeStreamContainerStatsResponse);

export interface ContainerAttributes {
  id: string;
  metadata: ContainerMetadata | undefined;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export function encodeContainerAttributes(m: Init<ContainerAttributes>, w: Writer): Writer {
  if (m.id !== undefined && m.id.length > 0) w.uint32(10).string(m.id);
  if (m.metadata !== undefined) encodeContainerMetadata(m.metadata, w.uint32(18).fork()).ldelim();
  if (m.labels !== undefined) for (const [key, item] of Object.entries(m.labels)) if (item !== undefined) w.uint32(26).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  if (m.annotations !== undefined) for (const [key, item] of Object.entries(m.annotations)) if (item !== undefined) w.uint32(34).fork().uint32(10).string(key).uint32(18).string(item).ldelim();
  return w;
}

export function decodeContainerAttributes(r: Reader, end: number): ContainerAttributes {
  const m: ContainerAttributes = {
    id: '',
    metadata: undefined,
    labels: {},
    annotations: {},
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.id = r.string();
        break;
      case 2:
        m.metadata = decodeContainerMetadata(r, r.uint32() + r.pos);
        break;
      case 3: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.labels[key] = item ?? '';
        break;
      }
      case 4: {
        const entryEnd = r.uint32() + r.pos;
        let key = '';
        let item: string | undefined;
        while (r.pos < entryEnd) {
          const entryTag = r.uint32();
          if (entryTag >>> 3 === 1) key = r.string();
          else if (entryTag >>> 3 === 2) item = r.string();
          else r.skipType(entryTag & 7);
        }
        m.annotations[key] = item ?? '';
        break;
      }
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerAttributes: Codec<ContainerAttributes> = codec(encodeContainerAttributes, decodeContainerAttributes);

export interface ContainerStats {
  attributes: ContainerAttributes | undefined;
  cpu: CpuUsage | undefined;
  memory: MemoryUsage | undefined;
  writableLayer: FilesystemUsage | undefined;
  swap: SwapUsage | undefined;
  io: IoUsage | undefined;
}

export function encodeContainerStats(m: Init<ContainerStats>, w: Writer): Writer {
  if (m.attributes !== undefined) encodeContainerAttributes(m.attributes, w.uint32(10).fork()).ldelim();
  if (m.cpu !== undefined) encodeCpuUsage(m.cpu, w.uint32(18).fork()).ldelim();
  if (m.memory !== undefined) encodeMemoryUsage(m.memory, w.uint32(26).fork()).ldelim();
  if (m.writableLayer !== undefined) encodeFilesystemUsage(m.writableLayer, w.uint32(34).fork()).ldelim();
  if (m.swap !== undefined) encodeSwapUsage(m.swap, w.uint32(42).fork()).ldelim();
  if (m.io !== undefined) encodeIoUsage(m.io, w.uint32(50).fork()).ldelim();
  return w;
}

export function decodeContainerStats(r: Reader, end: number): ContainerStats {
  const m: ContainerStats = {
    attributes: undefined,
    cpu: undefined,
    memory: undefined,
    writableLayer: undefined,
    swap: undefined,
    io: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.attributes = decodeContainerAttributes(r, r.uint32() + r.pos);
        break;
      case 2:
        m.cpu = decodeCpuUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.memory = decodeMemoryUsage(r, r.uint32() + r.pos);
        break;
      case 4:
        m.writableLayer = decodeFilesystemUsage(r, r.uint32() + r.pos);
        break;
      case 5:
        m.swap = decodeSwapUsage(r, r.uint32() + r.pos);
        break;
      case 6:
        m.io = decodeIoUsage(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerStats: Codec<ContainerStats> = codec(encodeContainerStats, decodeContainerStats);

export interface WindowsContainerStats {
  attributes: ContainerAttributes | undefined;
  cpu: WindowsCpuUsage | undefined;
  memory: WindowsMemoryUsage | undefined;
  writableLayer: WindowsFilesystemUsage | undefined;
}

export function encodeWindowsContainerStats(m: Init<WindowsContainerStats>, w: Writer): Writer {
  if (m.attributes !== undefined) encodeContainerAttributes(m.attributes, w.uint32(10).fork()).ldelim();
  if (m.cpu !== undefined) encodeWindowsCpuUsage(m.cpu, w.uint32(18).fork()).ldelim();
  if (m.memory !== undefined) encodeWindowsMemoryUsage(m.memory, w.uint32(26).fork()).ldelim();
  if (m.writableLayer !== undefined) encodeWindowsFilesystemUsage(m.writableLayer, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeWindowsContainerStats(r: Reader, end: number): WindowsContainerStats {
  const m: WindowsContainerStats = {
    attributes: undefined,
    cpu: undefined,
    memory: undefined,
    writableLayer: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.attributes = decodeContainerAttributes(r, r.uint32() + r.pos);
        break;
      case 2:
        m.cpu = decodeWindowsCpuUsage(r, r.uint32() + r.pos);
        break;
      case 3:
        m.memory = decodeWindowsMemoryUsage(r, r.uint32() + r.pos);
        break;
      case 4:
        m.writableLayer = decodeWindowsFilesystemUsage(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsContainerStats: Codec<WindowsContainerStats> = codec(encodeWindowsContainerStats, decodeWindowsContainerStats);

export interface PsiStats {
  Full: PsiData | undefined;
  Some: PsiData | undefined;
}

export function encodePsiStats(m: Init<PsiStats>, w: Writer): Writer {
  if (m.Full !== undefined) encodePsiData(m.Full, w.uint32(10).fork()).ldelim();
  if (m.Some !== undefined) encodePsiData(m.Some, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodePsiStats(r: Reader, end: number): PsiStats {
  const m: PsiStats = {
    Full: undefined,
    Some: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.Full = decodePsiData(r, r.uint32() + r.pos);
        break;
      case 2:
        m.Some = decodePsiData(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PsiStats: Codec<PsiStats> = codec(encodePsiStats, decodePsiStats);

export interface PsiData {
  Total: number;
  Avg10: number;
  Avg60: number;
  Avg300: number;
}

export function encodePsiData(m: Init<PsiData>, w: Writer): Writer {
  if (m.Total !== undefined && m.Total !== 0) w.uint32(8).uint64(m.Total);
  if (m.Avg10 !== undefined && m.Avg10 !== 0) w.uint32(17).double(m.Avg10);
  if (m.Avg60 !== undefined && m.Avg60 !== 0) w.uint32(25).double(m.Avg60);
  if (m.Avg300 !== undefined && m.Avg300 !== 0) w.uint32(33).double(m.Avg300);
  return w;
}

export function decodePsiData(r: Reader, end: number): PsiData {
  const m: PsiData = {
    Total: 0,
    Avg10: 0,
    Avg60: 0,
    Avg300: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.Total = readUint64(r);
        break;
      case 2:
        m.Avg10 = r.double();
        break;
      case 3:
        m.Avg60 = r.double();
        break;
      case 4:
        m.Avg300 = r.double();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PsiData: Codec<PsiData> = codec(encodePsiData, decodePsiData);

export interface CpuUsage {
  timestamp: bigint;
  usageCoreNanoSeconds: UInt64Value | undefined;
  usageNanoCores: UInt64Value | undefined;
  psi: PsiStats | undefined;
}

export function encodeCpuUsage(m: Init<CpuUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.usageCoreNanoSeconds !== undefined) encodeUInt64Value(m.usageCoreNanoSeconds, w.uint32(18).fork()).ldelim();
  if (m.usageNanoCores !== undefined) encodeUInt64Value(m.usageNanoCores, w.uint32(26).fork()).ldelim();
  if (m.psi !== undefined) encodePsiStats(m.psi, w.uint32(34).fork()).ldelim();
  return w;
}

export function decodeCpuUsage(r: Reader, end: number): CpuUsage {
  const m: CpuUsage = {
    timestamp: 0n,
    usageCoreNanoSeconds: undefined,
    usageNanoCores: undefined,
    psi: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.usageCoreNanoSeconds = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.usageNanoCores = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.psi = decodePsiStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CpuUsage: Codec<CpuUsage> = codec(encodeCpuUsage, decodeCpuUsage);

export interface WindowsCpuUsage {
  timestamp: bigint;
  usageCoreNanoSeconds: UInt64Value | undefined;
  usageNanoCores: UInt64Value | undefined;
}

export function encodeWindowsCpuUsage(m: Init<WindowsCpuUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.usageCoreNanoSeconds !== undefined) encodeUInt64Value(m.usageCoreNanoSeconds, w.uint32(18).fork()).ldelim();
  if (m.usageNanoCores !== undefined) encodeUInt64Value(m.usageNanoCores, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeWindowsCpuUsage(r: Reader, end: number): WindowsCpuUsage {
  const m: WindowsCpuUsage = {
    timestamp: 0n,
    usageCoreNanoSeconds: undefined,
    usageNanoCores: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.usageCoreNanoSeconds = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.usageNanoCores = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsCpuUsage: Codec<WindowsCpuUsage> = codec(encodeWindowsCpuUsage, decodeWindowsCpuUsage);

export interface MemoryUsage {
  timestamp: bigint;
  workingSetBytes: UInt64Value | undefined;
  availableBytes: UInt64Value | undefined;
  usageBytes: UInt64Value | undefined;
  rssBytes: UInt64Value | undefined;
  pageFaults: UInt64Value | undefined;
  majorPageFaults: UInt64Value | undefined;
  psi: PsiStats | undefined;
}

export function encodeMemoryUsage(m: Init<MemoryUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.workingSetBytes !== undefined) encodeUInt64Value(m.workingSetBytes, w.uint32(18).fork()).ldelim();
  if (m.availableBytes !== undefined) encodeUInt64Value(m.availableBytes, w.uint32(26).fork()).ldelim();
  if (m.usageBytes !== undefined) encodeUInt64Value(m.usageBytes, w.uint32(34).fork()).ldelim();
  if (m.rssBytes !== undefined) encodeUInt64Value(m.rssBytes, w.uint32(42).fork()).ldelim();
  if (m.pageFaults !== undefined) encodeUInt64Value(m.pageFaults, w.uint32(50).fork()).ldelim();
  if (m.majorPageFaults !== undefined) encodeUInt64Value(m.majorPageFaults, w.uint32(58).fork()).ldelim();
  if (m.psi !== undefined) encodePsiStats(m.psi, w.uint32(66).fork()).ldelim();
  return w;
}

export function decodeMemoryUsage(r: Reader, end: number): MemoryUsage {
  const m: MemoryUsage = {
    timestamp: 0n,
    workingSetBytes: undefined,
    availableBytes: undefined,
    usageBytes: undefined,
    rssBytes: undefined,
    pageFaults: undefined,
    majorPageFaults: undefined,
    psi: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.workingSetBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.availableBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.usageBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 5:
        m.rssBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 6:
        m.pageFaults = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 7:
        m.majorPageFaults = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 8:
        m.psi = decodePsiStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MemoryUsage: Codec<MemoryUsage> = codec(encodeMemoryUsage, decodeMemoryUsage);

export interface IoUsage {
  timestamp: bigint;
  psi: PsiStats | undefined;
}

export function encodeIoUsage(m: Init<IoUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.psi !== undefined) encodePsiStats(m.psi, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeIoUsage(r: Reader, end: number): IoUsage {
  const m: IoUsage = {
    timestamp: 0n,
    psi: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.psi = decodePsiStats(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const IoUsage: Codec<IoUsage> = codec(encodeIoUsage, decodeIoUsage);

export interface SwapUsage {
  timestamp: bigint;
  swapAvailableBytes: UInt64Value | undefined;
  swapUsageBytes: UInt64Value | undefined;
}

export function encodeSwapUsage(m: Init<SwapUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.swapAvailableBytes !== undefined) encodeUInt64Value(m.swapAvailableBytes, w.uint32(18).fork()).ldelim();
  if (m.swapUsageBytes !== undefined) encodeUInt64Value(m.swapUsageBytes, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeSwapUsage(r: Reader, end: number): SwapUsage {
  const m: SwapUsage = {
    timestamp: 0n,
    swapAvailableBytes: undefined,
    swapUsageBytes: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.swapAvailableBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.swapUsageBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const SwapUsage: Codec<SwapUsage> = codec(encodeSwapUsage, decodeSwapUsage);

export interface WindowsMemoryUsage {
  timestamp: bigint;
  workingSetBytes: UInt64Value | undefined;
  availableBytes: UInt64Value | undefined;
  pageFaults: UInt64Value | undefined;
  commitMemoryBytes: UInt64Value | undefined;
}

export function encodeWindowsMemoryUsage(m: Init<WindowsMemoryUsage>, w: Writer): Writer {
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(8).int64(writeBigInt(m.timestamp));
  if (m.workingSetBytes !== undefined) encodeUInt64Value(m.workingSetBytes, w.uint32(18).fork()).ldelim();
  if (m.availableBytes !== undefined) encodeUInt64Value(m.availableBytes, w.uint32(26).fork()).ldelim();
  if (m.pageFaults !== undefined) encodeUInt64Value(m.pageFaults, w.uint32(34).fork()).ldelim();
  if (m.commitMemoryBytes !== undefined) encodeUInt64Value(m.commitMemoryBytes, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeWindowsMemoryUsage(r: Reader, end: number): WindowsMemoryUsage {
  const m: WindowsMemoryUsage = {
    timestamp: 0n,
    workingSetBytes: undefined,
    availableBytes: undefined,
    pageFaults: undefined,
    commitMemoryBytes: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.timestamp = readBigInt64(r);
        break;
      case 2:
        m.workingSetBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 3:
        m.availableBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 4:
        m.pageFaults = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      case 5:
        m.commitMemoryBytes = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const WindowsMemoryUsage: Codec<WindowsMemoryUsage> = codec(encodeWindowsMemoryUsage, decodeWindowsMemoryUsage);

export interface ReopenContainerLogRequest {
  containerId: string;
}

export function encodeReopenContainerLogRequest(m: Init<ReopenContainerLogRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  return w;
}

export function decodeReopenContainerLogRequest(r: Reader, end: number): ReopenContainerLogRequest {
  const m: ReopenContainerLogRequest = {
    containerId: '',
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ReopenContainerLogRequest: Codec<ReopenContainerLogRequest> = codec(encodeReopenContainerLogRequest, decodeReopenContainerLogRequest);

export interface ReopenContainerLogResponse {

}

export function encodeReopenContainerLogResponse(_m: Init<ReopenContainerLogResponse>, w: Writer): Writer {

  return w;
}

export function decodeReopenContainerLogResponse(r: Reader, end: number): ReopenContainerLogResponse {
  const m: ReopenContainerLogResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ReopenContainerLogResponse: Codec<ReopenContainerLogResponse> = codec(encodeReopenContainerLogResponse, decodeReopenContainerLogResponse);

export interface CheckpointContainerRequest {
  containerId: string;
  location: string;
  timeout: number;
}

export function encodeCheckpointContainerRequest(m: Init<CheckpointContainerRequest>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.location !== undefined && m.location.length > 0) w.uint32(18).string(m.location);
  if (m.timeout !== undefined && m.timeout !== 0) w.uint32(24).int64(m.timeout);
  return w;
}

export function decodeCheckpointContainerRequest(r: Reader, end: number): CheckpointContainerRequest {
  const m: CheckpointContainerRequest = {
    containerId: '',
    location: '',
    timeout: 0,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.location = r.string();
        break;
      case 3:
        m.timeout = readInt64(r);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CheckpointContainerRequest: Codec<CheckpointContainerRequest> = codec(encodeCheckpointContainerRequest, decodeCheckpointContainerRequest);

export interface CheckpointContainerResponse {

}

export function encodeCheckpointContainerResponse(_m: Init<CheckpointContainerResponse>, w: Writer): Writer {

  return w;
}

export function decodeCheckpointContainerResponse(r: Reader, end: number): CheckpointContainerResponse {
  const m: CheckpointContainerResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const CheckpointContainerResponse: Codec<CheckpointContainerResponse> = codec(encodeCheckpointContainerResponse, decodeCheckpointContainerResponse);

export interface GetEventsRequest {

}

export function encodeGetEventsRequest(_m: Init<GetEventsRequest>, w: Writer): Writer {

  return w;
}

export function decodeGetEventsRequest(r: Reader, end: number): GetEventsRequest {
  const m: GetEventsRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const GetEventsRequest: Codec<GetEventsRequest> = codec(encodeGetEventsRequest, decodeGetEventsRequest);

export interface ContainerEventResponse {
  containerId: string;
  containerEventType: ContainerEventType;
  createdAt: bigint;
  podSandboxStatus: PodSandboxStatus | undefined;
  containersStatuses: ContainerStatus[];
}

export function encodeContainerEventResponse(m: Init<ContainerEventResponse>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.containerEventType !== undefined && m.containerEventType !== 0) w.uint32(16).int32(m.containerEventType);
  if (m.createdAt !== undefined && m.createdAt !== 0n) w.uint32(24).int64(writeBigInt(m.createdAt));
  if (m.podSandboxStatus !== undefined) encodePodSandboxStatus(m.podSandboxStatus, w.uint32(34).fork()).ldelim();
  if (m.containersStatuses !== undefined) for (const item of m.containersStatuses) encodeContainerStatus(item, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeContainerEventResponse(r: Reader, end: number): ContainerEventResponse {
  const m: ContainerEventResponse = {
    containerId: '',
    containerEventType: ContainerEventType.CONTAINER_CREATED_EVENT,
    createdAt: 0n,
    podSandboxStatus: undefined,
    containersStatuses: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.containerEventType = r.int32() as ContainerEventType;
        break;
      case 3:
        m.createdAt = readBigInt64(r);
        break;
      case 4:
        m.podSandboxStatus = decodePodSandboxStatus(r, r.uint32() + r.pos);
        break;
      case 5:
        m.containersStatuses.push(decodeContainerStatus(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerEventResponse: Codec<ContainerEventResponse> = codec(encodeContainerEventResponse, decodeContainerEventResponse);

export interface ListMetricDescriptorsRequest {

}

export function encodeListMetricDescriptorsRequest(_m: Init<ListMetricDescriptorsRequest>, w: Writer): Writer {

  return w;
}

export function decodeListMetricDescriptorsRequest(r: Reader, end: number): ListMetricDescriptorsRequest {
  const m: ListMetricDescriptorsRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListMetricDescriptorsRequest: Codec<ListMetricDescriptorsRequest> = codec(encodeListMetricDescriptorsRequest, decodeListMetricDescriptorsRequest);

export interface ListMetricDescriptorsResponse {
  descriptors: MetricDescriptor[];
}

export function encodeListMetricDescriptorsResponse(m: Init<ListMetricDescriptorsResponse>, w: Writer): Writer {
  if (m.descriptors !== undefined) for (const item of m.descriptors) encodeMetricDescriptor(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListMetricDescriptorsResponse(r: Reader, end: number): ListMetricDescriptorsResponse {
  const m: ListMetricDescriptorsResponse = {
    descriptors: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.descriptors.push(decodeMetricDescriptor(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListMetricDescriptorsResponse: Codec<ListMetricDescriptorsResponse> = codec(encodeListMetricDescriptorsResponse, decodeListMetricDescriptorsResponse);

export interface MetricDescriptor {
  name: string;
  help: string;
  labelKeys: string[];
}

export function encodeMetricDescriptor(m: Init<MetricDescriptor>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.help !== undefined && m.help.length > 0) w.uint32(18).string(m.help);
  if (m.labelKeys !== undefined) for (const item of m.labelKeys) w.uint32(26).string(item);
  return w;
}

export function decodeMetricDescriptor(r: Reader, end: number): MetricDescriptor {
  const m: MetricDescriptor = {
    name: '',
    help: '',
    labelKeys: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.help = r.string();
        break;
      case 3:
        m.labelKeys.push(r.string());
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const MetricDescriptor: Codec<MetricDescriptor> = codec(encodeMetricDescriptor, decodeMetricDescriptor);

export interface ListPodSandboxMetricsRequest {

}

export function encodeListPodSandboxMetricsRequest(_m: Init<ListPodSandboxMetricsRequest>, w: Writer): Writer {

  return w;
}

export function decodeListPodSandboxMetricsRequest(r: Reader, end: number): ListPodSandboxMetricsRequest {
  const m: ListPodSandboxMetricsRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxMetricsRequest: Codec<ListPodSandboxMetricsRequest> = codec(encodeListPodSandboxMetricsRequest, decodeListPodSandboxMetricsRequest);

export interface ListPodSandboxMetricsResponse {
  podMetrics: PodSandboxMetrics[];
}

export function encodeListPodSandboxMetricsResponse(m: Init<ListPodSandboxMetricsResponse>, w: Writer): Writer {
  if (m.podMetrics !== undefined) for (const item of m.podMetrics) encodePodSandboxMetrics(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeListPodSandboxMetricsResponse(r: Reader, end: number): ListPodSandboxMetricsResponse {
  const m: ListPodSandboxMetricsResponse = {
    podMetrics: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podMetrics.push(decodePodSandboxMetrics(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ListPodSandboxMetricsResponse: Codec<ListPodSandboxMetricsResponse> = codec(encodeListPodSandboxMetricsResponse, decodeListPodSandboxMetricsResponse);

export interface StreamPodSandboxMetricsRequest {

}

export function encodeStreamPodSandboxMetricsRequest(_m: Init<StreamPodSandboxMetricsRequest>, w: Writer): Writer {

  return w;
}

export function decodeStreamPodSandboxMetricsRequest(r: Reader, end: number): StreamPodSandboxMetricsRequest {
  const m: StreamPodSandboxMetricsRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxMetricsRequest: Codec<StreamPodSandboxMetricsRequest> = codec(encodeStreamPodSandboxMetricsRequest, decodeStreamPodSandboxMetricsRequest);

export interface StreamPodSandboxMetricsResponse {
  podSandboxMetrics: PodSandboxMetrics[];
}

export function encodeStreamPodSandboxMetricsResponse(m: Init<StreamPodSandboxMetricsResponse>, w: Writer): Writer {
  if (m.podSandboxMetrics !== undefined) for (const item of m.podSandboxMetrics) encodePodSandboxMetrics(item, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeStreamPodSandboxMetricsResponse(r: Reader, end: number): StreamPodSandboxMetricsResponse {
  const m: StreamPodSandboxMetricsResponse = {
    podSandboxMetrics: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxMetrics.push(decodePodSandboxMetrics(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const StreamPodSandboxMetricsResponse: Codec<StreamPodSandboxMetricsResponse> = codec(encodeStreamPodSandboxMetricsResponse, decodeStreamPodSandboxMetricsResponse);

export interface PodSandboxMetrics {
  podSandboxId: string;
  metrics: Metric[];
  containerMetrics: ContainerMetrics[];
}

export function encodePodSandboxMetrics(m: Init<PodSandboxMetrics>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  if (m.metrics !== undefined) for (const item of m.metrics) encodeMetric(item, w.uint32(18).fork()).ldelim();
  if (m.containerMetrics !== undefined) for (const item of m.containerMetrics) encodeContainerMetrics(item, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodePodSandboxMetrics(r: Reader, end: number): PodSandboxMetrics {
  const m: PodSandboxMetrics = {
    podSandboxId: '',
    metrics: [],
    containerMetrics: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      case 2:
        m.metrics.push(decodeMetric(r, r.uint32() + r.pos));
        break;
      case 3:
        m.containerMetrics.push(decodeContainerMetrics(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const PodSandboxMetrics: Codec<PodSandboxMetrics> = codec(encodePodSandboxMetrics, decodePodSandboxMetrics);

export interface ContainerMetrics {
  containerId: string;
  metrics: Metric[];
}

export function encodeContainerMetrics(m: Init<ContainerMetrics>, w: Writer): Writer {
  if (m.containerId !== undefined && m.containerId.length > 0) w.uint32(10).string(m.containerId);
  if (m.metrics !== undefined) for (const item of m.metrics) encodeMetric(item, w.uint32(18).fork()).ldelim();
  return w;
}

export function decodeContainerMetrics(r: Reader, end: number): ContainerMetrics {
  const m: ContainerMetrics = {
    containerId: '',
    metrics: [],
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.containerId = r.string();
        break;
      case 2:
        m.metrics.push(decodeMetric(r, r.uint32() + r.pos));
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const ContainerMetrics: Codec<ContainerMetrics> = codec(encodeContainerMetrics, decodeContainerMetrics);

export interface Metric {
  name: string;
  timestamp: bigint;
  metricType: MetricType;
  labelValues: string[];
  value: UInt64Value | undefined;
}

export function encodeMetric(m: Init<Metric>, w: Writer): Writer {
  if (m.name !== undefined && m.name.length > 0) w.uint32(10).string(m.name);
  if (m.timestamp !== undefined && m.timestamp !== 0n) w.uint32(16).int64(writeBigInt(m.timestamp));
  if (m.metricType !== undefined && m.metricType !== 0) w.uint32(24).int32(m.metricType);
  if (m.labelValues !== undefined) for (const item of m.labelValues) w.uint32(34).string(item);
  if (m.value !== undefined) encodeUInt64Value(m.value, w.uint32(42).fork()).ldelim();
  return w;
}

export function decodeMetric(r: Reader, end: number): Metric {
  const m: Metric = {
    name: '',
    timestamp: 0n,
    metricType: MetricType.COUNTER,
    labelValues: [],
    value: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.name = r.string();
        break;
      case 2:
        m.timestamp = readBigInt64(r);
        break;
      case 3:
        m.metricType = r.int32() as MetricType;
        break;
      case 4:
        m.labelValues.push(r.string());
        break;
      case 5:
        m.value = decodeUInt64Value(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const Metric: Codec<Metric> = codec(encodeMetric, decodeMetric);

export interface RuntimeConfigRequest {

}

export function encodeRuntimeConfigRequest(_m: Init<RuntimeConfigRequest>, w: Writer): Writer {

  return w;
}

export function decodeRuntimeConfigRequest(r: Reader, end: number): RuntimeConfigRequest {
  const m: RuntimeConfigRequest = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeConfigRequest: Codec<RuntimeConfigRequest> = codec(encodeRuntimeConfigRequest, decodeRuntimeConfigRequest);

export interface RuntimeConfigResponse {
  linux: LinuxRuntimeConfiguration | undefined;
}

export function encodeRuntimeConfigResponse(m: Init<RuntimeConfigResponse>, w: Writer): Writer {
  if (m.linux !== undefined) encodeLinuxRuntimeConfiguration(m.linux, w.uint32(10).fork()).ldelim();
  return w;
}

export function decodeRuntimeConfigResponse(r: Reader, end: number): RuntimeConfigResponse {
  const m: RuntimeConfigResponse = {
    linux: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.linux = decodeLinuxRuntimeConfiguration(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const RuntimeConfigResponse: Codec<RuntimeConfigResponse> = codec(encodeRuntimeConfigResponse, decodeRuntimeConfigResponse);

export interface LinuxRuntimeConfiguration {
  cgroupDriver: CgroupDriver;
}

export function encodeLinuxRuntimeConfiguration(m: Init<LinuxRuntimeConfiguration>, w: Writer): Writer {
  if (m.cgroupDriver !== undefined && m.cgroupDriver !== 0) w.uint32(8).int32(m.cgroupDriver);
  return w;
}

export function decodeLinuxRuntimeConfiguration(r: Reader, end: number): LinuxRuntimeConfiguration {
  const m: LinuxRuntimeConfiguration = {
    cgroupDriver: CgroupDriver.SYSTEMD,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.cgroupDriver = r.int32() as CgroupDriver;
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const LinuxRuntimeConfiguration: Codec<LinuxRuntimeConfiguration> = codec(encodeLinuxRuntimeConfiguration, decodeLinuxRuntimeConfiguration);

export interface UpdatePodSandboxResourcesRequest {
  podSandboxId: string;
  overhead: LinuxContainerResources | undefined;
  resources: LinuxContainerResources | undefined;
}

export function encodeUpdatePodSandboxResourcesRequest(m: Init<UpdatePodSandboxResourcesRequest>, w: Writer): Writer {
  if (m.podSandboxId !== undefined && m.podSandboxId.length > 0) w.uint32(10).string(m.podSandboxId);
  if (m.overhead !== undefined) encodeLinuxContainerResources(m.overhead, w.uint32(18).fork()).ldelim();
  if (m.resources !== undefined) encodeLinuxContainerResources(m.resources, w.uint32(26).fork()).ldelim();
  return w;
}

export function decodeUpdatePodSandboxResourcesRequest(r: Reader, end: number): UpdatePodSandboxResourcesRequest {
  const m: UpdatePodSandboxResourcesRequest = {
    podSandboxId: '',
    overhead: undefined,
    resources: undefined,
  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {
      case 1:
        m.podSandboxId = r.string();
        break;
      case 2:
        m.overhead = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      case 3:
        m.resources = decodeLinuxContainerResources(r, r.uint32() + r.pos);
        break;
      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdatePodSandboxResourcesRequest: Codec<UpdatePodSandboxResourcesRequest> = codec(encodeUpdatePodSandboxResourcesRequest, decodeUpdatePodSandboxResourcesRequest);

export interface UpdatePodSandboxResourcesResponse {

}

export function encodeUpdatePodSandboxResourcesResponse(_m: Init<UpdatePodSandboxResourcesResponse>, w: Writer): Writer {

  return w;
}

export function decodeUpdatePodSandboxResourcesResponse(r: Reader, end: number): UpdatePodSandboxResourcesResponse {
  const m: UpdatePodSandboxResourcesResponse = {

  };
  while (r.pos < end) {
    const tag = r.uint32();
    switch (tag >>> 3) {

      default:
        r.skipType(tag & 7);
    }
  }
  return m;
}

export const UpdatePodSandboxResourcesResponse: Codec<UpdatePodSandboxResourcesResponse> = codec(encodeUpdatePodSandboxResourcesResponse, decodeUpdatePodSandboxResourcesResponse);

export const RuntimeServiceService = {
  version: method('/runtime.v1.RuntimeService/Version', VersionRequest, VersionResponse, false, false),
  runPodSandbox: method('/runtime.v1.RuntimeService/RunPodSandbox', RunPodSandboxRequest, RunPodSandboxResponse, false, false),
  stopPodSandbox: method('/runtime.v1.RuntimeService/StopPodSandbox', StopPodSandboxRequest, StopPodSandboxResponse, false, false),
  removePodSandbox: method('/runtime.v1.RuntimeService/RemovePodSandbox', RemovePodSandboxRequest, RemovePodSandboxResponse, false, false),
  podSandboxStatus: method('/runtime.v1.RuntimeService/PodSandboxStatus', PodSandboxStatusRequest, PodSandboxStatusResponse, false, false),
  listPodSandbox: method('/runtime.v1.RuntimeService/ListPodSandbox', ListPodSandboxRequest, ListPodSandboxResponse, false, false),
  streamPodSandboxes: method('/runtime.v1.RuntimeService/StreamPodSandboxes', StreamPodSandboxesRequest, StreamPodSandboxesResponse, false, true),
  createContainer: method('/runtime.v1.RuntimeService/CreateContainer', CreateContainerRequest, CreateContainerResponse, false, false),
  startContainer: method('/runtime.v1.RuntimeService/StartContainer', StartContainerRequest, StartContainerResponse, false, false),
  stopContainer: method('/runtime.v1.RuntimeService/StopContainer', StopContainerRequest, StopContainerResponse, false, false),
  removeContainer: method('/runtime.v1.RuntimeService/RemoveContainer', RemoveContainerRequest, RemoveContainerResponse, false, false),
  listContainers: method('/runtime.v1.RuntimeService/ListContainers', ListContainersRequest, ListContainersResponse, false, false),
  streamContainers: method('/runtime.v1.RuntimeService/StreamContainers', StreamContainersRequest, StreamContainersResponse, false, true),
  containerStatus: method('/runtime.v1.RuntimeService/ContainerStatus', ContainerStatusRequest, ContainerStatusResponse, false, false),
  updateContainerResources: method('/runtime.v1.RuntimeService/UpdateContainerResources', UpdateContainerResourcesRequest, UpdateContainerResourcesResponse, false, false),
  reopenContainerLog: method('/runtime.v1.RuntimeService/ReopenContainerLog', ReopenContainerLogRequest, ReopenContainerLogResponse, false, false),
  execSync: method('/runtime.v1.RuntimeService/ExecSync', ExecSyncRequest, ExecSyncResponse, false, false),
  exec: method('/runtime.v1.RuntimeService/Exec', ExecRequest, ExecResponse, false, false),
  attach: method('/runtime.v1.RuntimeService/Attach', AttachRequest, AttachResponse, false, false),
  portForward: method('/runtime.v1.RuntimeService/PortForward', PortForwardRequest, PortForwardResponse, false, false),
  containerStats: method('/runtime.v1.RuntimeService/ContainerStats', ContainerStatsRequest, ContainerStatsResponse, false, false),
  listContainerStats: method('/runtime.v1.RuntimeService/ListContainerStats', ListContainerStatsRequest, ListContainerStatsResponse, false, false),
  streamContainerStats: method('/runtime.v1.RuntimeService/StreamContainerStats', StreamContainerStatsRequest, StreamContainerStatsResponse, false, true),
  podSandboxStats: method('/runtime.v1.RuntimeService/PodSandboxStats', PodSandboxStatsRequest, PodSandboxStatsResponse, false, false),
  listPodSandboxStats: method('/runtime.v1.RuntimeService/ListPodSandboxStats', ListPodSandboxStatsRequest, ListPodSandboxStatsResponse, false, false),
  streamPodSandboxStats: method('/runtime.v1.RuntimeService/StreamPodSandboxStats', StreamPodSandboxStatsRequest, StreamPodSandboxStatsResponse, false, true),
  updateRuntimeConfig: method('/runtime.v1.RuntimeService/UpdateRuntimeConfig', UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse, false, false),
  status: method('/runtime.v1.RuntimeService/Status', StatusRequest, StatusResponse, false, false),
  checkpointContainer: method('/runtime.v1.RuntimeService/CheckpointContainer', CheckpointContainerRequest, CheckpointContainerResponse, false, false),
  getContainerEvents: method('/runtime.v1.RuntimeService/GetContainerEvents', GetEventsRequest, ContainerEventResponse, false, true),
  listMetricDescriptors: method('/runtime.v1.RuntimeService/ListMetricDescriptors', ListMetricDescriptorsRequest, ListMetricDescriptorsResponse, false, false),
  listPodSandboxMetrics: method('/runtime.v1.RuntimeService/ListPodSandboxMetrics', ListPodSandboxMetricsRequest, ListPodSandboxMetricsResponse, false, false),
  streamPodSandboxMetrics: method('/runtime.v1.RuntimeService/StreamPodSandboxMetrics', StreamPodSandboxMetricsRequest, StreamPodSandboxMetricsResponse, false, true),
  runtimeConfig: method('/runtime.v1.RuntimeService/RuntimeConfig', RuntimeConfigRequest, RuntimeConfigResponse, false, false),
  updatePodSandboxResources: method('/runtime.v1.RuntimeService/UpdatePodSandboxResources', UpdatePodSandboxResourcesRequest, UpdatePodSandboxResourcesResponse, false, false),
} as const;

export const ImageServiceService = {
  listImages: method('/runtime.v1.ImageService/ListImages', ListImagesRequest, ListImagesResponse, false, false),
  streamImages: method('/runtime.v1.ImageService/StreamImages', StreamImagesRequest, StreamImagesResponse, false, true),
  imageStatus: method('/runtime.v1.ImageService/ImageStatus', ImageStatusRequest, ImageStatusResponse, false, false),
  pullImage: method('/runtime.v1.ImageService/PullImage', PullImageRequest, PullImageResponse, false, false),
  removeImage: method('/runtime.v1.ImageService/RemoveImage', RemoveImageRequest, RemoveImageResponse, false, false),
  imageFsInfo: method('/runtime.v1.ImageService/ImageFsInfo', ImageFsInfoRequest, ImageFsInfoResponse, false, false),
} as const;
