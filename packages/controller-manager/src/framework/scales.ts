import { isApiError, type Scale } from '@keelson/api';
import type { ApiClient, Resource } from '@keelson/client';
import type { ServedResource } from './catalogue.js';
import type { ServedKinds } from './served-kinds.js';

const SCALE = 'scale';

/** The number of replicas of whatever has one, custom kinds too, through its `/scale`. */
export class Scales {
  readonly #client: ApiClient;
  readonly #kinds: ServedKinds;

  constructor(dependencies: { client: ApiClient; kinds: ServedKinds }) {
    this.#client = dependencies.client;
    this.#kinds = dependencies.kinds;
  }

  /** The collection of a kind in one version. Throws when no such kind is served. */
  ofVersion(apiVersion: string, kind: string): ServedResource {
    const { group, version } = parseApiVersion(apiVersion);
    const found = this.#kinds.current?.find(apiVersion, kind);
    if (found !== undefined) return found;
    const text = group === '' ? version : `${group}/${version}`;
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(text)}`);
  }

  /** The collections of a kind, each in its best version. Throws when no such kind is served. */
  ofKind(apiVersion: string, kind: string): readonly ServedResource[] {
    const { group } = parseApiVersion(apiVersion);
    const found = (this.#kinds.current?.preferred ?? []).filter((it) => it.group === group && it.kind === kind);
    if (found.length > 0) return found;
    throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
  }

  get(resource: Resource, namespace: string, name: string): Promise<Scale> {
    return this.#client.get(resource, { namespace, name }, { subresource: SCALE }) as Promise<Scale>;
  }

  /** Undefined: there is no such object. Throws when the kind has no scale. */
  async find(resource: ServedResource, namespace: string, name: string): Promise<Scale | undefined> {
    if (!resource.subresources.includes(SCALE))
      throw new Error(`${groupResourceText(resource)} does not implement the scale subresource`);
    try {
      return await this.get(resource, namespace, name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function groupResourceText({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** Throws on what is none. */
export function parseApiVersion(text: string): { readonly group: string; readonly version: string } {
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0) throw new Error(`unexpected GroupVersion string: ${text}`);
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}
