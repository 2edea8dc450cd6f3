import { InterceptingCall, type Interceptor, Metadata } from '@grpc/grpc-js';
import type { Status } from '@keelson/api';
import { type Connection, type Init, keelson } from '@keelson/protocol';
import { connect, systemClock } from '@keelson/service';
import type { ServerUnderTest } from '../server-under-test.js';
import {
  bytesOf,
  type Call,
  type Caller,
  COMPARED_HEADERS,
  type Door,
  type DoorEvent,
  type DoorWatch,
  type Outcome,
  Refused,
  typeOf,
  USER_AGENT,
  type WatchCall,
} from './door.js';

type Answer = { object: Buffer; warnings: string[] };

/** The gRPC door by its own service, without what a client makes nicer. */
export class GrpcClient implements Door {
  readonly name = 'gRPC';
  readonly #world: ServerUnderTest;
  readonly #connections = new Map<string, Connection>();

  constructor(world: ServerUnderTest) {
    this.#world = world;
  }

  async ask(call: Call): Promise<Outcome> {
    const resources = this.#connection(call.as).service(keelson.ResourcesService);
    const headers: Record<string, string> = {};
    const settings = { metadata: metadataOf(call.as), interceptors: [noting(headers)] };
    const { name, namespace, subresource, options = {}, table } = call;
    const type = typeOf(call.resource);
    const bytes = bytesOf(call.body);
    const path = { type, namespace, name, subresource };
    const form = table === undefined ? {} : { table: true, includeObject: table };
    const answer = async (): Promise<Answer> => {
      switch (call.verb) {
        case 'get':
          return await resources.get({ ...path, ...options, ...form }, settings);
        case 'list':
          return await resources.list({ ...path, ...options, ...form }, settings);
        case 'create':
          return await resources.create({ ...path, object: bytes, options: writeOf(call) }, settings);
        case 'update':
          return await resources.update({ ...path, object: bytes, options: writeOf(call) }, settings);
        case 'patch': {
          const patch = { patchType: call.patchType, patch: bytes, force: options.force };
          return await resources.patch({ ...path, ...patch, options: writeOf(call) }, settings);
        }
        case 'delete':
          return await resources.delete({ ...path, options: bytes }, settings);
        case 'deletecollection':
          return await resources.deleteCollection({ ...path, ...options, options: bytes }, settings);
      }
    };
    return await outcomeOf(async () => {
      const { object, warnings } = await answer();
      return { object: JSON.parse(object.toString()), warnings };
    }, headers);
  }

  async watch({ resource, namespace, options, table, as }: WatchCall): Promise<DoorWatch> {
    const resources = this.#connection(as).service(keelson.ResourcesService);
    const form = table === undefined ? {} : { table: true, includeObject: table };
    const request = { type: typeOf(resource), namespace, ...options, ...form };
    const stream = resources.watch(request, { metadata: metadataOf(as) });
    const stands = new Promise<Metadata>((resolve, reject) => {
      stream.once('metadata', resolve);
      stream.once('error', reject);
    });
    // What ends a watch is told to whoever reads it.
    stream.on('error', () => {});
    try {
      const warnings = warningsIn(await stands);
      return {
        warnings,
        events: eventsOf(stream as AsyncIterable<keelson.WatchResponse>),
        close: () => stream.cancel(),
      };
    } catch (error) {
      throw new Refused(refusalOf(error));
    }
  }

  discover(as?: Caller): Promise<Outcome> {
    const headers: Record<string, string> = {};
    const settings = { metadata: metadataOf(as), interceptors: [noting(headers)] };
    return outcomeOf(async () => {
      const { groups } = await this.#connection(as).service(keelson.ResourcesService).discover({}, settings);
      return { object: JSON.parse(groups.toString()).items, warnings: [] };
    }, headers);
  }

  logs(namespace: string, pod: string, container: string, as?: Caller): Promise<Outcome> {
    const stream = this.#connection(as)
      .service(keelson.PodsService)
      .logs({ namespace, pod, container }, { metadata: metadataOf(as) });
    return read(stream as AsyncIterable<keelson.LogsResponse>);
  }

  refusedStream(verb: 'exec' | 'attach', namespace: string, pod: string, as?: Caller): Promise<Outcome> {
    const stream = this.#connection(as)
      .service(keelson.PodsService)
      [verb]({ metadata: metadataOf(as) });
    stream.on('error', () => {});
    stream.write({ start: { namespace, pod, command: ['true'], stdout: true } } as Init<keelson.ExecRequest>);
    return read(stream as AsyncIterable<keelson.ExecResponse>);
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  #connection({ cert = '', token = '' }: Caller = { cert: 'admin' }): Connection {
    const key = `${cert} ${token}`;
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const ca = this.#world.read('ca.crt');
    const own = cert === '' ? {} : { cert: this.#world.read(`${cert}.crt`), key: this.#world.read(`${cert}.key`) };
    const dependencies = { clock: systemClock(), tls: { ca, ...own }, ...(token === '' ? {} : { token }) };
    const agent = { 'grpc.primary_user_agent': USER_AGENT };
    const made = connect(`127.0.0.1:${this.#world.ports.grpc}`, dependencies, agent);
    this.#connections.set(key, made);
    return made;
  }
}

/** Notes what comes before an answer. */
function noting(headers: Record<string, string>): Interceptor {
  return (options, next) =>
    new InterceptingCall(next(options), {
      start(metadata, _listener, start) {
        start(metadata, {
          onReceiveMetadata(received, pass) {
            Object.assign(headers, comparedIn(received));
            pass(received);
          },
        });
      },
    });
}

function writeOf({ options = {} }: Call): Init<keelson.WriteOptions> {
  return { dryRun: options.dryRun, fieldManager: options.fieldManager, fieldValidation: options.fieldValidation };
}

async function read(stream: AsyncIterable<object>): Promise<Outcome> {
  return await outcomeOf(async () => {
    const messages: object[] = [];
    for await (const message of stream) messages.push(message);
    return { object: messages, warnings: [] };
  }, {});
}

async function* eventsOf(stream: AsyncIterable<keelson.WatchResponse>): AsyncGenerator<DoorEvent> {
  try {
    for await (const { events } of stream)
      for (const { type, object } of events)
        yield { type: type as DoorEvent['type'], object: JSON.parse(object.toString()) };
  } catch (error) {
    if ((error as { code?: number }).code === 1) return;
    throw new Refused(refusalOf(error));
  }
}

async function outcomeOf(
  run: () => Promise<{ object: unknown; warnings: readonly string[] }>,
  headers: Readonly<Record<string, string>>,
): Promise<Outcome> {
  try {
    return { ...(await run()), headers };
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Outcome {
  const { metadata, code, details } = error as { metadata?: Metadata; code?: number; details?: string };
  const [told] = metadata?.get('keelson-status-bin') ?? [];
  if (metadata === undefined || told === undefined) throw error;
  const refused = JSON.parse(told.toString()) as Status;
  if (!(refused.message ?? '').startsWith(details ?? '')) throw new Error(`code ${code} says ${details}`);
  return { refused, warnings: warningsIn(metadata), headers: comparedIn(metadata) };
}

function warningsIn(metadata: Metadata): string[] {
  return metadata.get('keelson-warning-bin').map(String);
}

function comparedIn(metadata: Metadata): Record<string, string> {
  const found = COMPARED_HEADERS.map((name) => [name, metadata.get(name)[0]?.toString()] as const);
  return Object.fromEntries(found.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

function metadataOf({ headers = {} }: Caller = {}): Metadata {
  const metadata = new Metadata();
  for (const [name, values] of Object.entries(headers)) {
    if (typeof values === 'string') metadata.add(name, values);
    else for (const value of values) metadata.add(`${name}-bin`, Buffer.from(value));
  }
  return metadata;
}
