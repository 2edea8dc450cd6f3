import type { KubeObject } from '@keelson/api';
import type { Resource } from '../resource.js';
import { Informer, type InformerOptions } from './informer.js';
import type { ReflectorDependencies } from './reflector.js';

/** One informer a collection, shared by everything in a process that looks at it. */
export class InformerFactory {
  readonly #dependencies: ReflectorDependencies;
  readonly #informers = new Map<string, Informer<KubeObject>>();

  constructor(dependencies: ReflectorDependencies) {
    this.#dependencies = dependencies;
  }

  /** Options only count for the first who asks for a collection; indices may be added at any time. */
  for<T extends KubeObject>(resource: Resource<T>, options: InformerOptions<T> = {}): Informer<T> {
    const key = `${resource.group}/${resource.version}/${resource.plural}`;
    let informer = this.#informers.get(key) as Informer<T> | undefined;
    if (informer === undefined) {
      informer = new Informer(resource, options, this.#dependencies);
      this.#informers.set(key, informer as unknown as Informer<KubeObject>);
    }
    for (const [name, fn] of Object.entries(options.indices ?? {})) informer.indexer.addIndex(name, fn);
    return informer;
  }

  /** Starts every informer asked for so far and resolves when all have synced. */
  async start(signal: AbortSignal): Promise<void> {
    const informers = [...this.#informers.values()];
    for (const informer of informers) informer.start(signal);
    await Promise.all(informers.map((informer) => informer.synced(signal)));
  }
}
