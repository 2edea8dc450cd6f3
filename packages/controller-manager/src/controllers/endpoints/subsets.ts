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
