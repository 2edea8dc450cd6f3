import {
  Server,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
  type ServerUnaryCall,
  type ServiceError,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Handlers, implement, type Service } from '@keelson/protocol';
import { HealthImplementation } from 'grpc-health-check';
import { listenError } from './net.js';
import { addReflectionLater } from './reflection.js';
import { RequestingListener } from './requesting-listener.js';
import { containListeners } from './sockets/protect.js';
import { type Identity, identityOf, type ServingTls, serverCredentials } from './tls.js';

/**
 * `require`: clients must show a certificate of the CA; `request`: they may show any, and whose it is is for the service
 * to see; `none`: they are not asked.
 */
export type ClientCertificateMode = 'require' | 'request' | 'none';

/** Turns what a handler threw into gRPC's status; the one place for it on a port. */
export type ErrorTranslator = (error: unknown) => Partial<ServiceError>;

export interface GrpcServerOptions {
  /** host:port; port 0 takes a free one. */
  address: string;
  tls?: ServingTls | undefined;
  clientCertificates?: ClientCertificateMode;
  /** The .proto files (relative to proto/) that reflection serves. */
  protoFiles: readonly string[];
  maxMessageBytes?: number;
  channelOptions?: ServerOptions;
}

/** A gRPC port with health and reflection beside the services that are added to it. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING' });
  readonly #options: GrpcServerOptions;
  #listener: RequestingListener | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const limit = options.maxMessageBytes ?? 16 * 1024 * 1024;
    this.#server = new Server({
      'grpc.max_receive_message_length': limit,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_permit_without_calls': 1,
      // Node.js does not notice that a client is gone which broke the protocol before.
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 30_000,
      ...options.channelOptions,
      interceptors: [wellFormedDetails],
    });
    this.#health.addToServer(this.#server);
    addReflectionLater(options.protoFiles, this.#server);
  }

  add<S extends Service>(service: S, handlers: Handlers<S>, toStatus: ErrorTranslator = internalStatus): void {
    this.addRaw(service, containing(service, implement(service, handlers, toStatus), toStatus));
  }

  addRaw(service: Service, implementation: UntypedServiceImplementation): void {
    this.#server.addService(service as never, implementation);
  }

  /** Resolves to the bound port. The server answers health checks with NOT_SERVING until `setServing(true)`. */
  async listen(): Promise<number> {
    const { address, tls, clientCertificates } = this.#options;
    if (tls !== undefined && clientCertificates === 'request') {
      this.#listener = new RequestingListener(address, tls, this.#server);
      return await this.#listener.listen();
    }
    return await new Promise((resolve, reject) => {
      this.#server.bindAsync(
        address,
        serverCredentials(tls, clientCertificates === 'none' ? 'none' : 'require'),
        (error, port) => (error ? reject(listenError(bindError(error), address)) : resolve(port)),
      );
    });
  }

  setServing(serving: boolean, service = ''): void {
    this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Lets calls in flight finish for `graceMs`, then cuts them. */
  async close(sleep: (milliseconds: number) => Promise<void>, graceMs = 2_000): Promise<void> {
    this.setServing(false);
    this.#listener?.close();
    const drained = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await Promise.race([drained, sleep(graceMs)]);
    this.#server.forceShutdown();
  }
}

/** A status' text may quote what a caller sent; grpc-js throws where nobody catches at one that has no form in UTF-8. */
const wellFormedDetails: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    sendStatus: (sent, next) => next({ ...sent, details: Buffer.from(sent.details ?? '').toString() }),
  });

/** What a listener of a streaming call throws ends that call with a status. */
function containing(
  service: Service,
  implementation: UntypedServiceImplementation,
  toStatus: ErrorTranslator,
): UntypedServiceImplementation {
  const streaming = Object.entries(service).filter(([, it]) => it.requestStream || it.responseStream);
  const contained = streaming.map(([name]) => {
    const handle = implementation[name] as (call: StreamingCall, callback: unknown) => void;
    return [
      name,
      (call: StreamingCall, callback: unknown) => {
        containListeners(call, (error) => {
          if (!call.destroyed) call.emit('error', toStatus(error));
        });
        handle(call, callback);
      },
    ];
  });
  return { ...implementation, ...Object.fromEntries(contained) };
}

interface StreamingCall {
  readonly destroyed: boolean;
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/** grpc-js reports a taken port only in its message. */
function bindError(error: Error): Error {
  const code = /E[A-Z]{4,}/.exec(error.message)?.[0];
  return code === undefined ? error : Object.assign(new Error(error.message), { code });
}

/** The caller's certificate as a Kubernetes identity, on a port that requires one. */
export function peerIdentity(call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): Identity | undefined {
  return identityOf(call.getAuthContext().sslPeerCertificate?.subject as Parameters<typeof identityOf>[0]);
}

/** gRPC statuses pass through; everything else is INTERNAL with its message. */
export function internalStatus(error: unknown): Partial<ServiceError> {
  const known = error as Partial<ServiceError>;
  if (typeof known?.code === 'number') return known;
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
