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
  /** A collection that the server does not know at the start has nothing in it, and is looked for from time to time. */
  absentIsEmpty?: boolean;
  /** What is kept of each object: the whole of it, if absent. */
  reduce?(object: T): T;
}

/** A local copy of a collection, kept current, that tells its handlers what changed. */
export class Informer<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly indexer: Indexer<T>;
  readonly #reflector: Reflector<T>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #logger: ReflectorDependencies['logger'];
  readonly #synced = deferred();
  readonly #reduce: (object: T) => T;
  readonly #stopping = new AbortController();
  #hasSynced = false;
  #version = 0;
  #running: Promise<void> | undefined;

  constructor(resource: Resource<T>, options: InformerOptions<T>, dependencies: ReflectorDependencies) {
    this.resource = resource;
    this.indexer = new Indexer(options.indices);
    this.#logger = dependencies.logger;
    this.#reduce = options.reduce ?? ((object) => object);
    this.#reflector = new Reflector(resource, options, {
      ...dependencies,
      sink: this.#sink(options.absentIsEmpty === true),
    });
  }

  /** Handlers added later are first told of everything that is there. */
  addHandler(handler: InformerHandler<T>): void {
    this.#handlers.add(handler);
    for (const object of this.indexer.list()) this.#tell(() => handler.onAdd?.(object));
  }

  /** Starts it once; runs until the signal aborts or it is stopped. */
  start(signal: AbortSignal): void {
    this.#running ??= this.#run(signal);
  }

  /** For good: what it holds stays as it is, and nobody is told of anything any more. */
  stop(): void {
    this.#stopping.abort(new Error(`the informer of ${this.resource.plural} was stopped`));
    this.#handlers.clear();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#stopping.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#reflector.run(this.#stopping.signal);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /**
   * The resource version up to which it holds everything; 0: nothing is known yet. Versions of one cluster can be
   * compared as numbers, of whichever collection they are.
   */
  get version(): number {
    return this.#version;
  }

  /** Resolves once the first whole list is in the indexer; rejects when the signal aborts or it is stopped before. */
  async synced(signal?: AbortSignal): Promise<void> {
    if (this.#hasSynced) return;
    const ends = [this.#stopping.signal, ...(signal === undefined ? [] : [signal])];
    await new Promise<void>((resolve, reject) => {
      const end = () => reject(ends.find((it) => it.aborted)?.reason);
      if (ends.some((it) => it.aborted)) end();
      for (const it of ends) it.addEventListener('abort', end, { once: true });
      void this.#synced.promise.then(() => {
        for (const it of ends) it.removeEventListener('abort', end);
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

  #sink(absentIsEmpty: boolean): ReflectorSink<T> {
    const put = (whole: T) => {
      const object = this.#reduce(whole);
      const old = this.indexer.set(object);
      for (const handler of this.#handlers) {
        this.#tell(() => (old === undefined ? handler.onAdd?.(object) : handler.onUpdate?.(object, old)));
      }
    };
    const drop = (key: string, last?: T) => {
      const known = this.indexer.delete(key);
      if (known === undefined) return;
      for (const handler of this.#handlers)
        this.#tell(() => handler.onDelete?.(last === undefined ? known : this.#reduce(last)));
    };
    return {
      add: put,
      update: put,
      delete: (object) => drop(objectKey(object), object),
      seen: (resourceVersion) => {
        this.#version = Number(resourceVersion) || 0;
      },
      notServed: () => {
        if (absentIsEmpty && !this.#hasSynced) {
          this.#logger.warn(
            { resource: this.resource.plural, group: this.resource.group },
            'not served: taken for empty',
          );
          this.#isSynced();
        }
      },
      replace: (items) => {
        const wanted = new Set(items.map(objectKey));
        for (const key of [...this.indexer.keys()]) if (!wanted.has(key)) drop(key);
        for (const item of items) {
          const known = this.indexer.get(objectKey(item));
          // The same name with another uid is another object: tell of the old one's end first.
          if (known !== undefined && known.metadata.uid !== item.metadata.uid) drop(objectKey(item));
          if (known?.metadata.resourceVersion !== item.metadata.resourceVersion || known === undefined) put(item);
        }
        this.#isSynced();
      },
    };
  }

  #isSynced(): void {
    this.#hasSynced = true;
    this.#synced.resolve();
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
