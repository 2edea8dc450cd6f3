import { isApiError } from '@keelson/api';
import { type Discovered, type DiscoveredResource, discoveredIn } from '../discovery.js';

/** Gets a document that is no object of a collection. Throws ApiError. */
export type GetDocument = (path: string, accept: string) => Promise<{ value: unknown; contentType: string }>;

const AGGREGATED = ['v2', 'v2beta1'].map(
  (it) => `application/json;g=apidiscovery.k8s.io;v=${it};as=APIGroupDiscoveryList`,
);
const JSON_TYPE = 'application/json';
const ACCEPT = [...AGGREGATED, JSON_TYPE].join(',');

interface AggregatedList {
  readonly items?: readonly unknown[];
}
interface PlainGroup {
  readonly name: string;
  readonly versions: readonly { readonly version: string }[];
  readonly preferredVersion?: { readonly version: string };
}
interface PlainResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}
interface Served {
  readonly name: string;
  readonly versions: readonly { readonly version: string; readonly resources?: readonly DiscoveredResource[] }[];
}

/**
 * All that a server serves, in two requests where it has aggregated discovery, else in one for each version. A group
 * whose own server does not answer is stale and hides no other.
 */
export async function discoverOverRest(get: GetDocument): Promise<Discovered> {
  const [core, groups, version] = await Promise.all([
    get('/api', ACCEPT),
    get('/apis', ACCEPT),
    get('/version', JSON_TYPE).then(({ value }) => value as Record<string, string>),
  ]);
  const parts = await Promise.all([
    isAggregated(core.contentType)
      ? discoveredIn(listOf(core.value), {})
      : plain(get, [{ name: '', versions: versionsOf(core.value) }]),
    isAggregated(groups.contentType)
      ? discoveredIn(listOf(groups.value), {})
      : plain(get, (groups.value as { groups?: readonly PlainGroup[] }).groups ?? []),
  ]);
  return {
    version,
    groups: parts.flatMap((it) => it.groups),
    stale: parts.flatMap((it) => it.stale),
    resources: parts.flatMap((it) => it.resources),
  };
}

function isAggregated(contentType: string): boolean {
  return /;\s*as=APIGroupDiscoveryList/.test(contentType);
}

function listOf(value: unknown): AggregatedList {
  return { items: [], ...(value as AggregatedList) };
}

function versionsOf(core: unknown): { version: string }[] {
  return ((core as { versions?: string[] }).versions ?? []).map((version) => ({ version }));
}

async function plain(get: GetDocument, groups: readonly PlainGroup[]): Promise<Omit<Discovered, 'version'>> {
  const served = await Promise.all(
    groups.map(async (group): Promise<Served> => {
      const { name } = group;
      const versions = preferredFirst(group).map(async (version) => ({
        version,
        resources: await resourcesOf(get, name, version),
      }));
      return { name, versions: (await Promise.all(versions)) as Served['versions'] };
    }),
  );
  const all = served.flatMap(({ name, versions }) => versions.map((it) => ({ group: name, ...it })));
  return {
    groups: served.map(({ name, versions }) => ({ name, versions: versions.map((it) => it.version) })),
    stale: all.filter((it) => it.resources === undefined).map(({ group, version }) => ({ group, version })),
    resources: all.flatMap((it) => it.resources ?? []),
  };
}

function preferredFirst({ versions, preferredVersion }: PlainGroup): string[] {
  const all = versions.map((it) => it.version);
  const first = preferredVersion?.version;
  return first === undefined ? all : [first, ...all.filter((it) => it !== first)];
}

/** Undefined: nobody answers for that version now. */
async function resourcesOf(
  get: GetDocument,
  group: string,
  version: string,
): Promise<readonly DiscoveredResource[] | undefined> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  try {
    const { value } = await get(path, JSON_TYPE);
    return described((value as { resources?: readonly PlainResource[] }).resources ?? [], group, version);
  } catch (error) {
    // Gone since the groups were asked for, if it is not there; the server itself, if it says so, is not to blame.
    if (isApiError(error) && error.code === 404) return [];
    if (isApiError(error) && error.code < 500) throw error;
    if (isApiError(error) && error.cause !== undefined) throw error;
    return undefined;
  }
}

function described(resources: readonly PlainResource[], group: string, version: string): DiscoveredResource[] {
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs, singularName = '', shortNames, categories, ...own }) => ({
      ...{ group, version, resource: name, singularResource: singularName, verbs },
      responseKind: { group: own.group || group, version: own.version || version, kind },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      ...(shortNames === undefined ? {} : { shortNames }),
      ...(categories === undefined ? {} : { categories }),
      subresources: resources
        .filter((it) => it.name.startsWith(`${name}/`))
        .map((it) => ({ subresource: it.name.slice(name.length + 1), verbs: it.verbs })),
    }));
}
