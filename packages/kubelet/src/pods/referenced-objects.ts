import {
  type ConfigMap,
  isApiError,
  type KubeObject,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Secret,
} from '@keelson/api';
import { type ApiClient, type Resource, resources } from '@keelson/client';
import type { Clock } from '@keelson/service';

export interface ReferencedObjectsOptions {
  /** How old an answer may be. */
  ttlMs: number;
  entriesMax: number;
}

interface Entry {
  at: number;
  object: KubeObject;
}

/** Requests at a time: a pod may name hundreds of objects, and a node has a hundred pods. */
const REQUESTS_MAX = 16;

/**
 * ConfigMaps and Secrets that pods refer to, fetched one by one (a node may not list them) and kept for a while. Who
 * asks for what is being fetched waits for that. When the API server cannot be reached what was known before is still
 * good.
 */
export class ReferencedObjects {
  readonly #entries = new Map<string, Entry>();
  readonly #fetching = new Map<string, Promise<KubeObject | undefined>>();
  #running = 0;
  readonly #queue: (() => void)[] = [];
  readonly #options: ReferencedObjectsOptions;
  readonly #client: Pick<ApiClient, 'get'>;
  readonly #clock: Clock;

  constructor(options: ReferencedObjectsOptions, dependencies: { client: Pick<ApiClient, 'get'>; clock: Clock }) {
    this.#options = options;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  async configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return await this.#get(resources.configMaps, namespace, name);
  }

  async secret(namespace: string, name: string): Promise<Secret | undefined> {
    return await this.#get(resources.secrets, namespace, name);
  }

  /** As it is now: who asks waits for it to be bound. */
  async claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return await this.#current(resources.persistentVolumeClaims, namespace, name);
  }

  async persistentVolume(name: string): Promise<PersistentVolume | undefined> {
    return await this.#current(resources.persistentVolumes, '', name);
  }

  async #current<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<T | undefined> {
    try {
      return await this.#client.get(resource, { namespace, name });
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<T | undefined> {
    const key = `${resource.plural}/${namespace}/${name}`;
    const known = this.#entries.get(key);
    // An absent object is asked for each time: somebody waits for it.
    if (known !== undefined && this.#clock.monotonic() - known.at < this.#options.ttlMs) return known.object as T;
    let fetching = this.#fetching.get(key);
    if (fetching === undefined) {
      fetching = this.#fetch(resource, key, namespace, name).finally(() => this.#fetching.delete(key));
      this.#fetching.set(key, fetching);
    }
    return (await fetching) as T | undefined;
  }

  async #fetch<T extends KubeObject>(
    resource: Resource<T>,
    key: string,
    namespace: string,
    name: string,
  ): Promise<KubeObject | undefined> {
    if (this.#running >= REQUESTS_MAX) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    const at = this.#clock.monotonic();
    try {
      const object = await this.#client.get(resource, { namespace, name });
      this.#remember(key, { at, object });
      return object;
    } catch (error) {
      const known = this.#entries.get(key);
      if (isApiError(error, 'NotFound')) {
        this.#entries.delete(key);
        return undefined;
      }
      if (known === undefined) throw error;
      return known.object;
    } finally {
      // Whoever waits takes the place over.
      const next = this.#queue.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#options.entriesMax && !oldest.done) this.#entries.delete(oldest.value);
  }
}
