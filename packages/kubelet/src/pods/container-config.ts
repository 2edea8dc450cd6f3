import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { Container, Pod } from '@keelson/api';
import { cri, type Init } from '@keelson/protocol';
import { Label } from '../cri/runtime-pod.js';
import { prepareSubPath, SubPathError } from '../volumes/sub-path.js';
import { isPayload } from '../volumes/volume-manager.js';
import { writeHostsFile } from './config/hosts-file.js';
import type { NodeConfig } from './config/node-config.js';
import { podLabels } from './config/pod-labels.js';
import { containerResources } from './config/resources.js';
import { containerSecurity, type ImageUser } from './config/security-context.js';
import { ContainerConfigError, expand } from './env.js';
import { containerHash, nameOf } from './pod-facts.js';

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
  /** Empty while it has none. */
  podIP: string;
  /** As whom the image runs when the pod does not say. */
  imageUser?: ImageUser | undefined;
  node: NodeConfig;
  /** The container whose processes this one is to see. */
  targetId?: string | undefined;
}

/** Below the kubelet's folder of logs; upstream's scheme, which log collectors know. */
export function logDirectory(
  logsDir: string,
  pod: { metadata: { namespace?: string | undefined; name?: string | undefined; uid?: string | undefined } },
): string {
  const { namespace, name, uid } = pod.metadata;
  return join(logsDir, `${namespace}_${name}_${uid}`);
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
    mounts: [...mounts(input), ...hostsMount(input), terminationMount(input)],
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
    linux: {
      resources: containerResources(pod, container, input.node.memoryBytes),
      securityContext: containerSecurity(pod, container, input.imageUser, input.node, input.targetId),
    },
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

const PROPAGATION: Record<string, cri.MountPropagation> = {
  HostToContainer: cri.MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  Bidirectional: cri.MountPropagation.PROPAGATION_BIDIRECTIONAL,
};

function mounts({ pod, container, volumes, env }: ContainerConfigInput): Init<cri.Mount>[] {
  return (container.volumeMounts ?? []).map((mount) => {
    const { name = '', mountPath = '', subPath, subPathExpr, readOnly = false, mountPropagation } = mount;
    const source = volumes.get(name);
    if (source === undefined)
      throw new ContainerConfigError(`volume "${name}" of container "${container.name}" is not mounted`);
    const part = subPathExpr === undefined ? (subPath ?? '') : expand(subPathExpr, (key) => env.get(key));
    const volume = pod.spec?.volumes?.find((it) => it.name === name) ?? {};
    const isKubelets = isPayload(volume);
    const isReadOnly = readOnly || isKubelets || volume.persistentVolumeClaim?.readOnly === true;
    let hostPath = source;
    if (part !== '') {
      const real = subPathOf(source, part, name, container);
      // The links of a volume that only the kubelet writes are its own, and lead to the newest content.
      hostPath = isKubelets ? join(source, part) : real;
    }
    const containerPath = isAbsolute(mountPath) ? mountPath : join('/', mountPath);
    const propagation = PROPAGATION[mountPropagation ?? ''] ?? cri.MountPropagation.PROPAGATION_PRIVATE;
    return { containerPath, hostPath, readonly: isReadOnly, propagation };
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

/** The pod may have a file of its own there; without an address there is nothing to say. */
function hostsMount({ pod, container, podIP, podDirectory }: ContainerConfigInput): Init<cri.Mount>[] {
  const isTaken = container.volumeMounts?.some(({ mountPath = '' }) => resolve('/', mountPath) === HOSTS_PATH);
  if (isTaken || podIP === '') return [];
  mkdirSync(podDirectory, { recursive: true });
  return [{ containerPath: HOSTS_PATH, hostPath: writeHostsFile(pod, podIP, podDirectory), readonly: false }];
}

const HOSTS_PATH = '/etc/hosts';

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
