/** What a pod asks of a node and what it may take there, as a whole. */
import type { Container, ContainerStatus, Pod } from './gen/types.js';
import { isHugePage } from './kinds/core/resource-names.js';
import { addResources, maxResources, type ResourceList } from './resource-lists.js';

export interface PodResourcesOptions {
  /** Also what containers have by now while another size of them is under way. */
  readonly withStatus: boolean;
  readonly withOverhead: boolean;
  /** Which of the resources that the pod says for itself stand instead of its containers'. */
  readonly ofPod?: (name: string) => boolean;
}

/** What a pod as a whole can be given. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePage(name);
}

export function podRequestList(pod: Pod, options: PodResourcesOptions): ResourceList {
  const total = podTotal(pod, 'requests', options);
  return options.withOverhead ? addResources(total, pod.spec?.overhead ?? {}) : total;
}

export function podLimitList(pod: Pod, options: PodResourcesOptions): ResourceList {
  const total = podTotal(pod, 'limits', options);
  if (!options.withOverhead) return total;
  // What has no limit has none with overhead either.
  const added = Object.entries(pod.spec?.overhead ?? {}).filter(([name]) => (total[name] ?? '0') !== '0');
  return addResources(total, Object.fromEntries(added));
}

/** The containers together, or the most that one of the init containers needs beside the sidecars started before it. */
function podTotal(pod: Pod, side: 'requests' | 'limits', options: PodResourcesOptions): ResourceList {
  const { spec = {} as NonNullable<Pod['spec']>, status } = pod;
  const statuses = new Map<string, ContainerStatus>();
  if (options.withStatus)
    for (const it of [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])])
      statuses.set(it.name ?? '', it);
  const infeasible = isResizeInfeasible(pod);
  const listOf = (container: Container): ResourceList => {
    const own = container.resources?.[side] ?? {};
    const held = statuses.get(container.name ?? '');
    if (held?.resources === undefined) return own;
    const actual = held.resources[side] ?? {};
    const known = side === 'requests' ? maxResources(actual, held.allocatedResources ?? {}) : actual;
    return infeasible ? known : maxResources(own, known);
  };
  let total: ResourceList = {};
  for (const container of spec.containers ?? []) total = addResources(total, listOf(container));
  let sidecars: ResourceList = {};
  let first: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      sidecars = addResources(sidecars, listOf(container));
      first = maxResources(first, sidecars);
    } else first = maxResources(first, addResources(container.resources?.[side] ?? {}, sidecars));
  }
  total = maxResources(addResources(total, sidecars), first);
  const isOfPod = options.ofPod ?? isPodLevelResource;
  const own = Object.entries(spec.resources?.[side] ?? {}).filter(([name]) => isOfPod(name));
  return { ...total, ...Object.fromEntries(own) };
}

function isResizeInfeasible({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible');
}
