import type { Pod } from '@keelson/api';
import { cri, type Init } from '@keelson/protocol';
import { logDirectory } from '../container-config.js';
import { allContainersOf, podUid } from '../pod-facts.js';
import { podHostname } from './hosts-file.js';
import type { NodeConfig } from './node-config.js';
import { podLabels } from './pod-labels.js';
import { sandboxOverhead, sandboxResources } from './resources.js';
import { namespaceOptions, seLinuxOptions, supplementalGroups } from './security-context.js';

export function sandboxConfig(pod: Pod, attempt: number, node: NodeConfig): Init<cri.PodSandboxConfig> {
  const { name = '', namespace = '' } = pod.metadata;
  return {
    metadata: { name, namespace, uid: podUid(pod), attempt },
    hostname: pod.spec?.hostNetwork ? '' : podHostname(pod),
    logDirectory: logDirectory(node.logsDir, pod),
    dnsConfig: {
      servers: pod.spec?.dnsConfig?.nameservers ?? [],
      searches: pod.spec?.dnsConfig?.searches ?? [],
      options: (pod.spec?.dnsConfig?.options ?? []).map((it) =>
        it.value ? `${it.name}:${it.value}` : (it.name ?? ''),
      ),
    },
    portMappings: portMappings(pod),
    labels: podLabels(pod),
    annotations: pod.metadata.annotations ?? {},
    linux: {
      cgroupParent: node.cgroups?.parentOf(pod) ?? '',
      sysctls: Object.fromEntries(
        (pod.spec?.securityContext?.sysctls ?? []).map(({ name: key = '', value = '' }) => [key, value]),
      ),
      securityContext: sandboxSecurity(pod),
      resources: sandboxResources(pod),
      overhead: sandboxOverhead(pod),
    },
  };
}

function portMappings(pod: Pod): Init<cri.PortMapping>[] {
  if (pod.spec?.hostNetwork) return [];
  return (pod.spec?.containers ?? [])
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort }) => hostPort !== undefined)
    .map(({ containerPort = 0, hostPort = 0, hostIP = '', protocol = 'TCP' }) => ({
      containerPort,
      hostPort,
      hostIp: hostIP,
      protocol: cri.Protocol[protocol as keyof typeof cri.Protocol] ?? cri.Protocol.TCP,
    }));
}

/** The sandbox's own process is the runtime's business: its default seccomp profile fits it whatever the pod asks for. */
function sandboxSecurity(pod: Pod): Init<cri.LinuxSandboxSecurityContext> {
  const shared = pod.spec?.securityContext ?? {};
  return {
    privileged: allContainersOf(pod).some(({ securityContext }) => securityContext?.privileged === true),
    namespaceOptions: namespaceOptions(pod),
    seccomp: { profileType: cri.SecurityProfileProfileType.RuntimeDefault },
    ...seLinuxOptions(shared.seLinuxOptions),
    ...supplementalGroups(pod),
    ...(shared.runAsUser === undefined ? {} : { runAsUser: { value: shared.runAsUser } }),
    ...(shared.runAsGroup === undefined || shared.runAsUser === undefined
      ? {}
      : { runAsGroup: { value: shared.runAsGroup } }),
  };
}
