import type { Node } from '@keelson/api';
import { readiness } from './taints.js';

const REGION = 'topology.kubernetes.io/region';
const ZONE = 'topology.kubernetes.io/zone';
/** Upstream's --unhealthy-zone-threshold and --large-cluster-size-threshold. */
const UNHEALTHY_SHARE = 0.55;
const LARGE_CLUSTER = 50;
/** Evictions a second: --node-eviction-rate and --secondary-node-eviction-rate. */
const RATE = 0.1;
const SECONDARY_RATE = 0.01;

export function zoneOf({ metadata }: Node): string {
  return `${metadata.labels?.[REGION] ?? ''}/${metadata.labels?.[ZONE] ?? ''}`;
}

/** How many nodes of each zone may lose their pods in a second; 0 while it looks as if we were the ones cut off. */
export function evictionRates(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const zones = new Map<string, { ready: number; lost: number }>();
  for (const node of nodes) {
    const zone = zones.get(zoneOf(node)) ?? { ready: 0, lost: 0 };
    if (readiness(node) === 'True') zone.ready += 1;
    else zone.lost += 1;
    zones.set(zoneOf(node), zone);
  }
  return new Map([...zones].map(([name, { ready, lost }]) => [name, rateOf(ready, lost, nodes.length)]));
}

function rateOf(ready: number, lost: number, all: number): number {
  if (ready === 0 && lost > 0) return 0;
  if (lost > 2 && lost / (lost + ready) >= UNHEALTHY_SHARE) return all > LARGE_CLUSTER ? SECONDARY_RATE : 0;
  return RATE;
}
