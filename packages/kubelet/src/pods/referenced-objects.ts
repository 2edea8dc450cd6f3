import { type ConfigMap, isApiError, type KubeObject, type Secret } from '@keelson/api';
import { type ApiClient, type Resource, resources } from '@keelson/client';
import type { Clock } from '@keelson/service';

export interface ReferencedObjectsOptions {
  /** How old an answer may be. */
  ttlMs: number;
  entriesMax: number;
}

interface Entry {
  at: number;
  object: KubeObject | undefined;
}

/**
 * ConfigMaps and Secrets that pods refer to, fetched one by one (a node may not list them) and kept for a while. When
 * the API server cannot be reached what was known before is still good.
 */
export class ReferencedObjects {
  readonly #entries = new Map<string, Entry>();
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

  async #get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): Promise<T | undefined> {
    const key = `${resource.plural}/${namespace}/${name}`;
    const known = this.#entries.get(key);
    const now = this.#clock.monotonic();
    // An absent object is asked for each time: somebody waits for it.
    if (known?.object !== undefined && now - known.at < this.#options.ttlMs) return known.object as T;
    try {
      const object = await this.#client.get(resource, { namespace, name });
      this.#remember(key, { at: now, object });
      return object;
    } catch (error) {
      if (isApiError(error, 'NotFound')) {
        this.#entries.delete(key);
        return undefined;
      }
      if (known?.object !== undefined) return known.object as T;
      throw error;
    }
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#options.entriesMax && !oldest.done) this.#entries.delete(oldest.value);
  }
}
