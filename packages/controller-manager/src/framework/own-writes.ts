import type { KubeObject } from '@keelson/api';
import type { ApiClient, Informer, InformerFactory, Resource } from '@keelson/client';
import type { Clock } from '@keelson/service';

/** What has not been seen after so long is not waited for any longer: history may have been set back. */
const TIMEOUT_MS = 5 * 60_000;

interface Awaited {
  readonly informer: Informer<KubeObject>;
  /** The resource version up to which it must hold everything. */
  version: number;
  /** Objects that it must not show as before, by their keys: of their deletion no version is known. */
  readonly gone: Map<string, string>;
}

interface Pending {
  readonly since: number;
  /** Where it is not known whether something was written. */
  readonly lost: Set<Resource>;
  readonly awaited: Map<string, Awaited>;
}

/**
 * What was written for a key and the caches do not show yet. Until they do, a decision would be made on what is known to
 * be past: it would make again what is on its way. In the place of expectations: the versions that the API server
 * answers with say exactly what has to be seen. After a restart the caches begin fresh, so nothing is lost.
 */
export class OwnWrites {
  readonly #informers: InformerFactory;
  readonly #owners: Informer<KubeObject> | undefined;
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();

  /** `owners`: the cache that decisions are made on, which may hold a part of its collection only. */
  constructor(dependencies: { informers: InformerFactory; clock: Clock; owners?: Informer<KubeObject> }) {
    this.#informers = dependencies.informers;
    this.#owners = dependencies.owners;
    this.#clock = dependencies.clock;
  }

  /** An object as the API server answered with it. */
  wrote(key: string, resource: Resource, { metadata }: KubeObject): void {
    const version = Number(metadata.resourceVersion);
    const awaited = version > 0 ? this.#awaited(key, resource) : undefined;
    if (awaited !== undefined) awaited.version = Math.max(awaited.version, version);
  }

  /** An object was deleted, and the answer did not say when. */
  deleted(key: string, resource: Resource, { metadata }: KubeObject): void {
    const { namespace, name = '', uid = '' } = metadata;
    this.#awaited(key, resource)?.gone.set(namespace ? `${namespace}/${name}` : name, uid);
  }

  /** A write may have happened: the answer to it was lost. */
  lost(key: string, resource: Resource): void {
    if (this.#informerOf(resource) !== undefined) this.#of(key).lost.add(resource);
  }

  /**
   * Whether the caches show all that was written for the key. Of what was lost they have to show all that the API
   * server has by now.
   */
  async seen(key: string, client: ApiClient): Promise<boolean> {
    const pending = this.#pending.get(key);
    if (pending === undefined) return true;
    for (const resource of pending.lost) {
      const { metadata } = await client.list(resource, { limit: 1 });
      this.wrote(key, resource, { metadata: { resourceVersion: metadata.resourceVersion } });
      pending.lost.delete(resource);
    }
    if (this.#clock.monotonic() - pending.since < TIMEOUT_MS) {
      for (const it of pending.awaited.values()) if (!shows(it)) return false;
    }
    this.#pending.delete(key);
    return true;
  }

  #awaited(key: string, resource: Resource): Awaited | undefined {
    const informer = this.#informerOf(resource);
    if (informer === undefined) return undefined;
    const pending = this.#of(key);
    const collection = `${resource.group}/${resource.plural}`;
    let awaited = pending.awaited.get(collection);
    if (awaited === undefined) {
      awaited = { informer, version: 0, gone: new Map() };
      pending.awaited.set(collection, awaited);
    }
    return awaited;
  }

  #informerOf(resource: Resource): Informer<KubeObject> | undefined {
    const owners = this.#owners?.resource;
    const isOwners = owners?.group === resource.group && owners.plural === resource.plural;
    return isOwners ? this.#owners : this.#informers.known(resource);
  }

  #of(key: string): Pending {
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = { since: this.#clock.monotonic(), lost: new Set(), awaited: new Map() };
      this.#pending.set(key, pending);
    }
    return pending;
  }
}

function shows({ informer, version, gone }: Awaited): boolean {
  if (informer.version < version) return false;
  for (const [key, uid] of gone) {
    const metadata = informer.indexer.get(key)?.metadata;
    if (metadata?.uid === uid && metadata.deletionTimestamp === undefined) return false;
  }
  return true;
}
