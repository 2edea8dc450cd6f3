import type { Endpoint, EndpointAddress, EndpointSubset } from '@keelson/api';
import type { PortGroup } from '../endpointslice/endpoints.js';

/** The old form of a Service's endpoints: addresses that share their ports, ready ones and others apart. */
export function subsetsOf(groups: readonly PortGroup[]): EndpointSubset[] {
  return groups.flatMap(({ ports, endpoints }) => {
    const ready = endpoints.filter((it) => it.conditions?.ready === true).map(addressOf);
    // A pod on its way out serves nobody in this form.
    const waiting = endpoints.filter((it) => it.conditions?.ready !== true && it.conditions?.terminating !== true);
    if (ready.length + waiting.length === 0) return [];
    return [
      {
        ...(ready.length > 0 ? { addresses: ready } : {}),
        ...(waiting.length > 0 ? { notReadyAddresses: waiting.map(addressOf) } : {}),
        ports: ports.map(({ name, ...port }) =>
          name === '' || name === undefined ? port : { name, ...port },
        ) as NonNullable<EndpointSubset['ports']>,
      },
    ];
  });
}

function addressOf({ addresses, hostname, nodeName, targetRef }: Endpoint): EndpointAddress {
  return {
    ip: addresses?.[0] ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(targetRef === undefined ? {} : { targetRef }),
  };
}

/**
 * So much of the subsets as there is room for, in shares by their size: those that are ready come first, and of the
 * others only as many as are left. Undefined if there is room for all.
 */
export function truncated(subsets: readonly EndpointSubset[], max: number): EndpointSubset[] | undefined {
  const count = (list: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, subset) => sum + (subset[list]?.length ?? 0), 0);
  const [ready, waiting] = [count('addresses'), count('notReadyAddresses')];
  if (ready + waiting <= max) return undefined;
  const cutsReady = ready > max;
  const list = cutsReady ? 'addresses' : 'notReadyAddresses';
  const room = cutsReady ? max : max - ready;
  const total = cutsReady ? ready : waiting;
  let left = room;
  return subsets.map(({ notReadyAddresses = [], ...subset }) => {
    const all = cutsReady ? (subset.addresses ?? []) : notReadyAddresses;
    const share = Math.min(left, Math.ceil((all.length / total) * room));
    left -= share;
    return { ...subset, [list]: all.slice(0, share) };
  });
}
