import { status } from '@grpc/grpc-js';
import { decodeJson, type ResourceRequest, type WatchEventType } from '@keelson/api';
import { type Connection, type Init, keelson, type ServiceClient } from '@keelson/protocol';
import { type Discovered, discover } from '../discovery.js';
import { apiErrorOf } from './grpc-errors.js';
import {
  createRequest,
  deleteCollectionRequest,
  deleteRequest,
  getRequest,
  listRequest,
  patchRequest,
  updateRequest,
  watchRequest,
} from './grpc-request.js';
import type { CallOptions, RawWatchEvent, Transport } from './transport.js';

type Resources = ServiceClient<typeof keelson.ResourcesService>;
type Settings = { signal?: AbortSignal | undefined; timeout: number };
type Form = Init<Pick<keelson.ListRequest, 'table' | 'includeObject'>>;

/** A table from verb to gRPC method. */
const CALLS: Record<
  Exclude<ResourceRequest['verb'], 'watch'>,
  (client: Resources, request: ResourceRequest, settings: Settings, form: Form) => Promise<keelson.ObjectResponse>
> = {
  get: (client, request, settings, form) => client.get({ ...getRequest(request), ...form }, settings),
  list: (client, request, settings, form) => client.list({ ...listRequest(request), ...form }, settings),
  create: (client, request, settings) => client.create(createRequest(request), settings),
  update: (client, request, settings) => client.update(updateRequest(request), settings),
  patch: (client, request, settings) => client.patch(patchRequest(request), settings),
  delete: (client, request, settings) => client.delete(deleteRequest(request), settings),
  deletecollection: (client, request, settings) => client.deleteCollection(deleteCollectionRequest(request), settings),
};

/** The default between Keelson's processes. */
export class GrpcTransport implements Transport {
  readonly #connection: Connection;
  readonly #client: Resources;
  readonly #timeoutMs: number;

  constructor(connection: Connection, options: { timeoutMs?: number } = {}) {
    this.#connection = connection;
    this.#client = connection.service(keelson.ResourcesService);
    this.#timeoutMs = options.timeoutMs ?? 34_000;
  }

  async call(request: ResourceRequest, options: CallOptions): Promise<{ object: unknown; warnings: string[] }> {
    if (request.verb === 'watch') throw new TypeError('a watch is not a call');
    try {
      const settings = { signal: options.signal, timeout: this.#timeoutMs };
      const response = await CALLS[request.verb](this.#client, request, settings, formOf(options));
      return { object: decodeJson(response.object.toString()), warnings: response.warnings };
    } catch (error) {
      throw apiErrorOf(error);
    }
  }

  async *watch(request: ResourceRequest, options: CallOptions): AsyncIterable<RawWatchEvent> {
    const stream = this.#client.watch({ ...watchRequest(request), ...formOf(options) }, { signal: options.signal });
    try {
      for await (const message of stream as AsyncIterable<keelson.WatchResponse>) {
        for (const event of message.events) {
          yield { type: event.type as WatchEventType, object: decodeJson(event.object.toString()) };
        }
      }
    } catch (error) {
      if (options.signal?.aborted || (error as { code?: number }).code === status.CANCELLED) return;
      throw apiErrorOf(error);
    } finally {
      stream.cancel();
    }
  }

  discover({ signal }: Pick<CallOptions, 'signal'> = {}): Promise<Discovered> {
    return discover(this.#connection, { timeoutMs: this.#timeoutMs, signal });
  }

  close(): void {
    this.#connection.close();
  }
}

function formOf({ table }: CallOptions): Form {
  return table === undefined ? {} : { table: true, includeObject: table };
}
