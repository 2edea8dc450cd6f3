import type { Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { type Handlers, implement, type Service } from '@keelson/protocol';
import { HealthImplementation } from 'grpc-health-check';
import type { Clock } from '../../clock.js';
import { type ErrorTranslator, internalStatus } from '../../grpc-server.js';
import { Http2Connection } from '../../http2/connection.js';
import { headerOf } from '../../http2/hpack-decoder.js';
import { encodeHeaders } from '../../http2/hpack-encoder.js';
import { HTTP2_DEFAULTS, type Http2Options } from '../../http2/options.js';
import type { StreamSink } from '../../http2/stream.js';
import { parseAddress } from '../../net.js';
import { addReflection } from '../../reflection.js';
import { httpServer, listen, tcpServer, tlsServer } from '../../sockets/servers.js';
import type { TlsIdentity } from '../../tls.js';
import { Deadlines } from '../deadlines.js';
import { type CallStatus, parseTimeout } from '../status.js';
import { Exchange } from './exchange.js';
import { type HttpHandler, http1Listener, http2Sink } from './http-answer.js';
import type { CallContext, OpenCall, Peer, ServedMethod } from './method.js';
import { ResponseHeaders } from './response-headers.js';
import { sniff } from './sniff.js';
import { StreamCall } from './stream-call.js';
import { UnaryCall } from './unary-call.js';

export interface GrpcDoorOptions {
  /** host:port; port 0 takes a free one. */
  readonly address: string;
  readonly tls?: TlsIdentity | undefined;
  readonly clientCertificates?: 'require' | 'none';
  /** Looks at a client's certificate, whose CA is right: why it is not let in, or undefined. */
  readonly checkClient?: ((certificate: PeerCertificate) => Error | undefined) | undefined;
  /** The .proto files (relative to proto/) that reflection serves. */
  readonly protoFiles: readonly string[];
  readonly messageBytesMax?: number;
  readonly connectionsMax?: number;
  /** For a client to say its first words in. */
  readonly greetingMs?: number;
  /** For a connection of HTTP/1.1 to say nothing. */
  readonly idleMs?: number;
  readonly http2?: Partial<Http2Options>;
}

export interface GrpcDoorDependencies {
  readonly clock: Clock;
  /** Answers plain HTTP on the same port. */
  readonly http?: HttpHandler | undefined;
  /** Is told how each call ended. */
  readonly handled?: ((path: string, result: CallStatus) => void) | undefined;
}

/**
 * A gRPC port for many small calls, with health, reflection and plain HTTP on it. It serves what grpc-js' Server
 * serves, under the same definitions and handlers, at a fraction of the work a call: see docs/decisions/0005.
 */
export class GrpcDoor {
  readonly #options: GrpcDoorOptions;
  readonly #deps: GrpcDoorDependencies;
  readonly #methods = new Map<string, ServedMethod>();
  readonly #services = new Set<string>();
  readonly #health = new HealthImplementation({ '': 'NOT_SERVING' });
  readonly #connections = new Set<Http2Connection>();
  readonly #sockets = new Set<Socket>();
  readonly #closedTraffic = { received: 0, sent: 0 };
  readonly #deadlines: Deadlines;
  readonly #http1: HttpServer;
  readonly #server: Server;
  #drained: (() => void) | undefined;
  #reflects = false;

  constructor(options: GrpcDoorOptions, dependencies: GrpcDoorDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#deadlines = new Deadlines(dependencies.clock);
    this.#http1 = httpServer({}, http1Listener(dependencies.http));
    this.#http1.timeout = options.idleMs ?? 60_000;
    this.#server = this.#makeServer();
    this.#server.maxConnections = options.connectionsMax ?? 20_000;
    this.#health.addToServer(this.#registrar as never);
  }

  readonly #registrar = {
    addService: (service: Service, handlers: object) => this.#addService(service, handlers),
  };

  /** Reading .proto files takes a while, and hardly anybody asks for them: it is done for the first who does. */
  #method(path: string): ServedMethod | undefined {
    if (path.startsWith('/grpc.reflection.') && !this.#reflects) {
      this.#reflects = true;
      addReflection(this.#options.protoFiles, this.#registrar as never);
    }
    return this.#methods.get(path);
  }

  #makeServer(): Server {
    const { tls, clientCertificates = 'require', checkClient } = this.#options;
    if (tls === undefined) return tcpServer({ noDelay: true, keepAlive: true }, (socket) => this.#greet(socket));
    const requestCert = clientCertificates === 'require';
    const { ca, cert, key } = tls;
    return tlsServer(
      { ca, cert, key, requestCert, rejectUnauthorized: requestCert, ALPNProtocols: ['h2', 'http/1.1'] },
      (socket) => {
        socket.setNoDelay(true);
        socket.setKeepAlive(true);
        if (checkClient?.(socket.getPeerCertificate()) === undefined) this.#greet(socket);
        else socket.on('error', () => undefined).destroy();
      },
    );
  }

  add<S extends Service>(service: S, handlers: Handlers<S>, toStatus: ErrorTranslator = internalStatus): void {
    this.addRaw(service, implement(service, handlers, toStatus));
  }

  addRaw(service: Service, implementation: UntypedServiceImplementation): void {
    this.#addService(service, implementation);
  }

  #addService(service: object, handlers: object): void {
    for (const [name, definition] of Object.entries(service as Record<string, RawMethod>)) {
      const named = handlers as Record<string, ServedMethod['handler'] | undefined>;
      const handler = named[name] ?? named[definition.originalName ?? ''];
      if (!handler) continue;
      const { path, requestStream, responseStream } = definition;
      this.#methods.set(path, {
        path,
        requestStream,
        responseStream,
        decode: definition.requestDeserialize,
        encode: definition.responseSerialize,
        handler: handler.bind(handlers),
      });
      this.#services.add(path.split('/')[1]!);
    }
  }

  /** Resolves to the bound port. Health checks are answered with NOT_SERVING until `setServing(true)`. */
  async listen(): Promise<number> {
    return await listen(this.#server, parseAddress(this.#options.address));
  }

  setServing(serving: boolean, service = ''): void {
    this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Bytes on all connections so far, open and closed. */
  get traffic(): { readonly received: number; readonly sent: number } {
    let { received, sent } = this.#closedTraffic;
    for (const socket of this.#sockets) {
      received += socket.bytesRead;
      sent += socket.bytesWritten;
    }
    return { received, sent };
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#closedTraffic.received += socket.bytesRead;
      this.#closedTraffic.sent += socket.bytesWritten;
    });
  }

  #greet(socket: Socket): void {
    this.#count(socket);
    sniff(socket, this.#deps.clock, this.#options.greetingMs ?? 10_000, {
      http2: (first) => this.#connect(socket, first),
      http1: (first) => {
        socket.pause();
        socket.unshift(first);
        this.#http1.emit('connection', socket);
        socket.resume();
      },
    });
  }

  #connect(socket: Socket, first: Buffer): void {
    const options = { ...HTTP2_DEFAULTS, ...this.#options.http2, role: 'server' as const };
    const peer = peerOf(socket);
    const connection: Http2Connection = new Http2Connection(
      socket,
      options,
      {
        opened: (stream, headers, end) => this.#open({ stream, headers, responseHeaders, peer }, end),
        closed: () => {
          this.#connections.delete(connection);
          if (this.#connections.size === 0) this.#drained?.();
        },
      },
      () => this.#deps.clock.monotonic(),
    );
    const responseHeaders = new ResponseHeaders(connection);
    this.#connections.add(connection);
    connection.receive(first);
  }

  #open(parts: Pick<CallContext, 'stream' | 'headers' | 'responseHeaders' | 'peer'>, end: boolean): StreamSink {
    const { stream, headers } = parts;
    const path = headerOf(headers, ':path') ?? '/';
    const verb = headerOf(headers, ':method') ?? '';
    if (!headerOf(headers, 'content-type')?.startsWith('application/grpc')) {
      return http2Sink(this.#deps.http, stream, { method: verb, path });
    }
    const method = this.#method(path);
    if (verb !== 'POST' || !method) return refuse(parts, verb === 'POST' ? this.#unknown(path) : undefined);
    return this.#call(method, parts, end);
  }

  #call(
    method: ServedMethod,
    parts: Pick<CallContext, 'stream' | 'headers' | 'responseHeaders' | 'peer'>,
    end: boolean,
  ): StreamSink {
    const timeoutMs = parseTimeout(headerOf(parts.headers, 'grpc-timeout'));
    const context: CallContext = {
      ...parts,
      method,
      messageBytesMax: this.#options.messageBytesMax ?? 16 * 1024 * 1024,
      ended: this.#ended,
    };
    const call = method.requestStream || method.responseStream ? new StreamCall(context) : new UnaryCall(context);
    if (timeoutMs !== undefined) this.#deadlines.add(call, timeoutMs);
    if (end) call.onHeaders([], true);
    return call;
  }

  readonly #ended = (call: OpenCall, result: CallStatus): void => {
    this.#deadlines.remove(call);
    this.#deps.handled?.(call.context.method.path, result);
  };

  #unknown(path: string): CallStatus {
    const [, service = '', method = ''] = path.split('/');
    const details = this.#services.has(service)
      ? `unknown method ${method} for service ${service}`
      : `unknown service ${service}`;
    return { code: status.UNIMPLEMENTED, details };
  }

  /** Lets calls in flight finish for `graceMs`, then cuts them. */
  async close(sleep: (milliseconds: number) => Promise<void>, graceMs = 2_000): Promise<void> {
    this.setServing(false);
    this.#server.close();
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    for (const connection of [...this.#connections]) connection.goAway();
    if (this.#connections.size > 0) await Promise.race([drained, sleep(graceMs)]);
    for (const connection of [...this.#connections]) connection.destroy();
    // Those of plain HTTP too: Node keeps track of them only for a server that listens itself.
    for (const socket of [...this.#sockets]) socket.destroy();
    this.#deadlines.close();
  }
}

interface RawMethod {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly originalName?: string;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (message: unknown) => Buffer;
}

/** Ends a stream that no handler takes. */
function refuse(parts: Pick<CallContext, 'stream' | 'responseHeaders'>, result: CallStatus | undefined): StreamSink {
  const { stream, responseHeaders } = parts;
  const ignore = {
    onHeaders: () => undefined,
    onData: (bytes: Buffer) => stream.credit(bytes.length),
    onWritable: () => undefined,
    onAborted: () => undefined,
  };
  stream.sink = ignore;
  if (result) new Exchange(stream, responseHeaders).end(result);
  else stream.sendHeaders(encodeHeaders([':status', '405', 'allow', 'POST']), true);
  return ignore;
}

function peerOf(socket: Socket): Peer {
  return {
    authContext: () => {
      if (!('getPeerCertificate' in socket)) return {};
      const certificate = (socket as TLSSocket).getPeerCertificate();
      return certificate && Object.keys(certificate).length > 0 ? { sslPeerCertificate: certificate } : {};
    },
  };
}
