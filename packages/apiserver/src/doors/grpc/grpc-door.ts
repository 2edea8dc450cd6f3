import { Metadata, type ServerUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import {
  ApiError,
  apiErrors,
  decodeJson,
  discovery,
  encodeJson,
  HTTP_METHODS,
  type KindRegistry,
  type ResourceRequest,
} from '@keelson/api';
import type { Handlers, Init, keelson } from '@keelson/protocol';
import type { HeaderValues, ShownCertificate } from '@keelson/service';
import { type Logger, type Random, writeTo } from '@keelson/service';
import type { Aggregated } from '../../aggregation/aggregated.js';
import type { AuditRecord } from '../../audit/audit-record.js';
import { type Auditor, isLongRunning, type SeenRequest } from '../../audit/auditor.js';
import type { Authenticator } from '../../auth/authenticator.js';
import type { AuthorizationAttributes } from '../../auth/authorizer.js';
import { impersonationIn } from '../../auth/impersonation.js';
import { ANONYMOUS, type User } from '../../auth/user.js';
import { Breather, inTurns, type TurnGate, type TurnLine } from '../../breather.js';
import { type Encoder, jsonEncoder, objectJson, stepsFor, tableEncoder } from '../../encoding/encoder.js';
import { admittedHeaders, FREE, type Ticket } from '../../flow-control/limiter.js';
import type { AccessMetrics } from '../../metrics/access-metrics.js';
import type { RequestMetrics } from '../../metrics/request-metrics.js';
import { type Answer, isStatus, type WatchAnswer } from '../../registry/answer.js';
import { type Asked, attributesOf, pathAttributes } from '../../registry/attributes.js';
import type { RequestContext, Warn } from '../../registry/context.js';
import { type ApiHandler, isUnexpected, toApiError } from '../../registry/handler.js';
import { BODY_BYTES_MAX } from '../body-limit.js';
import { sourceIps } from '../source-ips.js';
import { addWarnings, grpcStatus, RefusedCall } from './errors.js';
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
  /** What other servers serve. */
  others: Pick<Aggregated, 'find' | 'read' | 'resources'>;
  authenticator: Authenticator;
  /** Absent: nothing is recorded. */
  auditor: Auditor | undefined;
  metrics: { requests: RequestMetrics; access: AccessMetrics };
  logger: Logger;
  random: Random;
  turns: TurnLine;
  /** Of calls that begin, and of watches that are sent something. */
  intake: TurnGate;
  fanOut: TurnGate;
  version: Readonly<Record<string, string>>;
  now: () => Date;
  stopping: AbortSignal;
}

/** Of a watch's events in one message. */
const EVENTS_MAX = 100;

/** A call that has been let in. */
export interface ServedCall {
  readonly record: AuditRecord | undefined;
  readonly ticket: Ticket;
  readonly warnings: ReadonlySet<string>;
  /** Says that there will be an answer, with warnings where it has no place for them. */
  sendHead(warnings?: Iterable<string>): void;
}

type AnyCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  'getAuthContext' | 'metadata' | 'getPath' | 'getPeer' | 'cancelled' | 'sendMetadata'
> & {
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
      get: (message, call) => this.#unary(getRequest(message), call, message),
      list: (message, call) => this.#unary(listRequest(message), call, message),
      create: (message, call) => this.#unary(createRequest(message), call),
      update: (message, call) => this.#unary(updateRequest(message), call),
      patch: (message, call) => this.#unary(patchRequest(message), call),
      delete: (message, call) => this.#unary(deleteRequest(message), call),
      deleteCollection: (message, call) => this.#unary(deleteCollectionRequest(message), call),
      watch: (call) => void this.#watch(call),
      discover: (_message, call) =>
        this.serving(call, undefined, async (context, { sendHead }) => {
          for (const path of DISCOVERED) await this.#deps.handler.authorizePath('get', path, context);
          const served = [...discovery.versionsOf(this.#deps.kinds), ...this.#deps.others.resources().map(readable)];
          const groups = discovery.aggregatedGroups(served);
          sendHead();
          const items = [...discovery.aggregatedCore(this.#deps.kinds).items, ...groups.items];
          return { groups: json({ ...groups, items }), version: json(this.#deps.version) };
        }),
    };
  }

  /** Lets a call run as whoever makes it, and sees to it that it is recorded and counted, refusals too. */
  async serving<T>(
    call: AnyCall,
    asked: ResourceRequest | Asked | undefined,
    run: (context: RequestContext, served: ServedCall) => Promise<T>,
  ): Promise<T> {
    await this.#deps.intake.pass(call.getPeer());
    const attributes = (user: User) =>
      asked === undefined ? pathAttributes('get', '/apis', user) : attributesOf(asked, user);
    const counted = this.#counted(asked, attributes(ANONYMOUS));
    const seen = seenOf(call, attributes, this.#deps.random);
    const headers = new Map([['audit-id', seen.id]]);
    const warnings = new Set<string>();
    const warn = (text: string) => void warnings.add(text);
    let record: AuditRecord | undefined;
    let ticket = FREE;
    let code = 200;
    try {
      const caller = await this.#caller(call, seen);
      record = this.#deps.auditor?.record(seen, caller);
      if (record !== undefined && !(await record.received())) {
        this.#deps.auditor?.rejected();
        throw apiErrors.internalError(new Error('failed to store audit event'));
      }
      const context = await this.#context(call, caller, asked, warn, record);
      ticket = await this.#deps.handler.admit(asked ?? DISCOVERY, context.user, context);
      if (ticket.by !== undefined) for (const [name, value] of admittedHeaders(ticket.by)) headers.set(name, value);
      const result = await run(context, {
        record,
        ticket,
        warnings,
        sendHead: (more = []) => call.sendMetadata(headOf(headers, more)),
      });
      code = record?.code ?? code;
      record?.started(code);
      return result;
    } catch (error) {
      const status = toApiError(error).status();
      code = status.code ?? 500;
      if (isUnexpected(error) && !call.cancelled) record?.panicked(error);
      record?.answered(status);
      if (record?.wantsAnswers) record.answeredWith(JSON.stringify(status));
      record?.started(code);
      throw new RefusedCall(error, { headers, warnings: [...warnings] });
    } finally {
      ticket.release();
      counted(code, 0);
      await record?.completed();
    }
  }

  #counted(asked: Asked | undefined, attributes: AuthorizationAttributes): (code: number, bytes: number) => void {
    const method = HTTP_METHODS[asked?.verb ?? 'get'];
    const mediaType = (asked as Partial<ResourceRequest> | undefined)?.body?.mediaType ?? '';
    const dryRun = asked?.options?.dryRun ?? [];
    return this.#deps.metrics.requests.begin({ method, attributes, mediaType, dryRun }, isLongRunning(attributes));
  }

  /** Throws 401, which is recorded. */
  async #caller(call: AnyCall, seen: SeenRequest): Promise<User> {
    try {
      const authorization = call.metadata.get('authorization')[0]?.toString();
      const authenticate = () => this.#deps.authenticator.authenticate({ certificate: shownOn(call), authorization });
      const caller = await this.#deps.metrics.access.authenticate(authenticate);
      if (caller !== undefined) return caller;
      throw apiErrors.unauthorized();
    } catch (error) {
      this.#deps.auditor?.record(seen)?.refused(toApiError(error).status());
      throw error;
    }
  }

  async #context(
    call: AnyCall,
    caller: User,
    asked: Asked | undefined,
    warn: Warn,
    record: AuditRecord | undefined,
  ): Promise<RequestContext> {
    const { names, all } = valuesOf(call.metadata);
    const acting = impersonationIn(names, all);
    const tell = record && ((user: User, constraint: string | undefined) => record.impersonated(user, constraint));
    const user = await this.#deps.handler.actingAs(caller, acting, asked ?? DISCOVERY, tell);
    const gone = new AbortController();
    const leave = () => gone.abort(new Error('the client left'));
    if (call.cancelled) leave();
    call.on('cancelled', leave);
    const signal = AbortSignal.any([gone.signal, this.#deps.stopping]);
    const annotate = record && ((key: string, value: string) => record.annotate(key, value));
    return { user, userAgent: userAgentOf(call), signal, logger: this.#deps.logger, warn, record, annotate };
  }

  #encoder({ table, includeObject }: Form): Encoder {
    return table ? tableEncoder({ includeObject, now: this.#deps.now }) : jsonEncoder;
  }

  async #unary(request: ResourceRequest, call: AnyCall, form: Form = PLAIN): Promise<Init<keelson.ObjectResponse>> {
    const run = async (context: RequestContext, { record, warnings, sendHead }: ServedCall) => {
      checkBody(request);
      const object = await this.#answer(request, context, form, record);
      if (record?.wantsAnswers) record.answeredWith(object.toString());
      sendHead();
      return { object, warnings: [...warnings] };
    };
    return this.serving(call, request, run);
  }

  async #answer(
    request: ResourceRequest,
    context: RequestContext,
    form: Form,
    record: AuditRecord | undefined,
  ): Promise<Buffer> {
    const { handler, others, turns } = this.#deps;
    const encoder = this.#encoder(form);
    const api = others.find(request.path.group, request.path.version);
    if (api !== undefined && READS.includes(request.verb)) {
      await handler.authorize(request, context);
      const object = await others.read(api, request, form, context);
      record?.started(200);
      return object;
    }
    const answer = await this.#handle(request, context);
    const object = await encode(answer, encoder, turns);
    if (answer.type === 'status' && isStatus(answer.object)) record?.answered(answer.object);
    if (answer.type === 'object' || answer.type === 'status') record?.started(answer.code);
    return object;
  }

  /** Of what other servers serve only reads are passed on: there is nothing here to turn the rest into. */
  async #handle(request: ResourceRequest, context: RequestContext): Promise<Answer> {
    const { handler, others } = this.#deps;
    const { group, version } = request.path;
    const api = others.find(group, version);
    if (api === undefined) return handler.handle(request, context);
    await handler.authorize(request, context);
    const { namespace, name } = api.spec.service ?? {};
    const where = `${group}/${version} is served by another server (service ${namespace}/${name})`;
    const message = `${where}: ${request.verb} it over REST, for gRPC can only get and list it`;
    throw new ApiError({ code: 501, reason: 'NotImplemented', message });
  }

  async #watch(call: ServerWritableStream<keelson.WatchRequest, Init<keelson.WatchResponse>>): Promise<void> {
    try {
      const request = watchRequest(call.request);
      await this.serving(call, request, async (context, { record, ticket, warnings, sendHead }) => {
        const encoder = this.#encoder(call.request);
        const answer = await this.#handle(request, context);
        if (answer.type !== 'watch') throw apiErrors.badRequest('not a watch');
        record?.started(200);
        ticket.watching(answer.stream);
        // Tells the client that the watch stands, before there is anything to see.
        sendHead(warnings);
        await this.#sendWatch(call, answer, context, encoder);
      });
      call.end();
    } catch (error) {
      if (!call.destroyed) call.emit('error', grpcStatus(error));
    }
  }

  async #sendWatch(
    call: ServerWritableStream<keelson.WatchRequest, Init<keelson.WatchResponse>>,
    { kind, stream }: WatchAnswer,
    { user, signal }: RequestContext,
    encoder: Encoder,
  ): Promise<void> {
    if (signal.aborted) stream.close();
    signal.addEventListener('abort', () => stream.close(), { once: true });
    call.on('close', () => stream.close());
    const breather = new Breather(1, this.#deps.turns.work(stepsFor(stream.pending)));
    const table = call.request.table ? encoder : undefined;
    for await (const batch of stream) {
      await this.#deps.fanOut.pass(user.user);
      for (let at = 0; at < batch.length; at += EVENTS_MAX) {
        const events = batch.slice(at, at + EVENTS_MAX).map((event) => ({
          type: event.type,
          object: table ? tableOf(table.event(event.kind, event)) : objectJson(event.kind, event.stored),
        }));
        await writeTo(call, { events });
        if (at + EVENTS_MAX < batch.length) await breather.after(1);
      }
      this.#deps.metrics.requests.watchEvents(kind, batch.length);
    }
  }
}

/** In which objects are wanted. */
interface Form {
  readonly table: boolean;
  readonly includeObject: string;
}

const PLAIN: Form = { table: false, includeObject: '' };

/** What can be asked of other servers. */
const READS: readonly string[] = ['get', 'list'];

/** What another server serves, as far as it can be asked for here. */
function readable({ resources, ...version }: discovery.ServedVersion): discovery.ServedVersion {
  const readsOf = (it: unknown) => {
    const { verbs, ...rest } = it as { verbs?: unknown };
    return { ...rest, verbs: Array.isArray(verbs) ? verbs.filter((verb) => READS.includes(verb)) : [] };
  };
  return { ...version, resources: () => resources().map(readsOf) };
}

/** What there is to ask for: REST has it at two paths. */
const DISCOVERY = { verb: 'get', url: '/api' };
const DISCOVERED = [DISCOVERY.url, '/apis'];

/** What comes before an answer. */
function headOf(headers: ReadonlyMap<string, string>, warnings: Iterable<string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of headers) metadata.set(name, value);
  addWarnings(metadata, warnings);
  return metadata;
}

/** Throws 413 for a body that REST would not read either. */
function checkBody({ body }: ResourceRequest): void {
  if ((body?.bytes.length ?? 0) > BODY_BYTES_MAX) throw apiErrors.requestEntityTooLarge(`limit is ${BODY_BYTES_MAX}`);
}

const BINARY = '-bin';

/** Node joins texts that come twice under one key, and grpc-js takes them for one: what is many comes as bytes. */
function valuesOf(metadata: Metadata): HeaderValues {
  const names = Object.keys(metadata.getMap()).map((name) => (name.endsWith(BINARY) ? name.slice(0, -4) : name));
  const all = (name: string) => [name, `${name}${BINARY}`].flatMap((key) => metadata.get(key)).map(String);
  return { names, all };
}

function userAgentOf(call: AnyCall): string {
  return String(call.metadata.get('user-agent')[0] ?? '');
}

function seenOf(call: AnyCall, attributes: SeenRequest['attributes'], random: Random): SeenRequest {
  const header = (name: string) => call.metadata.get(name)[0]?.toString();
  // `ipv4:127.0.0.1:50000` or `[::1]:50000`
  const peer = /^\[?(.*?)\]?:\d+$/.exec(call.getPeer())?.[1];
  return {
    id: header('audit-id') || random.uuid(),
    uri: call.getPath(),
    sourceIPs: sourceIps(header, peer),
    userAgent: userAgentOf(call),
    attributes,
  };
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

async function encode(answer: Answer, encoder: Encoder, turns: TurnLine): Promise<Buffer> {
  switch (answer.type) {
    case 'object':
      return inTurns(encoder.object(answer), turns.work(1));
    case 'list':
      return Buffer.concat(await inTurns(encoder.list(answer), turns.work(stepsFor(answer.items.length))));
    case 'status':
      return jsonEncoder.plain(answer.object);
    case 'watch':
      throw apiErrors.badRequest('a watch is a stream');
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(encodeJson(value));
}
