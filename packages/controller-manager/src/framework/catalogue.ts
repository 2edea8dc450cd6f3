import { apiVersionText, type Discovered, type DiscoveredResource, type Resource } from '@keelson/client';

/** A collection that the API server serves, and what can be done with it. */
export interface ServedResource extends Resource {
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
}

/** What the API server served when it was last asked. */
export class Catalogue {
  /** Of each collection the version that the server likes best. */
  readonly preferred: readonly ServedResource[];
  /** `group/version` of whose resources nothing new is known, and why. */
  readonly failures: ReadonlyMap<string, string>;
  /** What is served under a version whose name is none, as an error says it. */
  readonly unparsable: readonly string[];
  readonly #all: readonly ServedResource[];
  readonly #byKind: ReadonlyMap<string, ServedResource>;

  /** Of the versions whose server does not answer that is kept which `before` knew. */
  constructor(discovered: Discovered, before?: Catalogue) {
    const stale = new Set(discovered.stale.map(apiVersionText));
    const isFresh = (it: DiscoveredResource) => !stale.has(apiVersionText(it)) && !it.version.includes('/');
    const kept = before?.ofVersions(stale) ?? [];
    this.#all = [...discovered.resources.filter(isFresh).map(servedOf), ...kept];
    this.preferred = bestOf(this.#all);
    this.failures = new Map([...stale].map((it) => [it, `stale GroupVersion discovery: ${it}`]));
    this.unparsable = [
      ...new Set(discovered.resources.filter((it) => it.version.includes('/')).map(apiVersionText)),
    ].map((it) => `unexpected GroupVersion string: ${it}`);
    this.#byKind = new Map(this.#all.map((it) => [`${apiVersionText(it)}/${it.kind}`, it]));
  }

  find(apiVersion: string, kind: string): ServedResource | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  ofVersions(apiVersions: ReadonlySet<string>): ServedResource[] {
    return this.#all.filter((it) => apiVersions.has(apiVersionText(it)));
  }
}

/** Objects that can be followed from their creation to their end. */
export function isDeletable({ verbs }: ServedResource): boolean {
  return ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb));
}

function servedOf({
  group,
  version,
  resource,
  responseKind,
  scope,
  verbs,
  ...more
}: DiscoveredResource): ServedResource {
  const subresources = (more.subresources ?? []).map(({ subresource }) => subresource);
  const { kind } = responseKind;
  return { group, version, plural: resource, kind, namespaced: scope === 'Namespaced', verbs, subresources };
}

function bestOf(resources: readonly ServedResource[]): ServedResource[] {
  const best = new Map<string, ServedResource>();
  for (const it of resources) {
    const key = `${it.group}/${it.plural}`;
    if (!best.has(key)) best.set(key, it);
  }
  return [...best.values()];
}
