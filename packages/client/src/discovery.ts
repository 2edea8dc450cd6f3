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
  readonly groups: readonly { readonly name: string; readonly versions: readonly string[] }[];
  /** The server's `/version` document. */
  readonly version: Readonly<Record<string, string>>;
}

interface AggregatedGroup {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly Omit<DiscoveredResource, 'group' | 'version'>[];
  }[];
}

/** All that the API server serves, in one call. Fails with ApiError. */
export async function discover(connection: Connection, options: { timeoutMs?: number } = {}): Promise<Discovered> {
  const client = connection.service(keelson.ResourcesService);
  const answer = await client.discover({}, { timeout: options.timeoutMs ?? 34_000 }).catch((error: unknown) => {
    throw apiErrorOf(error);
  });
  const { items } = JSON.parse(answer.groups.toString()) as { items: AggregatedGroup[] };
  return {
    version: JSON.parse(answer.version.toString()) as Record<string, string>,
    groups: items.map(({ metadata, versions }) => ({
      name: metadata.name ?? '',
      versions: versions.map((it) => it.version),
    })),
    resources: items.flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map((resource) => ({ ...resource, group: metadata.name ?? '', version })),
      ),
    ),
  };
}
