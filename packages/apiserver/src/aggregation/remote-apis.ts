import { type APIService, type APIServiceSpec, deepEqual, type GroupVersion } from '@keelson/api';
import type { CacheEvent, ResourceCache } from '../storage/resource-cache.js';
import { apiServiceOf, isAvailable, nameOf } from './api-service-object.js';
import { RemoteServer, type RemoteServerDependencies } from './remote-server.js';

/** A group and version that another server serves. */
export interface RemoteApi extends GroupVersion {
  readonly name: string;
  readonly spec: APIServiceSpec;
  readonly isAvailable: boolean;
  readonly server: RemoteServer;
}

export interface RemoteApisDependencies extends RemoteServerDependencies {
  apiServices: ResourceCache;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
}

/** Which groups and versions other servers serve, as APIServices say it now. */
export class RemoteApis {
  readonly #deps: RemoteApisDependencies;
  readonly #apis = new Map<string, RemoteApi>();
  readonly #listeners = new Set<(name: string) => void>();

  constructor(dependencies: RemoteApisDependencies) {
    this.#deps = dependencies;
    dependencies.apiServices.subscribe((event) => this.#see(event));
    dependencies.onReset(() => this.#reread());
  }

  /** Undefined: this server serves it, or nobody does. The core group is always this server's. */
  find(group: string, version: string): RemoteApi | undefined {
    return this.#apis.size === 0 ? undefined : this.#apis.get(nameOf({ group, version }));
  }

  named(name: string): RemoteApi | undefined {
    return this.#apis.get(name);
  }

  all(): Iterable<RemoteApi> {
    return this.#apis.values();
  }

  /** Told the name of each that came, changed or went. */
  onChange(listener: (name: string) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    for (const { server } of this.#apis.values()) server.close();
    this.#apis.clear();
  }

  #see({ type, current }: CacheEvent): void {
    const { name = '' } = current.object.metadata;
    this.#put(name, type === 'DELETED' ? undefined : apiServiceOf(current.object));
  }

  #reread(): void {
    const found = new Map<string, APIService>();
    for (const { object } of this.#deps.apiServices.list()) found.set(object.metadata.name ?? '', apiServiceOf(object));
    for (const name of new Set([...this.#apis.keys(), ...found.keys()])) this.#put(name, found.get(name));
  }

  #put(name: string, it: APIService | undefined): void {
    const known = this.#apis.get(name);
    const { spec } = it ?? {};
    if (it === undefined || spec?.service === undefined || !spec.group) {
      if (known === undefined) return;
      known.server.close();
      this.#apis.delete(name);
    } else {
      const isSame = known !== undefined && deepEqual(known.spec, spec);
      if (!isSame) known?.server.close();
      const server = isSame ? known.server : new RemoteServer(spec, this.#deps);
      const { group, version = '' } = spec;
      this.#apis.set(name, { name, group, version, spec, isAvailable: isAvailable(it), server });
    }
    for (const listener of this.#listeners) listener(name);
  }
}
