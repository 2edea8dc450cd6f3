import {
  ApiError,
  type DeleteOptions,
  encodeJson,
  type IncludeObject,
  type KubeObject,
  type ListMeta,
  PATCH_TYPES,
  type PatchType,
  type RequestBody,
  type RequestOptions,
  type RequestVerb,
  type Status,
  type Table,
  type WatchEventType,
} from '@keelson/api';
import type { Discovered } from './discovery.js';
import { apiVersionText, type Resource } from './resource.js';
import type { CallOptions, Transport } from './transport/transport.js';

export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ApiList<T> {
  readonly metadata: ListMeta;
  readonly items: T[];
}

/** BOOKMARK events carry an object of which only metadata.resourceVersion and annotations are set. */
export interface WatchEvent<T> {
  readonly type: Exclude<WatchEventType, 'ERROR'>;
  readonly object: T;
}

type Selection = Pick<
  RequestOptions,
  'labelSelector' | 'fieldSelector' | 'resourceVersion' | 'resourceVersionMatch' | 'limit' | 'continueToken'
> & { readonly namespace?: string | undefined };

export type ListSettings = Selection & CallOptions;
export type WatchSettings = Selection &
  Pick<RequestOptions, 'allowWatchBookmarks' | 'sendInitialEvents' | 'timeoutSeconds'> &
  CallOptions;
export type GetSettings = Pick<RequestOptions, 'resourceVersion' | 'labelSelector' | 'metricLabelSelector'> &
  CallOptions & { readonly subresource?: string };
export type WriteSettings = Pick<RequestOptions, 'dryRun' | 'fieldManager' | 'fieldValidation' | 'force'> &
  CallOptions & { readonly subresource?: string };

/**
 * The Kubernetes API for programs: typed objects in and out, over whichever transport. Every failure is an ApiError.
 */
export class ApiClient {
  readonly #transport: Transport;
  readonly #onWarning: (text: string) => void;

  constructor(transport: Transport, options: { onWarning?: (text: string) => void } = {}) {
    this.#transport = transport;
    this.#onWarning = options.onWarning ?? (() => {});
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, settings: GetSettings = {}): Promise<T> {
    return this.#call('get', resource, key, settings) as Promise<T>;
  }

  async list<T extends KubeObject>(resource: Resource<T>, settings: ListSettings = {}): Promise<ApiList<T>> {
    const answer = await this.#call('list', resource, { namespace: settings.namespace, name: '' }, settings);
    const list = answer as { metadata: ListMeta; items: T[] | null };
    const apiVersion = apiVersionText(resource);
    const items = list.items ?? [];
    for (const item of items) {
      item.apiVersion ??= apiVersion;
      item.kind ??= resource.kind;
    }
    return { metadata: list.metadata, items };
  }

  /** Ends when the server ends the watch or the signal aborts; an ERROR event is thrown as its ApiError. */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    settings: WatchSettings = {},
  ): AsyncIterable<WatchEvent<T>> {
    const request = this.#request('watch', resource, { namespace: settings.namespace, name: '' }, settings);
    for await (const { type, object } of this.#transport.watch(request, settings)) {
      if (type === 'ERROR') throw ApiError.from(object as Status);
      yield { type, object: object as T };
    }
  }

  /** One object, or the objects that the settings select, as the rows that `kubectl get` shows. */
  table(
    resource: Resource,
    settings: ListSettings & { readonly name?: string | undefined } = {},
    includeObject: IncludeObject = 'Metadata',
  ): Promise<Table> {
    const { name = '', namespace, ...rest } = settings;
    const verb = name === '' ? 'list' : 'get';
    return this.#call(verb, resource, { namespace, name }, { ...rest, table: includeObject }) as Promise<Table>;
  }

  /** As `watch`, each event's object being a Table: of one row, or of none for a BOOKMARK. */
  async *watchTable(
    resource: Resource,
    settings: WatchSettings = {},
    includeObject: IncludeObject = 'Metadata',
  ): AsyncIterable<{ readonly type: WatchEvent<KubeObject>['type']; readonly object: Table }> {
    const request = this.#request('watch', resource, { namespace: settings.namespace, name: '' }, settings);
    const options = { signal: settings.signal, table: includeObject };
    for await (const { type, object } of this.#transport.watch(request, options)) {
      if (type === 'ERROR') throw ApiError.from(object as Status);
      yield { type, object: object as Table };
    }
  }

  create<T extends KubeObject, R = T>(resource: Resource<T>, object: T, settings: WriteSettings = {}): Promise<R> {
    const { namespace, name } = object.metadata;
    return this.#call('create', resource, { namespace, name: name ?? '' }, settings, json(object)) as Promise<R>;
  }

  update<T extends KubeObject>(resource: Resource<T>, object: T, settings: WriteSettings = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    return this.#call('update', resource, { namespace, name: name ?? '' }, settings, json(object)) as Promise<T>;
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    type: PatchType,
    patch: unknown,
    settings: WriteSettings = {},
  ): Promise<T> {
    return this.#call('patch', resource, key, settings, json(patch, PATCH_TYPES[type])) as Promise<T>;
  }

  /** Resolves to the object if it lives on (grace or finalizers), else to a Status. */
  delete(
    resource: Resource,
    key: ObjectKey,
    options: DeleteOptions = {},
    settings: CallOptions = {},
  ): Promise<KubeObject | Status> {
    return this.#call('delete', resource, key, settings, json(options)) as Promise<KubeObject | Status>;
  }

  async deleteCollection(resource: Resource, settings: ListSettings = {}, options: DeleteOptions = {}): Promise<void> {
    const key = { namespace: settings.namespace, name: '' };
    await this.#call('deletecollection', resource, key, settings, json(options));
  }

  /** All that the server serves now. */
  discover(settings: Pick<CallOptions, 'signal'> = {}): Promise<Discovered> {
    return this.#transport.discover(settings);
  }

  close(): void {
    this.#transport.close();
  }

  #request(
    verb: RequestVerb,
    resource: Resource,
    key: ObjectKey,
    settings: RequestOptions & CallOptions & { subresource?: string; namespace?: string | undefined },
    body?: RequestBody,
  ) {
    const { signal: _signal, table: _table, metadataOnly: _metadataOnly, ...asked } = settings;
    const { subresource = '', namespace: _namespace, ...options } = asked;
    const { group, version, plural } = resource;
    const path = { group, version, resource: plural, namespace: key.namespace ?? '', name: key.name, subresource };
    return { verb, path, options, body };
  }

  async #call(
    verb: RequestVerb,
    resource: Resource,
    key: ObjectKey,
    settings: RequestOptions & CallOptions & { subresource?: string },
    body?: RequestBody,
  ): Promise<unknown> {
    const request = this.#request(verb, resource, key, settings, body);
    const { object, warnings } = await this.#transport.call(request, settings);
    for (const warning of warnings) this.#onWarning(warning);
    return object;
  }
}

function json(value: unknown, mediaType = 'application/json'): RequestBody {
  return { mediaType, bytes: Buffer.from(encodeJson(value)) };
}
