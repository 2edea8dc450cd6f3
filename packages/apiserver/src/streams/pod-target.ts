import { ApiError, apiErrors, type Pod } from '@keelson/api';
import type { ObjectCollection } from '../registry/collection.js';
import type { KubeletClient, Kubelets } from './kubelets.js';

export interface PodHost {
  readonly pod: Pod;
  readonly kubelet: KubeletClient;
}

export interface PodTarget extends PodHost {
  readonly container: string;
}

/** Finds a pod's container and the kubelet that runs it. Throws what kube-apiserver answers where it cannot. */
export async function podTarget(
  pods: ObjectCollection,
  kubelets: Kubelets,
  where: { namespace: string; name: string; container: string },
): Promise<PodTarget> {
  const pod = await podOf(pods, where);
  const container = containerOf(pod, where.container);
  return { pod, container, kubelet: kubeletOf(pod, kubelets) };
}

/** Finds a pod and the kubelet that runs it. Throws what kube-apiserver answers where it cannot. */
export async function podHost(
  pods: ObjectCollection,
  kubelets: Kubelets,
  where: { namespace: string; name: string },
): Promise<PodHost> {
  const pod = await podOf(pods, where);
  return { pod, kubelet: kubeletOf(pod, kubelets) };
}

async function podOf(pods: ObjectCollection, where: { namespace: string; name: string }): Promise<Pod> {
  const { stored } = await pods.read(where.namespace, where.name);
  if (stored === undefined) throw apiErrors.notFound(pods.kind, where.name);
  return stored.object as Pod;
}

function kubeletOf(pod: Pod, kubelets: Kubelets): KubeletClient {
  const node = pod.spec?.nodeName ?? '';
  if (node === '') throw apiErrors.badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return kubelets.of(node);
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
