import type { Node } from '@keelson/api';
import { readiness } from './taints.js';

const REGION = 'topology.kubernetes.io/region';
const ZONE = 'topology.kubernetes.io/zone';
/** Upstream's --unhealthy-zone-threshold and --large-cluster-size-threshold. */
const UNHEALTHY_SHARE = 0.55;
const LARGE_ZONE = 50;
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
  const isCutOff = [...zones.values()].every(({ ready }) => ready === 0);
  return new Map([...zones].map(([name, { ready, lost }]) => [name, isCutOff ? 0 : rateOf(ready, lost)]));
}

/** A zone that is lost as a whole is really lost if others live; of one that is lost in part we may see too little. */
function rateOf(ready: number, lost: number): number {
  const isPartial = ready > 0 && lost > 2 && lost / (lost + ready) >= UNHEALTHY_SHARE;
  if (isPartial) return lost + ready > LARGE_ZONE ? SECONDARY_RATE : 0;
  return RATE;
}
