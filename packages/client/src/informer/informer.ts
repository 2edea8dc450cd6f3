import { type KubeObject, objectKey } from '@keelson/api';
import { deferred } from '../deferred.js';
import type { Resource } from '../resource.js';
import { Indexer, type IndexFunction } from './indexer.js';
import { Reflector, type ReflectorDependencies, type ReflectorOptions, type ReflectorSink } from './reflector.js';

/** Told about each change after the indexer holds it. Handlers must not throw and must not change the objects. */
export interface InformerHandler<T> {
  onAdd?(object: T): void;
  onUpdate?(object: T, old: T): void;
  /** `object` is the last state known. */
  onDelete?(object: T): void;
}

export interface InformerOptions<T extends KubeObject> extends ReflectorOptions {
  indices?: Record<string, IndexFunction<T>>;
}

/** A local copy of a collection, kept current, that tells its handlers what changed. */
export class Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly indexer: Indexer<T>;
  readonly #reflector: Reflector<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #logger: ReflectorDependencies['logger'];
  readonly #synced = deferred();
  #hasSynced = false;
  #running: Promise<void> | undefined;

  constructor(resource: Resource<T>, options: InformerOptions<T>, dependencies: ReflectorDependencies) {
    this.resource = resource;
    this.indexer = new Indexer(options.indices);
    this.#logger = dependencies.logger;
    this.#reflector = new Reflector(resource, options, { ...dependencies, sink: this.#sink() });
  }

  /** Handlers added later are first told of everything that is there. */
  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.add(handler);
    for (const object of this.indexer.list()) this.#tell(() => handler.onAdd?.(object));
  }

  /** Starts it once; runs until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#running ??= this.#reflector.run(signal);
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves once the first whole list is in the indexer; rejects when the signal aborts before. */
  async synced(signal?: AbortSignal): Promise<void> {
    if (this.#hasSynced || signal === undefined) return this.#synced.promise;
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      void this.#synced.promise.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
  }

  get(namespace: string, name: string): T | undefined {
    return this.indexer.get(namespace === '' ? name : `${namespace}/${name}`);
  }

  list(namespace?: string): T[] {
    return namespace === undefined ? this.indexer.list() : this.indexer.byIndex('namespace', namespace);
  }

  #sink(): ReflectorSink<T> {
    const put = (object: T) => {
      const old = this.indexer.set(object);
      for (const handler of this.#handlers) {
        this.#tell(() => (old === undefined ? handler.onAdd?.(object) : handler.onUpdate?.(object, old)));
      }
    };
    const drop = (key: string, last?: T) => {
      const known = this.indexer.delete(key);
      if (known === undefined) return;
      for (const handler of this.#handlers) this.#tell(() => handler.onDelete?.(last ?? known));
    };
    return {
      add: put,
      update: put,
      delete: (object) => drop(objectKey(object), object),
      replace: (items) => {
        const wanted = new Set(items.map(objectKey));
        for (const key of [...this.indexer.keys()]) if (!wanted.has(key)) drop(key);
        for (const item of items) {
          const known = this.indexer.get(objectKey(item));
          // The same name with another uid is another object: tell of the old one's end first.
          if (known !== undefined && known.metadata.uid !== item.metadata.uid) drop(objectKey(item));
          if (known?.metadata.resourceVersion !== item.metadata.resourceVersion || known === undefined) put(item);
        }
        this.#hasSynced = true;
        this.#synced.resolve();
      },
    };
  }

  /** One handler's mistake must not keep the others from hearing, nor stop the reflector. */
  #tell(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#logger.error({ err: error, resource: this.resource.plural }, 'informer handler failed');
    }
  }
}
