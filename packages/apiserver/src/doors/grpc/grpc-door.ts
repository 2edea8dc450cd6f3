import { Metadata, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import {
  apiErrors,
  decodeJson,
  discovery,
  encodeJson,
  type IncludeObject,
  type KindRegistry,
  type ResourceRequest,
} from '@keelson/api';
import type { Handlers, Init, keelson } from '@keelson/protocol';
import type { ShownCertificate } from '@keelson/service';
import { type Logger, writeTo } from '@keelson/service';
import type { Authenticator } from '../../auth/authenticator.js';
import { impersonationIn } from '../../auth/impersonation.js';
import { Breather, inTurns } from '../../breather.js';
import { type Encoder, jsonEncoder, objectJson, tableEncoder } from '../../encoding/encoder.js';
import type { Answer } from '../../registry/answer.js';
import type { RequestContext, Warn } from '../../registry/context.js';
import type { ApiHandler } from '../../registry/handler.js';
import { grpcStatus } from './errors.js';
import {
  createRequest,
  deleteCollectionRequest,
  deleteRequest,
  getRequest,
  listRequest,
  patchRequest,
  updateRequest,
  watchRequest,
} from './requests.js';

export interface GrpcDoorDependencies {
  handler: ApiHandler;
  kinds: KindRegistry;
  authenticator: Authenticator;
  logger: Logger;
  version: Readonly<Record<string, string>>;
  now: () => Date;
  stopping: AbortSignal;
}

/** Of a watch's events in one message. */
const EVENTS_MAX = 100;

type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext' | 'metadata'> & {
  on(event: 'cancelled' | 'close', run: () => void): unknown;
};

/** keelson.v1.Resources over the same handler as REST. Translates; decides nothing. */
export class GrpcDoor {
  readonly #deps: GrpcDoorDependencies;

  constructor(dependencies: GrpcDoorDependencies) {
    this.#deps = dependencies;
  }

  get handlers(): Handlers<typeof keelson.ResourcesService> {
    return {
      get: (message, call) => this.#unary(getRequest(message), call, this.#encoder(message)),
      list: (message, call) => this.#unary(listRequest(message), call, this.#encoder(message)),
      create: (message, call) => this.#unary(createRequest(message), call),
      update: (message, call) => this.#unary(updateRequest(message), call),
      patch: (message, call) => this.#unary(patchRequest(message), call),
      delete: (message, call) => this.#unary(deleteRequest(message), call),
      deleteCollection: (message, call) => this.#unary(deleteCollectionRequest(message), call),
      watch: (call) => void this.#watch(call),
      discover: async (_message, call) => {
        await this.context(call);
        const groups = discovery.aggregatedGroups(this.#deps.kinds);
        const items = [...discovery.aggregatedCore(this.#deps.kinds).items, ...groups.items];
        return { groups: json({ ...groups, items }), version: json(this.#deps.version) };
      },
    };
  }

  /** Who calls, or the refusal. */
  async context(
    call: AnyCall,
    asked?: Pick<ResourceRequest, 'verb' | 'path'>,
    warn: Warn = () => {},
  ): Promise<RequestContext> {
    const authorization = call.metadata.get('authorization')[0]?.toString();
    const caller = await this.#deps.authenticator.authenticate({ certificate: shownOn(call), authorization });
    if (caller === undefined) throw apiErrors.unauthorized();
    const acting = impersonationIn(Object.keys(call.metadata.getMap()), (name) => call.metadata.get(name).map(String));
    const user = asked === undefined ? caller : await this.#deps.handler.actingAs(caller, acting, asked);
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the client left')));
    const signal = AbortSignal.any([gone.signal, this.#deps.stopping]);
    const userAgent = String(call.metadata.get('user-agent')[0] ?? '');
    return { user, userAgent, signal, logger: this.#deps.logger, warn };
  }

  #encoder({ table, includeObject }: { table: boolean; includeObject: string }): Encoder {
    if (!table) return jsonEncoder;
    return tableEncoder({ includeObject: (includeObject || 'Metadata') as IncludeObject, now: this.#deps.now });
  }

  async #unary(
    request: ResourceRequest,
    call: AnyCall,
    encoder: Encoder = jsonEncoder,
  ): Promise<Init<keelson.ObjectResponse>> {
    const warnings = new Set<string>();
    const context = await this.context(call, request, (text) => void warnings.add(text));
    const answer = await this.#deps.handler.handle(request, context);
    return { object: await encode(answer, encoder), warnings: [...warnings] };
  }

  async #watch(call: ServerWritableStream<keelson.WatchRequest, Init<keelson.WatchResponse>>): Promise<void> {
    try {
      const request = watchRequest(call.request);
      const context = await this.context(call, request);
      const answer = await this.#deps.handler.handle(request, context);
      if (answer.type !== 'watch') throw apiErrors.badRequest('not a watch');
      const { kind, stream } = answer;
      context.signal.addEventListener('abort', () => stream.close(), { once: true });
      call.on('close', () => stream.close());
      // Tells the client that the watch stands, before there is anything to see.
      call.sendMetadata(new Metadata());
      const breather = new Breather(1);
      const table = call.request.table ? this.#encoder(call.request) : undefined;
      for await (const batch of stream) {
        for (let at = 0; at < batch.length; at += EVENTS_MAX) {
          const events = batch.slice(at, at + EVENTS_MAX).map((event) => ({
            type: event.type,
            object: table ? tableOf(table.event(kind, event)) : objectJson(kind, event.stored),
          }));
          await writeTo(call, { events });
          if (at + EVENTS_MAX < batch.length) await breather.after(1);
        }
      }
      call.end();
    } catch (error) {
      if (!call.destroyed) call.emit('error', grpcStatus(error));
    }
  }
}

/** grpc-js tells of the caller's own certificate only: what is between it and its authority must be in the bundle. */
function shownOn(call: AnyCall): ShownCertificate | undefined {
  const { sslPeerCertificate } = call.getAuthContext();
  if (sslPeerCertificate?.raw === undefined) return undefined;
  const { raw, fingerprint256 } = sslPeerCertificate;
  return { raw, fingerprint256, intermediates: [] };
}

/** A Table's event comes as a line of JSON; takes it apart again. */
function tableOf(line: Buffer): Buffer {
  return json((decodeJson(line.toString()) as { object: unknown }).object);
}

async function encode(answer: Answer, encoder: Encoder): Promise<Buffer> {
  switch (answer.type) {
    case 'object':
      return inTurns(encoder.object(answer.kind, answer.object));
    case 'list':
      return inTurns(encoder.list(answer));
    case 'status':
      return jsonEncoder.plain(answer.object);
    case 'watch':
      throw apiErrors.badRequest('a watch is a stream');
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(encodeJson(value));
}
