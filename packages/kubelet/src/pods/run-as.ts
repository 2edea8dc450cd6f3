import type { Container, Pod } from '@keelson/api';
import type { cri } from '@keelson/protocol';
import { ContainerConfigError } from './env.js';
import { allContainersOf, podText } from './pod-facts.js';

/** Who the container is to run as; undefined leaves it to the image. */
export function runAsUserOf(pod: Pod, container: Container): number | undefined {
  return container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
}

/** Who all containers of the pod run as; undefined if they differ, or if one leaves it to its image. */
export function commonUserOf(pod: Pod): number | undefined {
  const users = new Set(allContainersOf(pod).map((container) => runAsUserOf(pod, container)));
  const [user] = users;
  return users.size === 1 ? user : undefined;
}

export function mustRunAsNonRoot(pod: Pod, container: Container): boolean {
  return container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot ?? false;
}

/** Throws if a container that must not run as root would, or if nobody can tell; `image` is what the runtime says. */
export function verifyRunAsNonRoot(pod: Pod, container: Container, image: cri.Image | undefined): void {
  if (!mustRunAsNonRoot(pod, container)) return;
  const where = `(pod: "${podText(pod)}", container: ${container.name})`;
  const user = runAsUserOf(pod, container);
  if (user !== undefined) {
    if (user === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image === undefined) return;
  if (image.uid === undefined && image.username !== '') {
    const what = `image has non-numeric user (${image.username}), cannot verify user is non-root`;
    throw new ContainerConfigError(`container has runAsNonRoot and ${what} ${where}`);
  }
  // An image that names nobody runs as root.
  if ((image.uid?.value ?? 0) === 0) {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}
