import { EventEmitter } from 'node:events';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import type { EncodedMessage } from '@keelson/service';
import { addClientServices } from '@keelson/store/internal';

type Callback = (error: Partial<ServiceError> | null, value?: EncodedMessage) => void;
type RawHandler = (call: unknown, callback: Callback) => void;
type TypedHandler = (request: unknown, call: unknown) => unknown;
type Translate = (error: unknown) => Partial<ServiceError>;

/** How a call failed, as its client sees it. */
export class CallError extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.name = 'CallError';
    this.code = code;
  }
}

/** What a server sends, in one piece. */
function joined(message: EncodedMessage): Buffer {
  return Buffer.isBuffer(message) ? message : Buffer.concat(message);
}

type Kv = typeof etcd.KVService;
export type KvRequest<K extends keyof Kv> = Parameters<Kv[K]['request']['encode']>[0];
export type KvResponse<K extends keyof Kv> = ReturnType<Kv[K]['response']['decode']>;

const caller = { metadata: new Metadata(), getAuthContext: () => ({}), getPeer: () => 'simulation' };

/** A client port without a port: the services' handlers, called as a server calls them. */
export class Door {
  readonly #raw = new Map<string, RawHandler>();
  readonly #typed = new Map<string, { readonly handler: TypedHandler; readonly translate: Translate }>();

  constructor(...dependencies: Parameters<typeof addClientServices> extends [unknown, ...infer Rest] ? Rest : never) {
    addClientServices(
      {
        addRaw: (_, handlers) => {
          for (const [name, handler] of Object.entries(handlers)) this.#raw.set(name, handler as unknown as RawHandler);
        },
        add: (_, handlers, translate) => {
          for (const [name, handler] of Object.entries(handlers)) {
            this.#typed.set(name, { handler: handler as unknown as TypedHandler, translate: translate as Translate });
          }
        },
      },
      ...dependencies,
    );
  }

  /** A call of a method of the KV service. @throws CallError */
  kv<K extends keyof Kv>(name: K, request: KvRequest<K>): Promise<KvResponse<K>> {
    const codecs = etcd.KVService[name];
    const bytes = codecs.request.encode(request as never);
    const call = { ...caller, request: { bytes, request: codecs.request.decode(bytes) } };
    return new Promise((resolve, reject) => {
      this.#raw.get(name)!(call, (error, value) => {
        if (error) reject(new CallError(error.code ?? status.UNKNOWN, error.details ?? ''));
        else resolve(codecs.response.decode(joined(value!)) as KvResponse<K>);
      });
    });
  }

  /** A call of a method without streams of another service. @throws CallError */
  async call<Response>(name: string, request: unknown): Promise<Response> {
    const { handler, translate } = this.#typed.get(name)!;
    try {
      return (await handler(request, { ...caller, request })) as Response;
    } catch (error) {
      const { code, details } = translate(error);
      throw new CallError(code ?? status.UNKNOWN, details ?? '');
    }
  }

  /** Opens a stream of requests and responses; it may fail before this returns. */
  stream(
    name: 'watch' | 'leaseKeepAlive',
    client: {
      onWrite(message: unknown, sent: () => void): boolean;
      onError(error: Partial<ServiceError>): void;
    },
  ): ServerStream {
    const stream = new ServerStream((message, sent) => client.onWrite(message, sent));
    stream.on('error', (error: Partial<ServiceError>) => client.onError(error));
    const raw = this.#raw.get(name);
    if (raw) raw(stream, () => undefined);
    else void this.#typed.get(name)!.handler(stream, undefined);
    return stream;
  }
}

/** A stream as its handler sees it. */
export class ServerStream extends EventEmitter {
  readonly metadata = new Metadata();
  readonly destroyed = false;
  /** Takes what the handler writes, says whether it takes more, and later that this is on its way. */
  readonly #onWrite: (message: unknown, sent: () => void) => boolean;

  constructor(onWrite: (message: unknown, sent: () => void) => boolean) {
    super();
    this.#onWrite = onWrite;
  }

  getAuthContext(): object {
    return {};
  }

  getPeer(): string {
    return 'simulation';
  }

  /** What a simulated client sends comes a message at a time. */
  pause(): void {}

  resume(): void {}

  write(message: unknown, sent: () => void = () => undefined): boolean {
    return this.#onWrite(Array.isArray(message) ? joined(message) : message, sent);
  }
}
