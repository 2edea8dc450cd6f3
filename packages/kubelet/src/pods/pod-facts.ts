import { createHash } from 'node:crypto';
import type { Container, EphemeralContainer, Pod } from '@keelson/api';

/** A container that exists by itself, or an init container; sidecars are init containers that restart always. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function containersOf(pod: Pod): Container[] {
  return pod.spec?.containers ?? [];
}

export function initContainersOf(pod: Pod): Container[] {
  return pod.spec?.initContainers ?? [];
}

/** Containers that came into a pod to look into it: they are started once, and nothing waits for them. */
export function ephemeralContainersOf(pod: Pod): EphemeralContainer[] {
  return pod.spec?.ephemeralContainers ?? [];
}

export function allContainersOf(pod: Pod): Container[] {
  return [...initContainersOf(pod), ...containersOf(pod), ...ephemeralContainersOf(pod)];
}

export function nameOf(container: Container): string {
  return container.name ?? '';
}

export function podUid(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

/** "name_namespace(uid)", as the kubelet writes pods in messages. */
export function podText(pod: Pod): string {
  const { name, namespace, uid } = pod.metadata;
  return `${name}_${namespace}(${uid})`;
}

export function isDeleted(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && pod.metadata.deletionTimestamp !== null;
}

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** What of a container forces a new one when it changes: name and image, so that new defaults restart nothing. */
export function containerHash({ name, image }: Container): string {
  return createHash('sha256').update(JSON.stringify({ name, image })).digest('hex').slice(0, 8);
}

/** Whether a container that ended with `exitCode` is to run again. */
export function shouldRestart(pod: Pod, exitCode: number): boolean {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
