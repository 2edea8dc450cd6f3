import { type Connection, etcd, type Init, type ServiceClient } from '@keelson/protocol';
import type { Clock, Logger, Random, TlsIdentity } from '@keelson/service';
import { Caller, type CallOptions } from './caller.js';
import { Endpoints } from './endpoints.js';
import { LeaseClient } from './lease.js';
import { type Credentials, Session } from './session.js';
import { snapshotOf } from './snapshot.js';
import { type UnaryClient, unaryClient } from './unary.js';
import { ResumingWatch, type Watch, type WatchInit } from './watch.js';

export interface StoreClientOptions {
  /** `http://host:port`, `https://host:port` or `host:port` of each member. */
  readonly endpoints: readonly string[];
  /** PEM contents, for https endpoints. */
  readonly tls?: TlsIdentity | undefined;
  /** Whose token calls carry. */
  readonly credentials?: Credentials | undefined;
  /** For a call with its retries. */
  readonly timeoutMs?: number;
  readonly retryDelayMs?: number;
  readonly retryDelayMaxMs?: number;
  /** Members without a leader refuse at once, so that another is asked. Default true. */
  readonly requireLeader?: boolean;
  /** Responses of one watch that wait for their consumer. */
  readonly watchQueueMax?: number;
}

export interface StoreClientDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** Reads are retried while members are unavailable, writes only if they were certainly not sent. */
export interface KvClient {
  range(request: Init<etcd.RangeRequest>, options?: CallOptions): Promise<etcd.RangeResponse>;
  put(request: Init<etcd.PutRequest>, options?: CallOptions): Promise<etcd.PutResponse>;
  deleteRange(request: Init<etcd.DeleteRangeRequest>, options?: CallOptions): Promise<etcd.DeleteRangeResponse>;
  txn(request: Init<etcd.TxnRequest>, options?: CallOptions): Promise<etcd.TxnResponse>;
  compact(request: Init<etcd.CompactionRequest>, options?: CallOptions): Promise<etcd.CompactionResponse>;
}

export interface StoreClient {
  readonly kv: KvClient;
  readonly lease: LeaseClient;
  watch(request: WatchInit): Watch;
  /** One member's state: the endpoint's that is given, or that in use. */
  status(endpoint?: string, options?: CallOptions): Promise<etcd.StatusResponse>;
  hashKV(revision: number, endpoint?: string, options?: CallOptions): Promise<etcd.HashKVResponse>;
  memberList(options?: CallOptions): Promise<etcd.MemberListResponse>;
  readonly auth: UnaryClient<typeof etcd.AuthService>;
  readonly cluster: UnaryClient<typeof etcd.ClusterService>;
  readonly maintenance: UnaryClient<typeof etcd.MaintenanceService>;
  /** A member's data as it is sent: whole once the last response's checksum is right. */
  snapshot(endpoint?: string, options?: CallOptions): AsyncIterable<etcd.SnapshotResponse>;
  readonly endpoints: readonly string[];
  close(): void;
}

const DEFAULTS = {
  timeoutMs: 15_000,
  retryDelayMs: 50,
  retryDelayMaxMs: 1_000,
  requireLeader: true,
  watchQueueMax: 1_000,
};

/** A client of etcd's v3 API, for our store and for etcd itself. Connects when it is first used. */
export function createStoreClient(options: StoreClientOptions, dependencies: StoreClientDependencies): StoreClient {
  const settings = { ...DEFAULTS, ...options };
  const { clock, random, logger } = dependencies;
  const endpoints = new Endpoints({ ...settings, tls: options.tls }, { clock, random, logger });
  const session = options.credentials && new Session(options.credentials);
  const caller = new Caller(settings, { endpoints, clock, session });
  const watches = new Set<Watch>();
  const watchOptions = { ...settings, queueMax: settings.watchQueueMax };

  return {
    kv: kvClient(caller),
    lease: new LeaseClient(caller),
    auth: unaryClient(etcd.AuthService, caller),
    cluster: unaryClient(etcd.ClusterService, caller),
    maintenance: unaryClient(etcd.MaintenanceService, caller),
    snapshot: (endpoint = endpoints.current, callOptions = {}) => snapshotOf(endpoints, caller, endpoint, callOptions),
    endpoints: options.endpoints,
    watch(request) {
      const watch: Watch = new ResumingWatch(request, watchOptions, {
        endpoints,
        caller,
        clock,
        logger,
        onEnd: () => watches.delete(watch),
      });
      watches.add(watch);
      return watch;
    },
    status(endpoint, callOptions) {
      const send = (connection: Connection, call: object) => maintenance(connection).status({}, call);
      return endpoint === undefined ? caller.read(send, callOptions) : caller.once(endpoint, send, callOptions);
    },
    hashKV(revision, endpoint, callOptions) {
      const send = (connection: Connection, call: object) => maintenance(connection).hashKV({ revision }, call);
      return endpoint === undefined ? caller.read(send, callOptions) : caller.once(endpoint, send, callOptions);
    },
    memberList: (callOptions) =>
      caller.read((connection, call) => {
        return connection.service(etcd.ClusterService).memberList({ linearizable: true }, call);
      }, callOptions),
    close() {
      for (const watch of watches) watch.cancel();
      watches.clear();
      endpoints.close();
    },
  };
}

function maintenance(connection: Connection): ServiceClient<typeof etcd.MaintenanceService> {
  return connection.service(etcd.MaintenanceService);
}

function kvClient(caller: Caller): KvClient {
  const services = new WeakMap<Connection, ServiceClient<typeof etcd.KVService>>();
  const kv = (connection: Connection) => {
    const known = services.get(connection) ?? connection.service(etcd.KVService);
    services.set(connection, known);
    return known;
  };
  return {
    range: (request, options) => caller.read((connection, call) => kv(connection).range(request, call), options),
    put: (request, options) => caller.write((connection, call) => kv(connection).put(request, call), options),
    deleteRange: (request, options) =>
      caller.write((connection, call) => kv(connection).deleteRange(request, call), options),
    txn: (request, options) => {
      const send = (connection: Connection, call: object) => kv(connection).txn(request, call);
      return isReadOnly(request) ? caller.read(send, options) : caller.write(send, options);
    },
    compact: (request, options) => caller.write((connection, call) => kv(connection).compact(request, call), options),
  };
}

function isReadOnly(request: Init<etcd.TxnRequest>): boolean {
  return [...(request.success ?? []), ...(request.failure ?? [])].every((op) => op.requestRange !== undefined);
}
