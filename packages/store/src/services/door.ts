import { type Metadata, type ServerUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import type { Codec, etcd, Service } from '@keelson/protocol';
import type { EncodedMessage, Logger } from '@keelson/service';
import type { Caller, Gate } from '../auth/gate.js';
import { EtcdError, errors } from '../errors.js';
import type { CompactionRunner } from '../mvcc/compaction-runner.js';
import type { RateLimiter } from '../quota/rate-limiter.js';
import type { Replica } from '../replica/replica.js';

interface Limits {
  readonly txnOpsMax: number;
  readonly requestBytesMax: number;
}

/** What every service stands on. */
export interface DoorContext {
  readonly replica: Replica;
  readonly gate: Gate;
  /** Without one nothing is limited. */
  readonly limiter?: RateLimiter;
  readonly compactions: CompactionRunner;
  readonly clusterId: bigint;
  readonly memberId: bigint;
  readonly limits: Limits;
  readonly logger: Logger;
}

export function header(context: DoorContext, revision: number): etcd.ResponseHeader {
  const { clusterId, memberId, replica } = context;
  return { clusterId, memberId, revision, raftTerm: replica.state.term };
}

/** A request as it came, and decoded. */
export interface Raw<T> {
  readonly bytes: Buffer;
  readonly request: T;
}

interface MethodShape<Request> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly request: Pick<Codec<Request>, 'decodeBounded'>;
}

/** Fields and items of a request that are decoded: some ten thousand times what a usual one has. */
const READS_MAX = 100_000;

/** The same method for a handler that takes the request's bytes too and gives the response's: nothing is encoded twice. */
export function rawMethod<Request>(method: MethodShape<Request>, readsMax = READS_MAX) {
  return {
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: ({ bytes }: Raw<Request>): Buffer => bytes,
    requestDeserialize: (bytes: Buffer): Raw<Request> => ({
      bytes,
      request: method.request.decodeBounded(bytes, readsMax),
    }),
    responseSerialize: (encoded: EncodedMessage): EncodedMessage => encoded,
    responseDeserialize: (bytes: Buffer): Buffer => bytes,
  };
}

/** A service's methods, whose requests are decoded within bounds. */
export function bounded<S extends Service>(service: S): S {
  const methods = Object.entries(service as unknown as Record<string, MethodShape<unknown>>).map(([name, method]) => [
    name,
    { ...method, requestDeserialize: (bytes: Buffer) => method.request.decodeBounded(bytes, READS_MAX) },
  ]);
  return Object.fromEntries(methods) as S;
}

type Callback = (error: Partial<ServiceError> | null, value?: EncodedMessage) => void;

/** A unary handler over raw methods, as grpc-js calls it. */
export function unary<Request>(
  context: DoorContext,
  handle: (raw: Raw<Request>, caller: Caller) => Promise<EncodedMessage>,
): (call: ServerUnaryCall<Raw<Request>, EncodedMessage>, callback: Callback) => void {
  return (call, callback) => {
    try {
      requireLeader(context, call.metadata);
    } catch (error) {
      callback(toStatus(context.logger)(error));
      return;
    }
    handle(call.request, call).then(
      (bytes) => callback(null, bytes),
      (error: unknown) => callback(toStatus(context.logger)(error)),
    );
  };
}

/** Clients that send `hasleader: true` want an error rather than a wait while there is no leader. */
export function requireLeader(context: DoorContext, metadata: Metadata): void {
  if (wantsLeader(metadata) && !context.replica.hasLeader) throw errors.noLeader();
}

export function wantsLeader(metadata: Metadata): boolean {
  return metadata.get('hasleader')[0] === 'true';
}

/** The one place where errors become gRPC statuses. */
export function toStatus(logger: Logger): (error: unknown) => Partial<ServiceError> {
  return (error) => {
    if (error instanceof EtcdError) return { code: error.code, details: error.details };
    logger.error({ err: error }, 'a request failed unexpectedly');
    return { code: status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
  };
}
