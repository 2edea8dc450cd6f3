/** What the server serves, as clients ask for it: plain lists, and all in one. */
import { createHash } from 'node:crypto';
import { builtInPriority, type GroupVersion, type PriorityOf } from './group-priorities.js';
import type { Kind, SubresourceDef } from './kind.js';
import { apiVersionOf } from './object.js';
import type { KindRegistry } from './registry.js';

export interface GroupVersions {
  readonly group: string;
  /** Best first. */
  readonly versions: readonly string[];
}

export const AGGREGATED_MEDIA_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** One version of a group, and what there is in it. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  /** As the aggregated form tells of them. */
  resources(): readonly unknown[];
  /** Whoever serves it elsewhere did not answer when last asked. */
  readonly isStale?: boolean;
}

/** What a registry has kinds of. */
export function versionsOf(registry: KindRegistry): ServedVersion[] {
  const kinds = new Map<string, Kind[]>();
  for (const kind of registry.all()) {
    const key = apiVersionOf(kind.group, kind.version);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, [kind]);
    else known.push(kind);
  }
  return [...kinds.values()].map((own) => {
    const { group, version } = own[0]!;
    return { group, version, resources: () => own.sort(byPlural).map(aggregatedResource) };
  });
}

const byPlural = (a: Kind, b: Kind) => (a.plural < b.plural ? -1 : 1);

/** Groups in the order of their priorities, and of the same priority by name; their versions best first. */
export function groupsOf(served: readonly GroupVersion[], priorityOf: PriorityOf = builtInPriority): GroupVersions[] {
  const versions = new Map<string, Set<string>>();
  const priorities = new Map<string, number>();
  for (const { group, version } of served) {
    versions.set(group, (versions.get(group) ?? new Set()).add(version));
    priorities.set(group, Math.max(priorities.get(group) ?? 0, priorityOf(group, version).group));
  }
  const priority = (group: string) => priorities.get(group) ?? 0;
  const byVersion = (group: string) => (a: string, b: string) =>
    priorityOf(group, b).version - priorityOf(group, a).version || compareVersions(a, b);
  return [...versions]
    .sort(([a], [b]) => priority(b) - priority(a) || (a < b ? -1 : 1))
    .map(([group, known]) => ({ group, versions: [...known].sort(byVersion(group)) }));
}

/** Stable before beta before alpha, then the higher number first; odd names last, by alphabet. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function versionRank(version: string): readonly [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  if (match === null) return [0, 0, 0];
  const stage = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}

function kindsOf(registry: KindRegistry, group: string, version: string): Kind[] {
  return registry
    .all()
    .filter((kind) => kind.group === group && kind.version === version)
    .sort((a, b) => (a.plural < b.plural ? -1 : 1));
}

/** The answer to `/api`. */
export function apiVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** The answer to `/apis`. */
export function apiGroupList(served: readonly GroupVersion[], priorityOf?: PriorityOf): object {
  const groups = groupsOf(served, priorityOf).filter(({ group }) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupBody) };
}

/** The answer to `/apis/GROUP`; undefined where there is no such group. */
export function apiGroup(served: readonly GroupVersion[], group: string, priorityOf?: PriorityOf): object | undefined {
  const [found] = groupsOf(
    served.filter((it) => it.group === group),
    priorityOf,
  );
  return found === undefined || group === '' ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(found) };
}

function groupBody({ group, versions }: GroupVersions): object {
  const entries = versions.map((version) => ({ groupVersion: apiVersionOf(group, version), version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** The answer to `/api/v1` and `/apis/GROUP/VERSION`; undefined where nothing is served there. */
export function apiResourceList(registry: KindRegistry, group: string, version: string): object | undefined {
  const kinds = kindsOf(registry, group, version);
  if (kinds.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version),
    resources: kinds.flatMap((kind) => [
      resourceBody(kind),
      ...kind.subresources.map((sub) => subresourceBody(kind, sub)),
    ]),
  };
}

function resourceBody(kind: Kind): object {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.scope === 'Namespaced',
    kind: kind.kind,
    verbs: kind.toldVerbs ?? kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.verbs.includes('watch') ? { storageVersionHash: storageVersionHash(kind) } : {}),
  };
}

/** Changes when the kind's stored form does. */
function storageVersionHash(kind: Kind): string {
  const { group, version, kind: name } = kind.storage ?? kind;
  return createHash('sha256').update(`${group}/${version}/${name}`).digest().subarray(0, 8).toString('base64');
}

function subresourceBody(kind: Kind, sub: SubresourceDef): object {
  const isForeign = sub.gvk.group !== kind.group || sub.gvk.version !== kind.version;
  return {
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.scope === 'Namespaced',
    ...(isForeign ? { group: sub.gvk.group, version: sub.gvk.version } : {}),
    kind: sub.gvk.kind,
    verbs: sub.verbs,
  };
}

export interface AggregatedDiscovery {
  readonly kind: 'APIGroupDiscoveryList';
  readonly apiVersion: string;
  readonly metadata: object;
  readonly items: unknown[];
}

/** The aggregated answer to `/api`. */
export function aggregatedCore(registry: KindRegistry): AggregatedDiscovery {
  return aggregated(versionsOf(registry).filter(({ group }) => group === ''));
}

/** The aggregated answer to `/apis`. */
export function aggregatedGroups(served: readonly ServedVersion[], priorityOf?: PriorityOf): AggregatedDiscovery {
  return aggregated(
    served.filter(({ group }) => group !== ''),
    priorityOf,
  );
}

function aggregated(served: readonly ServedVersion[], priorityOf?: PriorityOf): AggregatedDiscovery {
  const known = new Map(served.map((it) => [apiVersionOf(it.group, it.version), it]));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groupsOf(served, priorityOf).map(({ group, versions }) => ({
      metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
      versions: versions.map((version) => {
        const { resources, isStale } = known.get(apiVersionOf(group, version))!;
        return { version, resources: resources(), freshness: isStale ? 'Stale' : 'Current' };
      }),
    })),
  };
}

/** Only a kind of another group is named in full. */
function responseKind(of: Kind, answer: SubresourceDef['gvk']): object {
  const { group, version, kind } = answer;
  const isForeign = group !== of.group || version !== of.version;
  return isForeign ? { group, version, kind } : { group: '', version: '', kind };
}

function aggregatedResource(kind: Kind): object {
  const subresources = kind.subresources.map((sub) => ({
    subresource: sub.name,
    responseKind: responseKind(kind, sub.gvk),
    verbs: sub.verbs,
  }));
  return {
    resource: kind.plural,
    responseKind: responseKind(kind, kind),
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: kind.toldVerbs ?? kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
