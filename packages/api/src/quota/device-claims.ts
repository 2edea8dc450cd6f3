import type { DeviceRequest, Pod } from '../gen/types.js';
import type { KubeObject } from '../kind.js';
import { addResources, maxResources, type ResourceList } from '../resource-lists.js';
import { countName, type QuotaEvaluator, type QuotaSurroundings } from './evaluator.js';
import { isDeviceQuota } from './pods.js';

const COUNT = countName('resource.k8s.io', 'resourceclaims');
const OF_CLASS = '.deviceclass.resource.k8s.io/devices';
const IMPLICIT = 'requests.deviceclass.resource.kubernetes.io/';
const FOR_EXTENDED_RESOURCE = 'resource.kubernetes.io/extended-resource-claim';
/** Of a request for all devices, so many are counted: the most that a claim can get. */
const ALL_DEVICES = 32;

type Asked = { readonly deviceClassName?: string; readonly allocationMode?: string; readonly count?: number };
type Claim = KubeObject & { readonly spec?: { readonly devices?: { readonly requests?: DeviceRequest[] } } };

/** Claims use devices of their classes. */
export function deviceClaims(surroundings: Pick<QuotaSurroundings, 'extendedResourceOf' | 'pod'>): QuotaEvaluator {
  return {
    handles: ({ operation, subresource }) => subresource === '' && operation !== 'DELETE',
    matching: (names) => names.filter((name) => name === COUNT || name.endsWith(OF_CLASS) || isDeviceQuota(name)),
    usage(object) {
      const claim = object as Claim;
      const ofPod = requestsOfOwner(claim, surroundings);
      let usage: ResourceList = { [COUNT]: '1' };
      for (const { exactly, firstAvailable = [] } of claim.spec?.devices?.requests ?? []) {
        // Of alternatives, the dearest of each class counts.
        const asked = firstAvailable.length > 0 ? firstAvailable : exactly === undefined ? [] : [exactly];
        const most = asked.map((it) => usageOf(it as Asked, ofPod, surroundings)).reduce(maxResources, {});
        usage = addResources(usage, most);
      }
      return usage;
    },
  };
}

function usageOf(
  { deviceClassName = '', allocationMode, count }: Asked,
  ofPod: Map<string, string> | undefined,
  { extendedResourceOf }: Pick<QuotaSurroundings, 'extendedResourceOf'>,
): ResourceList {
  const devices = allocationMode === 'ExactCount' ? Number(count ?? 0) : allocationMode === 'All' ? ALL_DEVICES : 0;
  const amount = String(devices);
  const usage: Record<string, string> = { [`${deviceClassName}${OF_CLASS}`]: amount };
  const implicit = `${IMPLICIT}${deviceClassName}`;
  const extended = extendedResourceOf(deviceClassName);
  const explicit = extended === undefined ? undefined : `requests.${extended}`;
  // What the claim's pod says in its own containers is charged there.
  const isSaid = (name: string | undefined) => name !== undefined && ofPod?.get(name) === amount;
  const isImplicit = isSaid(implicit);
  const isExplicit = !isImplicit && isSaid(explicit);
  if (!isImplicit) usage[implicit] = amount;
  if (explicit !== undefined && !isExplicit) usage[explicit] = amount;
  if (isImplicit) ofPod?.delete(implicit);
  else if (isExplicit) ofPod?.delete(explicit!);
  return usage;
}

/** Of a claim that was made for what a pod's containers ask for by name: that, as quotas name it. */
function requestsOfOwner(
  { metadata }: Claim,
  { pod: find }: Pick<QuotaSurroundings, 'pod'>,
): Map<string, string> | undefined {
  if (metadata.annotations?.[FOR_EXTENDED_RESOURCE] !== 'true') return undefined;
  const owner = metadata.ownerReferences?.[0];
  if (owner?.kind !== 'Pod') return undefined;
  const pod: Pod | undefined = find(metadata.namespace ?? '', owner.name ?? '');
  if (pod === undefined) return undefined;
  const claimed = pod.status?.extendedResourceClaimStatus;
  if (claimed !== undefined && claimed.resourceClaimName !== metadata.name) return undefined;
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const requests = containers.flatMap(({ resources }) => Object.entries(resources?.requests ?? {}));
  return new Map(requests.map(([name, value]) => [`requests.${name}`, value]));
}
