import { ApiError, apiErrors, type Pod } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import type { KubeletClient, Kubelets } from './kubelets.js';

export interface PodTarget {
  readonly pod: Pod;
  readonly container: string;
  readonly kubelet: KubeletClient;
}

/** Finds a pod's container and the kubelet that runs it. Throws what kube-apiserver answers where it cannot. */
export async function podTarget(
  pods: ObjectCollection,
  kubelets: Kubelets,
  where: { namespace: string; name: string; container: string },
): Promise<PodTarget> {
  const { namespace, name } = where;
  const { stored } = await pods.read(namespace, name);
  if (stored === undefined) throw apiErrors.notFound(pods.kind, name);
  const pod = stored.object as Pod;
  const container = containerOf(pod, where.container);
  const node = pod.spec?.nodeName ?? '';
  if (node === '') throw apiErrors.badRequest(`pod ${name} does not have a host assigned`);
  return { pod, container, kubelet: kubelets.of(node) };
}

function containerOf(pod: Pod, wanted: string): string {
  const name = pod.metadata.name ?? '';
  const regular = (pod.spec?.containers ?? []).map((it) => it.name ?? '');
  const init = (pod.spec?.initContainers ?? []).map((it) => it.name ?? '');
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map((it) => it.name ?? '');
  if (wanted !== '') {
    if ([...regular, ...init, ...ephemeral].includes(wanted)) return wanted;
    throw apiErrors.badRequest(`container ${wanted} is not valid for pod ${name}`);
  }
  if (regular.length === 1) return regular[0]!;
  const choices = [`choose one of: [${regular.join(' ')}]`];
  if (init.length > 0) choices.push(` or one of the init containers: [${init.join(' ')}]`);
  throw apiErrors.badRequest(`a container name must be specified for pod ${name}, ${choices.join('')}`);
}

/** What a failed call to a kubelet looks like to the API's user. */
export function kubeletError(error: unknown): Error {
  if (error instanceof ApiError) return error;
  const { code, details } = error as { code?: number; details?: string };
  if (typeof code !== 'number') return error as Error;
  const message = details ?? String(error);
  if (code === 3 || code === 9) return apiErrors.badRequest(message);
  if (code === 5) return new ApiError({ code: 404, reason: 'NotFound', message });
  return apiErrors.internalError(new Error(`kubelet: ${message}`));
}
