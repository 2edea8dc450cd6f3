import type { KubeObject } from '@keelson/api';
import { apiVersionText, type Resource } from '../resource.js';
import { Informer, type InformerOptions } from './informer.js';
import type { ReflectorDependencies } from './reflector.js';

/** One informer a collection, or a part of one, shared by everything in a process that looks at it. */
export class InformerFactory {
  readonly #dependencies: ReflectorDependencies;
  readonly #streamList: boolean;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #reduced = new Map<string, Informer<KubeObject>>();

  /** `streamLists`: collections are streamed by servers that do that. */
  constructor(dependencies: ReflectorDependencies, options: { streamLists?: boolean } = {}) {
    this.#dependencies = dependencies;
    this.#streamList = options.streamLists ?? false;
  }

  /**
   * Of the whole collection, or of the part that the options select. Other options only count for the first who asks;
   * indices may be added at any time.
   */
  for<T extends KubeObject>(resource: Resource<T>, options: InformerOptions<T> = {}): Informer<T> {
    const { namespace, labelSelector, fieldSelector } = options;
    const part = [namespace, labelSelector, fieldSelector]
      .map((it) => it ?? '')
      .join(' ')
      .trim();
    const key = part === '' ? keyOf(resource) : `${keyOf(resource)} ${part}`;
    let informer = this.#informers.get(key) as Informer<T> | undefined;
    if (informer === undefined) {
      informer = new Informer(
        resource,
        { streamList: this.#streamList, absentIsEmpty: true, ...options },
        this.#dependencies,
      );
      this.#informers.set(key, informer as unknown as Informer<KubeObject>);
    }
    for (const [name, fn] of Object.entries(options.indices ?? {})) informer.indexer.addIndex(name, fn);
    return informer;
  }

  /** The informer of a collection, if somebody asked for one. */
  known(resource: Resource): Informer<KubeObject> | undefined {
    const key = keyOf(resource);
    return this.#informers.get(key) ?? this.#reduced.get(key);
  }

  /**
   * For whoever looks at an object's identity, labels, owners and finalizers alone. An informer of whole objects serves
   * if there is one by now; else one that keeps no more than that of each.
   */
  metadataFor(resource: Resource): Informer<KubeObject> {
    const key = keyOf(resource);
    const known = this.#informers.get(key) ?? this.#reduced.get(key);
    if (known !== undefined) return known;
    const informer = new Informer<KubeObject>(
      resource,
      { streamList: this.#streamList, metadataOnly: true, reduce: (object) => metadataOf(resource, object) },
      this.#dependencies,
    );
    this.#reduced.set(key, informer);
    return informer;
  }

  /** Stops what {@link metadataFor} made for a collection that is served no more, if it did. */
  endMetadata(resource: Resource): boolean {
    const key = keyOf(resource);
    this.#reduced.get(key)?.stop();
    return this.#reduced.delete(key);
  }

  /** Starts every informer asked for so far and resolves when all have synced. */
  async start(signal: AbortSignal): Promise<void> {
    const informers = [...this.#informers.values(), ...this.#reduced.values()];
    for (const informer of informers) informer.start(signal);
    await Promise.all(informers.map((informer) => informer.synced(signal)));
  }
}

function keyOf({ group, version, plural }: Resource): string {
  return `${group}/${version}/${plural}`;
}

/**
 * Annotations and field managers may be as long as the object itself, and say nothing of what it is. Where the server
 * sent metadata alone, it calls every object by that.
 */
function metadataOf(resource: Resource, { metadata }: KubeObject): KubeObject {
  const { managedFields: _fields, annotations: _annotations, ...rest } = metadata;
  return { apiVersion: apiVersionText(resource), kind: resource.kind, metadata: rest };
}
