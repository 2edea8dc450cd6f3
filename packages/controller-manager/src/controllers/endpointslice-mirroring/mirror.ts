import {
  addresses,
  controllerReference,
  deepEqual,
  type Endpoint,
  type EndpointAddress,
  type EndpointPort,
  type EndpointSlice,
  type Endpoints,
} from '@keelson/api';
import { resources } from '@keelson/client';
import { MANAGED_BY_LABEL, SERVICE_LABEL } from '../endpointslice/slices.js';

export const MIRROR = 'endpointslicemirroring-controller.k8s.io';
/** These say something of the Endpoints that is not true of their mirror. */
const NOT_COPIED = [
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
];

type AddressType = 'IPv4' | 'IPv6';

interface Group {
  readonly ports: EndpointPort[];
  readonly addressType: AddressType;
  readonly endpoints: Map<string, Endpoint>;
}

export interface Mirrored {
  readonly create: readonly EndpointSlice[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
  /** Addresses that are none, and such as there was no room for. */
  readonly invalid: number;
  readonly skipped: number;
}

/** What has to be done for slices to say what Endpoints made by hand say: one slice for each set of ports and family. */
export function mirror(endpoints: Endpoints, existing: readonly EndpointSlice[], max: number): Mirrored {
  const { groups, invalid, skipped } = groupsOf(endpoints, max);
  const remove: EndpointSlice[] = [];
  const free = new Set(existing);
  const update: EndpointSlice[] = [];
  const create: EndpointSlice[] = [];
  for (const group of groups) {
    const matching = [...free].filter((it) => it.addressType === group.addressType && samePorts(it.ports, group.ports));
    for (const it of matching) free.delete(it);
    const [first, ...others] = matching;
    remove.push(...others);
    const wanted = sliceOf(endpoints, group, max, first);
    if (first === undefined) create.push(wanted);
    else if (!says(first, wanted)) update.push(wanted);
  }
  remove.push(...free);
  // A slice that is not needed becomes one that is, if addresses of its family are to be in it: a family is for ever.
  for (const wanted of create.splice(0)) {
    const at = remove.findIndex((it) => it.addressType === wanted.addressType);
    const [old] = at < 0 ? [] : remove.splice(at, 1);
    if (old === undefined) create.push(wanted);
    else update.push({ ...wanted, metadata: { ...old.metadata, ...contentOf(wanted) } });
  }
  return { create, update, remove, invalid, skipped };
}

function groupsOf({ subsets = [] }: Endpoints, max: number): { groups: Group[]; invalid: number; skipped: number } {
  const groups = new Map<string, Group>();
  let [invalid, skipped] = [0, 0];
  for (const { addresses: ready = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }));
    let added = 0;
    for (const [list, isReady] of [
      [ready, true],
      [notReadyAddresses, false],
    ] as const) {
      for (const address of list) {
        if (added >= max) break;
        const family = addresses.parseAddress(address.ip ?? '')?.family;
        if (family === undefined) {
          invalid += 1;
          continue;
        }
        added += 1;
        const addressType = family === 4 ? 'IPv4' : 'IPv6';
        const key = `${addressType} ${JSON.stringify(ports)}`;
        let group = groups.get(key);
        if (group === undefined) {
          group = { ports, addressType, endpoints: new Map() };
          groups.set(key, group);
        }
        const endpoint = endpointOf(address, isReady);
        group.endpoints.set(JSON.stringify([endpoint.addresses, endpoint.hostname, endpoint.targetRef]), endpoint);
      }
    }
    skipped += ready.length + notReadyAddresses.length - added;
  }
  return { groups: [...groups.values()], invalid, skipped };
}

function endpointOf({ ip = '', hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  const parsed = addresses.parseAddress(ip);
  return {
    addresses: [parsed === undefined ? ip : addresses.addressText(parsed)],
    conditions: { ready },
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(hostname ? { hostname } : {}),
  };
}

function sliceOf(endpoints: Endpoints, group: Group, max: number, old: EndpointSlice | undefined): EndpointSlice {
  const { name = '', namespace, labels, annotations = {} } = endpoints.metadata;
  const copied = Object.entries(annotations).filter(([key]) => !NOT_COPIED.includes(key));
  const content = {
    labels: { ...labels, [SERVICE_LABEL]: name, [MANAGED_BY_LABEL]: MIRROR },
    annotations: Object.fromEntries(copied),
    ownerReferences: [controllerReference(endpoints, resources.endpoints)],
  };
  const metadata = old?.metadata ?? { generateName: `${name}-`, namespace };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, ...content },
    addressType: group.addressType,
    endpoints: [...group.endpoints.values()].slice(0, max),
    ports: group.ports,
  };
}

function contentOf({ metadata: { labels, annotations, ownerReferences } }: EndpointSlice) {
  return { labels, annotations, ownerReferences };
}

function samePorts(a: readonly EndpointPort[] | undefined, b: readonly EndpointPort[]): boolean {
  return deepEqual(a ?? [], b);
}

function says(slice: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    deepEqual(slice.endpoints ?? [], wanted.endpoints) &&
    deepEqual(slice.metadata.labels ?? {}, wanted.metadata.labels) &&
    deepEqual(slice.metadata.annotations ?? {}, wanted.metadata.annotations)
  );
}
