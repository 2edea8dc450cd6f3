import { controllerReference, deepEqual, type Endpoint, type EndpointSlice, type Service } from '@keelson/api';
import type { Family, PortGroup } from './endpoints.js';

export const SERVICE_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const SERVICE = { group: '', version: 'v1', kind: 'Service' };

/** What has to be done for a Service's slices to say what they should. */
export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/**
 * `existing`: the slices of the same family. Puts endpoints into slices of at most `max`: what is in a slice stays there, new ones fill up what is there, and a
 * slice without endpoints goes, unless it is the Service's last, which stays empty to say that there are none.
 */
export function planSlices(
  service: Service,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
  max: number,
  family: Family,
): SliceChanges {
  const create: EndpointSlice[] = [];
  const update: EndpointSlice[] = [];
  const free = new Set(existing);
  const wanted = groups.length > 0 ? groups : [{ ports: [], endpoints: [] }];
  for (const group of wanted) {
    const slices = existing.filter((it) => deepEqual(it.ports ?? [], group.ports));
    for (const it of slices) free.delete(it);
    const waiting = new Map(group.endpoints.map((it) => [keyOf(it), it]));
    const filled = slices.map((slice) => {
      const kept = (slice.endpoints ?? []).flatMap((it) => {
        const current = waiting.get(keyOf(it));
        waiting.delete(keyOf(it));
        return current === undefined ? [] : [current];
      });
      return { slice, endpoints: kept };
    });
    for (const it of filled) {
      for (const [key, endpoint] of waiting) {
        if (it.endpoints.length >= max) break;
        it.endpoints.push(endpoint);
        waiting.delete(key);
      }
    }
    const rest = [...waiting.values()];
    const empty = group.endpoints.length === 0 && filled.length === 0 && groups.length === 0;
    while (rest.length > 0 || (empty && create.length === 0)) {
      create.push(sliceOf(service, group, rest.splice(0, max), undefined, family));
    }
    let keptOne = group.endpoints.length > 0 || groups.length > 0;
    for (const { slice, endpoints } of filled) {
      if (endpoints.length === 0 && keptOne) {
        free.add(slice);
        continue;
      }
      keptOne = true;
      const next = sliceOf(service, group, endpoints, slice, family);
      if (!sameSlice(next, slice)) update.push(next);
    }
  }
  const spare = [...free];
  // A slice that is not needed becomes one that is: its name and place in caches stay.
  const reused = create.splice(0, Math.min(create.length, spare.length)).map((it) => {
    const old = spare.shift()!;
    return {
      ...old,
      endpoints: it.endpoints,
      ports: it.ports,
      metadata: { ...old.metadata, labels: it.metadata.labels },
    };
  });
  return { create, update: [...update, ...reused], remove: spare };
}

function keyOf({ targetRef, addresses }: Endpoint): string {
  return targetRef?.uid ?? addresses?.[0] ?? '';
}

function sliceOf(
  service: Service,
  group: PortGroup,
  endpoints: readonly Endpoint[],
  old: EndpointSlice | undefined,
  family: Family,
): EndpointSlice {
  const { name = '', namespace } = service.metadata;
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(service.metadata.labels ?? {})) {
    if (key !== SERVICE_LABEL && key !== MANAGED_BY_LABEL && key !== HEADLESS_LABEL) labels[key] = value;
  }
  labels[SERVICE_LABEL] = name;
  labels[MANAGED_BY_LABEL] = MANAGER;
  if (service.spec?.clusterIP === 'None') labels[HEADLESS_LABEL] = '';
  const metadata = old?.metadata ?? {
    generateName: `${name}-`,
    namespace,
    ownerReferences: [controllerReference(service, SERVICE)],
  };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    ...old,
    metadata: { ...metadata, labels },
    addressType: family,
    endpoints: [...endpoints],
    ports: [...group.ports],
  };
}

function sameSlice(a: EndpointSlice, b: EndpointSlice): boolean {
  return (
    deepEqual(a.endpoints, b.endpoints ?? []) &&
    deepEqual(a.ports, b.ports ?? []) &&
    deepEqual(a.metadata.labels, b.metadata.labels)
  );
}
