import type { Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from '../gen/types.js';
import { qosClass } from '../kinds/core/pod-spec/resources.js';
import { isExtendedResource, isHugePage, isNativeResource } from '../kinds/core/resource-names.js';
import { isPodLevelResource, podLimitList, podRequestList } from '../pod-resources.js';
import type { ResourceList } from '../resource-lists.js';
import { countName, matchesNames, type QuotaEvaluator, type QuotaSurroundings } from './evaluator.js';

const COUNT = countName('', 'pods');
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const NAMES: ReadonlySet<string> = new Set([
  ...[COUNT, 'pods'],
  ...COMPUTE.flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
]);
/** What each container must say where it is limited. A mistake of old that pods rely on, so nothing is added. */
const MUST_SAY: ReadonlySet<string> = new Set(
  ['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);
const DEVICE_CLASS = 'deviceclass.resource.kubernetes.io/';

/** Devices, by a name of their own or by that of their class. */
export function isDeviceQuota(name: string): boolean {
  if (!name.startsWith('requests.')) return false;
  return !isNativeResource(name) || name.startsWith(`requests.${DEVICE_CLASS}`);
}

export function pods(surroundings: Pick<QuotaSurroundings, 'now'>): QuotaEvaluator {
  return {
    handles({ operation, subresource, object, old }) {
      if (subresource === 'resize') return operation === 'UPDATE';
      if (subresource !== '') return false;
      if (operation === 'UPDATE') return isTerminating(object as Pod) !== isTerminating(old as Pod);
      return operation === 'CREATE';
    },
    matching: (names) =>
      names.filter(
        (name) => NAMES.has(name) || isHugePage(name) || name.startsWith('requests.hugepages-') || isDeviceQuota(name),
      ),
    isInScope: (scope, object) => isInScope(scope, object as Pod),
    missing: (limited, object) => missingText(limited, object as Pod),
    usage(object) {
      const pod = object as Pod;
      if (!isCharged(pod, surroundings.now())) return { [COUNT]: '1' };
      const options = { withStatus: true, withOverhead: true };
      return { [COUNT]: '1', ...computeUsage(podRequestList(pod, options), podLimitList(pod, options)) };
    },
  };
}

/** A pod that is done, or that should be gone by now, uses nothing but its place in the store. */
export function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000;
}

function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: Record<string, string> = { pods: '1' };
  for (const name of COMPUTE) {
    const [request, limit] = [requests[name], limits[name]];
    if (request !== undefined) Object.assign(usage, { [name]: request, [`requests.${name}`]: request });
    if (limit !== undefined) usage[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests)) {
    if (isHugePage(name)) usage[name] = request;
    if (isHugePage(name) || isExtendedResource(name) || name.startsWith(DEVICE_CLASS))
      usage[`requests.${name}`] = request;
  }
  return usage;
}

function missingText(limited: readonly string[], { spec }: Pod): string | undefined {
  const ofPod = spec?.resources;
  const own = Object.keys({ ...ofPod?.requests, ...ofPod?.limits });
  if (own.some(isPodLevelResource)) return undefined;
  const needed = limited.filter((name) => MUST_SAY.has(name)).sort();
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const texts = needed.flatMap((name) => {
    const silent = containers.filter(({ resources }) => {
      const said = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
      return said[name] === undefined;
    });
    const names = [...new Set(silent.map((it) => it.name ?? ''))].sort();
    return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`];
  });
  return texts.length === 0 ? undefined : `must specify ${texts.join('; ')}`;
}

function isInScope(scope: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (scope.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'PriorityClass': {
      const name = pod.spec?.priorityClassName;
      return matchesNames(scope, name ? [name] : []);
    }
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod);
    default:
      return false;
  }
}

function isTerminating({ spec }: Pod): boolean {
  const seconds = spec?.activeDeadlineSeconds;
  return seconds != null && seconds >= 0;
}

function isBestEffort({ spec, status }: Pod): boolean {
  return (status?.qosClass || qosClass(spec ?? ({} as NonNullable<Pod['spec']>))) === 'BestEffort';
}

function reachesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((it) => {
    const required = it?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = it?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms: (PodAffinityTerm | undefined)[] = [...required, ...preferred.map((term) => term.podAffinityTerm)];
    return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector != null);
  });
}
