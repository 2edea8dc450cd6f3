import type {
  CallOptions,
  ChannelCredentials,
  ChannelOptions,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Client, Metadata } from '@grpc/grpc-js';
import type { Init, Method } from './codec.js';

/** A service: its methods by their lower-camel-case names, as the generated `…Service` constants have them. */
export type Service = Record<string, { path: string; requestStream: boolean; responseStream: boolean }>;

type MethodHandler<M> =
  M extends Method<infer Q, infer R, infer QS, infer RS>
    ? [QS, RS] extends [false, false]
      ? (request: Q, call: ServerUnaryCall<Q, Init<R>>) => Promise<Init<R>> | Init<R>
      : [QS, RS] extends [false, true]
        ? (call: ServerWritableStream<Q, Init<R>>) => void
        : [QS, RS] extends [true, false]
          ? (call: ServerReadableStream<Q, Init<R>>, answer: (error: unknown, response?: Init<R>) => void) => void
          : (call: ServerDuplexStream<Q, Init<R>>) => void
    : never;

/** Unary handlers return or throw; streaming handlers get grpc-js' call and honour its back-pressure themselves. */
export type Handlers<S> = { [K in keyof S]: MethodHandler<S[K]> };

export interface CallSettings extends CallOptions {
  metadata?: Metadata;
  signal?: AbortSignal | undefined;
  /** Milliseconds from now; grpc-js' own `deadline` is a wall-clock time. */
  timeout?: number;
}

type MethodCaller<M> =
  M extends Method<infer Q, infer R, infer QS, infer RS>
    ? [QS, RS] extends [false, false]
      ? (request: Init<Q>, settings?: CallSettings) => Promise<R>
      : [QS, RS] extends [false, true]
        ? (request: Init<Q>, settings?: CallSettings) => ClientReadableStream<R>
        : [QS, RS] extends [true, false]
          ? (settings?: CallSettings) => { stream: ClientWritableStream<Init<Q>>; response: Promise<R> }
          : (settings?: CallSettings) => ClientDuplexStream<Init<Q>, R>
    : never;

export type ServiceClient<S> = { [K in keyof S]: MethodCaller<S[K]> };

/** A connection that several service clients share. */
export interface Connection {
  service<S extends Service>(service: S): ServiceClient<S>;
  close(): void;
}

/** A connection by grpc-js. */
export class GrpcConnection implements Connection {
  readonly #client: Client;
  readonly #now: () => number;

  /** `clock.now` is wall time in milliseconds: gRPC's deadlines are points in it. */
  constructor(
    address: string,
    credentials: ChannelCredentials,
    clock: { now(): number },
    options: ChannelOptions = {},
  ) {
    this.#client = new Client(address, credentials, options);
    this.#now = () => clock.now();
  }

  service<S extends Service>(service: S): ServiceClient<S> {
    const callers = Object.entries(service).map(([name, definition]) => [
      name,
      caller(this.#client, definition as unknown as AnyMethod, this.#now),
    ]);
    return Object.fromEntries(callers) as ServiceClient<S>;
  }

  close(): void {
    this.#client.close();
  }
}

type AnyMethod = Method<object, object, boolean, boolean>;

function caller(client: Client, definition: AnyMethod, now: () => number): unknown {
  const split = (settings: CallSettings) => splitSettings(settings, now);
  const { path, requestSerialize, responseDeserialize, requestStream, responseStream } = definition;
  if (requestStream && responseStream) {
    return (settings: CallSettings = {}) => {
      const { metadata, options, signal } = split(settings);
      const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options);
      return cancelOn(call, signal);
    };
  }
  if (responseStream) {
    return (request: object, settings: CallSettings = {}) => {
      const { metadata, options, signal } = split(settings);
      return cancelOn(
        client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata, options),
        signal,
      );
    };
  }
  if (requestStream) {
    return (settings: CallSettings = {}) => {
      const { metadata, options, signal } = split(settings);
      let stream: unknown;
      const response = new Promise((resolve, reject) => {
        stream = cancelOn(
          client.makeClientStreamRequest(
            path,
            requestSerialize,
            responseDeserialize,
            metadata,
            options,
            (error, value) => (error ? reject(error) : resolve(value)),
          ),
          signal,
        );
      });
      return { stream, response };
    };
  }
  return (request: object, settings: CallSettings = {}) =>
    new Promise((resolve, reject) => {
      const { metadata, options, signal } = split(settings);
      const done = (error: ServiceError | null, value?: object) => (error ? reject(error) : resolve(value));
      cancelOn(
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, options, done),
        signal,
      );
    });
}

function splitSettings(
  settings: CallSettings,
  now: () => number,
): { metadata: Metadata; options: CallOptions; signal: AbortSignal | undefined } {
  const { metadata = new Metadata(), signal, timeout, ...options } = settings;
  if (timeout !== undefined) options.deadline = now() + timeout;
  return { metadata, options, signal };
}

function cancelOn<C extends { cancel(): void; on(event: 'status', run: () => void): unknown }>(
  call: C,
  signal: AbortSignal | undefined,
): C {
  if (signal === undefined) return call;
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  call.on('status', () => signal.removeEventListener('abort', cancel));
  return call;
}

/** Makes grpc-js' implementation of a service from typed handlers. `toStatus` is the door's one place for errors. */
export function implement<S extends Service>(
  service: S,
  handlers: Handlers<S>,
  toStatus: (error: unknown) => Partial<ServiceError>,
): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [name, definition] of Object.entries(service)) {
    const handler = handlers[name] as (...input: unknown[]) => unknown;
    if (definition.requestStream || definition.responseStream) {
      implementation[name] = streaming(handler, definition.responseStream, toStatus) as never;
      continue;
    }
    implementation[name] = ((call: { request: object }, callback: (error: object | null, value?: unknown) => void) => {
      let result: unknown;
      try {
        result = handler(call.request, call);
      } catch (error) {
        callback(toStatus(error));
        return;
      }
      if (result instanceof Promise) {
        result.then(
          (value) => callback(null, value),
          (error: unknown) => callback(toStatus(error)),
        );
      } else callback(null, result);
    }) as never;
  }
  return implementation;
}

function streaming(
  handler: (...input: unknown[]) => unknown,
  responseStream: boolean,
  toStatus: (error: unknown) => Partial<ServiceError>,
) {
  return (
    call: { emit(event: string, error: unknown): void },
    callback?: (error: object | null, value?: unknown) => void,
  ) => {
    try {
      if (responseStream) handler(call);
      else
        handler(call, (error: unknown, value: unknown) =>
          error ? callback?.(toStatus(error)) : callback?.(null, value),
        );
    } catch (error) {
      if (responseStream) call.emit('error', toStatus(error));
      else callback?.(toStatus(error));
    }
  };
}
