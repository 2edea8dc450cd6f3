import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type Container, type Pod, quantityMilliValue, quantityValue } from '@keelson/api';
import { cri, type Init } from '@keelson/protocol';
import { Label } from '../cri/runtime-pod.js';
import { prepareSubPath, SubPathError } from '../volumes/sub-path.js';
import { isPayload } from '../volumes/volume-manager.js';
import { ContainerConfigError, expand } from './env.js';
import { containerHash, nameOf, podUid } from './pod-facts.js';
import { runAsUserOf } from './run-as.js';

export interface ContainerConfigInput {
  pod: Pod;
  container: Container;
  attempt: number;
  imageRef: string;
  env: ReadonlyMap<string, string>;
  /** Host path of each volume. */
  volumes: ReadonlyMap<string, string>;
  /** The pod's own directory on the host. */
  podDirectory: string;
}

/** The labels that find a pod's sandboxes and containers again. */
function podLabels(pod: Pod): Record<string, string> {
  return {
    ...pod.metadata.labels,
    [Label.podName]: pod.metadata.name ?? '',
    [Label.podNamespace]: pod.metadata.namespace ?? '',
    [Label.podUid]: podUid(pod),
  };
}

/** Below the kubelet's folder of logs; upstream's scheme, which log collectors know. */
export function logDirectory(
  logsDir: string,
  pod: { metadata: { namespace?: string | undefined; name?: string | undefined; uid?: string | undefined } },
): string {
  const { namespace, name, uid } = pod.metadata;
  return join(logsDir, `${namespace}_${name}_${uid}`);
}

export function sandboxConfig(pod: Pod, attempt: number, logsDir: string): Init<cri.PodSandboxConfig> {
  const { name = '', namespace = '' } = pod.metadata;
  const hostNetwork = pod.spec?.hostNetwork === true;
  const mode = (host: boolean | undefined) => (host ? cri.NamespaceMode.NODE : cri.NamespaceMode.POD);
  return {
    metadata: { name, namespace, uid: podUid(pod), attempt },
    hostname: hostNetwork ? '' : (pod.spec?.hostname ?? name).slice(0, 63),
    logDirectory: logDirectory(logsDir, pod),
    dnsConfig: {
      servers: pod.spec?.dnsConfig?.nameservers ?? [],
      searches: pod.spec?.dnsConfig?.searches ?? [],
      options: (pod.spec?.dnsConfig?.options ?? []).map((it) =>
        it.value ? `${it.name}:${it.value}` : (it.name ?? ''),
      ),
    },
    portMappings: (pod.spec?.containers ?? [])
      .flatMap(({ ports = [] }) => ports)
      .filter(({ hostPort }) => hostPort !== undefined && !hostNetwork)
      .map(({ containerPort = 0, hostPort = 0, hostIP = '', protocol = 'TCP' }) => ({
        containerPort,
        hostPort,
        hostIp: hostIP,
        protocol: cri.Protocol[protocol as keyof typeof cri.Protocol] ?? cri.Protocol.TCP,
      })),
    labels: podLabels(pod),
    annotations: pod.metadata.annotations ?? {},
    linux: {
      sysctls: Object.fromEntries(
        (pod.spec?.securityContext?.sysctls ?? []).map(({ name: key = '', value = '' }) => [key, value]),
      ),
      securityContext: {
        namespaceOptions: {
          network: mode(pod.spec?.hostNetwork),
          ipc: mode(pod.spec?.hostIPC),
          pid: pod.spec?.hostPID
            ? cri.NamespaceMode.NODE
            : pod.spec?.shareProcessNamespace
              ? cri.NamespaceMode.POD
              : cri.NamespaceMode.CONTAINER,
        },
        supplementalGroups: pod.spec?.securityContext?.supplementalGroups ?? [],
      },
    },
  };
}

export function containerConfig(input: ContainerConfigInput): Init<cri.ContainerConfig> {
  const { pod, container, attempt, env } = input;
  const name = nameOf(container);
  const expanded = (texts: readonly string[] | undefined) =>
    (texts ?? []).map((text) => expand(text, (key) => env.get(key)));
  return {
    metadata: { name, attempt },
    image: { image: input.imageRef, userSpecifiedImage: container.image ?? '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    envs: [...env].map(([key, value]) => ({ key, value })),
    mounts: [...mounts(input), terminationMount(input)],
    labels: { ...podLabels(pod), [Label.containerName]: name },
    annotations: {
      [Label.hash]: containerHash(container),
      [Label.restartCount]: String(attempt),
      [Label.terminationMessagePath]: container.terminationMessagePath ?? '',
      [Label.terminationMessagePolicy]: container.terminationMessagePolicy ?? '',
      ...endingOnRecord(pod, container),
    },
    logPath: join(name, `${attempt}.log`),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    stopSignal: cri.Signal[container.lifecycle?.stopSignal as keyof typeof cri.Signal] ?? cri.Signal.RUNTIME_DEFAULT,
    linux: { resources: resources(container), securityContext: securityContext(pod, container) },
  };
}

/** What a kubelet that has lost the pod needs to end the container as the pod asked. */
function endingOnRecord(pod: Pod, container: Container): Record<string, string> {
  const grace = pod.spec?.terminationGracePeriodSeconds;
  const deletion = pod.metadata.deletionGracePeriodSeconds;
  const { preStop } = container.lifecycle ?? {};
  return {
    ...(grace === undefined ? {} : { [Label.terminationGracePeriod]: String(grace) }),
    ...(deletion === undefined ? {} : { [Label.deletionGracePeriod]: String(deletion) }),
    ...(preStop === undefined ? {} : { [Label.preStopHandler]: JSON.stringify(preStop) }),
    ...(container.ports === undefined ? {} : { [Label.ports]: JSON.stringify(container.ports) }),
  };
}

function mounts({ pod, container, volumes, env }: ContainerConfigInput): Init<cri.Mount>[] {
  return (container.volumeMounts ?? []).map(({ name = '', mountPath = '', subPath, subPathExpr, readOnly = false }) => {
    const source = volumes.get(name);
    if (source === undefined)
      throw new ContainerConfigError(`volume "${name}" of container "${container.name}" is not mounted`);
    const part = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, (key) => env.get(key));
    const isKubelets = pod.spec?.volumes?.some((volume) => volume.name === name && isPayload(volume)) ?? false;
    let hostPath = source;
    if (part !== '') {
      const real = subPathOf(source, part, name, container);
      // The links of a volume that only the kubelet writes are its own, and lead to the newest content.
      hostPath = isKubelets ? join(source, part) : real;
    }
    const containerPath = isAbsolute(mountPath) ? mountPath : join('/', mountPath);
    return { containerPath, hostPath, readonly: readOnly || isKubelets };
  });
}

function subPathOf(volume: string, part: string, name: string, container: Container): string {
  try {
    return prepareSubPath(volume, part);
  } catch (error) {
    // Why it cannot be had would tell about the host's files; what is wrong with the path itself is the pod's to know.
    const why = error instanceof SubPathError ? `: subPath "${part}": ${error.message}` : '';
    throw new ContainerConfigError(
      `failed to prepare subPath for volumeMount "${name}" of container "${nameOf(container)}"${why}`,
      { cause: error },
    );
  }
}

/** Where a container's termination message is on the host. */
export function terminationFile(podDirectory: string, container: string, attempt: number): string {
  return join(podDirectory, 'containers', container, `${attempt}.message`);
}

function terminationMount({ container, attempt, podDirectory }: ContainerConfigInput): Init<cri.Mount> {
  const hostPath = terminationFile(podDirectory, nameOf(container), attempt);
  mkdirSync(join(podDirectory, 'containers', nameOf(container)), { recursive: true });
  writeFileSync(hostPath, '');
  // Whoever the container runs as writes it; the mode at creation would be cut by this process's umask.
  chmodSync(hostPath, 0o666);
  return { containerPath: container.terminationMessagePath || '/dev/termination-log', hostPath, readonly: false };
}

const CPU_PERIOD = 100_000;

function resources(container: Container): Init<cri.LinuxContainerResources> {
  const { limits = {}, requests = {} } = container.resources ?? {};
  const cpuRequest = requests['cpu'] ?? limits['cpu'];
  const quota = limits['cpu'] === undefined ? 0 : (quantityMilliValue(limits['cpu']) * CPU_PERIOD) / 1000;
  return {
    cpuShares: Math.max(2, Math.floor(((cpuRequest === undefined ? 0 : quantityMilliValue(cpuRequest)) * 1024) / 1000)),
    cpuPeriod: quota > 0 ? CPU_PERIOD : 0,
    cpuQuota: quota,
    memoryLimitInBytes: limits['memory'] === undefined ? 0 : quantityValue(limits['memory']),
  };
}

function securityContext(pod: Pod, container: Container): Init<cri.LinuxContainerSecurityContext> {
  const shared = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = runAsUserOf(pod, container);
  const gid = own.runAsGroup ?? shared.runAsGroup;
  return {
    privileged: own.privileged ?? false,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    capabilities: { addCapabilities: own.capabilities?.add ?? [], dropCapabilities: own.capabilities?.drop ?? [] },
    supplementalGroups: [
      ...(shared.supplementalGroups ?? []),
      ...(shared.fsGroup === undefined ? [] : [shared.fsGroup]),
    ],
    ...(uid === undefined ? {} : { runAsUser: { value: uid } }),
    ...(gid === undefined ? {} : { runAsGroup: { value: gid } }),
    namespaceOptions: {
      network: pod.spec?.hostNetwork ? cri.NamespaceMode.NODE : cri.NamespaceMode.POD,
      pid: pod.spec?.hostPID
        ? cri.NamespaceMode.NODE
        : pod.spec?.shareProcessNamespace
          ? cri.NamespaceMode.POD
          : cri.NamespaceMode.CONTAINER,
      ipc: pod.spec?.hostIPC ? cri.NamespaceMode.NODE : cri.NamespaceMode.POD,
    },
  };
}
