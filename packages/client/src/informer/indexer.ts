import { type KubeObject, objectKey } from '@keelson/api';

export type IndexFunction<T> = (object: T) => readonly string[];

/** Objects by `namespace/name`, and by the values of named indices. Objects are shared: never change one. */
export class Indexer<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions = new Map<string, IndexFunction<T>>();
  /** index name → value → keys */
  readonly #indices = new Map<string, Map<string, Set<string>>>();

  constructor(indices: Record<string, IndexFunction<T>> = {}) {
    this.addIndex('namespace', (object) => [object.metadata.namespace ?? '']);
    for (const [name, fn] of Object.entries(indices)) this.addIndex(name, fn);
  }

  addIndex(name: string, fn: IndexFunction<T>): void {
    if (this.#functions.has(name)) return;
    this.#functions.set(name, fn);
    const index = new Map<string, Set<string>>();
    this.#indices.set(name, index);
    for (const [key, object] of this.#objects) insert(index, fn(object), key);
  }

  set(object: T): T | undefined {
    const key = objectKey(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [name, fn] of this.#functions) {
      const index = this.#indices.get(name)!;
      if (old !== undefined) remove(index, fn(old), key);
      insert(index, fn(object), key);
    }
    return old;
  }

  delete(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#objects.delete(key);
    for (const [name, fn] of this.#functions) remove(this.#indices.get(name)!, fn(old), key);
    return old;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indices.get(name);
    if (index === undefined) throw new Error(`no index "${name}"`);
    return [...(index.get(value) ?? [])].map((key) => this.#objects.get(key)!);
  }

  get size(): number {
    return this.#objects.size;
  }
}

function insert(index: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = index.get(value);
    if (keys === undefined) index.set(value, new Set([key]));
    else keys.add(key);
  }
}

function remove(index: Map<string, Set<string>>, values: readonly string[], key: string): void {
  for (const value of values) {
    const keys = index.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.delete(value);
  }
}
