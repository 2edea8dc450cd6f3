import { type Connection, keelson } from '@keelson/protocol';
import { apiErrorOf } from './transport/grpc-errors.js';

type GroupVersionKind = { readonly group: string; readonly version: string; readonly kind: string };

/** apidiscovery.k8s.io/v2 APIResourceDiscovery, of a known group and version. */
export interface DiscoveredResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly responseKind: GroupVersionKind;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string; readonly verbs: readonly string[] }[];
}

export interface Discovered {
  /** Groups in the server's order, versions of a group best first. */
  readonly resources: readonly DiscoveredResource[];
  /** Versions of groups whose server did not answer when last asked: what is told of them may be old. */
  readonly stale: readonly { readonly group: string; readonly version: string }[];
  readonly groups: readonly { readonly name: string; readonly versions: readonly string[] }[];
  /** The server's `/version` document. */
  readonly version: Readonly<Record<string, string>>;
}

interface AggregatedGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly freshness?: string;
    readonly resources: readonly Omit<DiscoveredResource, 'group' | 'version'>[];
  }[];
}

/** All that the API server serves, in one call. Fails with ApiError. */
export async function discover(
  connection: Connection,
  options: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Discovered> {
  const client = connection.service(keelson.ResourcesService);
  const { timeoutMs = 34_000, signal } = options;
  const answer = await client.discover({}, { timeout: timeoutMs, signal }).catch((error: unknown) => {
    throw apiErrorOf(error);
  });
  return discoveredIn(JSON.parse(answer.groups.toString()), JSON.parse(answer.version.toString()));
}

/** What an APIGroupDiscoveryList and a `/version` document tell. */
export function discoveredIn(list: unknown, version: Readonly<Record<string, string>>): Discovered {
  const groups = (list as { items: readonly AggregatedGroup[] }).items.map(({ metadata, versions }) => ({
    name: metadata.name ?? '',
    versions,
  }));
  const served = groups.flatMap(({ name, versions }) => versions.map((it) => ({ group: name, ...it })));
  return {
    version,
    groups: groups.map(({ name, versions }) => ({ name, versions: versions.map((it) => it.version) })),
    stale: served.filter((it) => it.freshness === 'Stale').map((it) => ({ group: it.group, version: it.version })),
    resources: served.flatMap(({ group, version: its, resources }) =>
      resources.map((resource) => ({ ...resource, group, version: its })),
    ),
  };
}
