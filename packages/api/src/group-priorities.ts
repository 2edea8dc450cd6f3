/** In which order groups and their versions are told of: what an APIService says, and what those of this server say. */
import type { KindRegistry } from './registry.js';

export interface GroupPriority {
  /** APIService's spec.groupPriorityMinimum. */
  readonly group: number;
  /** APIService's spec.versionPriority, within the group. */
  readonly version: number;
}

export type PriorityOf = (group: string, version: string) => GroupPriority;

/** The group of APIServices comes before whatever an APIService may say. */
export const FIRST_GROUP = 'apiregistration.k8s.io';
const FIRST: GroupPriority = { group: 20_001, version: 15 };

/** The built-in groups, and of those versions that are not its v1. */
const GROUPS: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};
const VERSIONS: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'resource.k8s.io/v1': 20,
  'flowcontrol.apiserver.k8s.io/v1': 21,
};
const STABLE = 15;

/** Of what is made from definitions: after all that is built in. */
export const CUSTOM_PRIORITY: GroupPriority = { group: 1_000, version: 100 };

export const builtInPriority: PriorityOf = (group, version) => {
  if (group === FIRST_GROUP) return FIRST;
  const own = Object.hasOwn(GROUPS, group) ? GROUPS[group] : undefined;
  return own === undefined ? CUSTOM_PRIORITY : { group: own, version: VERSIONS[`${group}/${version}`] ?? STABLE };
};

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Each group and version that a registry has kinds of, once. */
export function groupVersionsOf(registry: KindRegistry): GroupVersion[] {
  const found = new Map<string, GroupVersion>();
  for (const { group, version } of registry.all()) found.set(`${group}/${version}`, { group, version });
  return [...found.values()];
}
