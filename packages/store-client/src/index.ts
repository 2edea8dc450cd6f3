import { type Connection, etcd, type Init, type ServiceClient } from '@keelson/protocol';
import { type Clock, connect, type TlsIdentity } from '@keelson/service';

export interface StoreClientOptions {
  /** host:port of each member. */
  endpoints: readonly string[];
  tls?: TlsIdentity | undefined;
}

export interface WatchResponse {
  readonly revision: number;
  readonly events: readonly etcd.Event[];
}

export interface StoreWatch extends AsyncIterable<WatchResponse> {
  cancel(): void;
  requestProgress(): void;
}

const RETRY_MS = 100;
const UNAVAILABLE = 14;

/** A minimal etcd v3 client: one endpoint at a time, the next one when it is unavailable. */
export function createStoreClient(options: StoreClientOptions, dependencies: { clock: Clock }) {
  const connections = options.endpoints.map((it) => connect(it, { clock: dependencies.clock, tls: options.tls }));
  let current = 0;
  const kv = connections.map((it: Connection) => it.service(etcd.KVService));
  const lease = connections.map((it) => it.service(etcd.LeaseService));
  const watches = connections.map((it) => it.service(etcd.WatchService));
  const call = async <R>(run: (index: number) => Promise<R>): Promise<R> => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await run(current);
      } catch (error) {
        if ((error as { code?: number }).code !== UNAVAILABLE || attempt >= connections.length * 2) throw error;
        current = (current + 1) % connections.length;
        await dependencies.clock.sleep(RETRY_MS);
      }
    }
  };
  return {
    kv: {
      range: (request: Init<etcd.RangeRequest>) => call((at) => kv[at]!.range(request, { timeout: 5_000 })),
      txn: (request: Init<etcd.TxnRequest>) => call((at) => kv[at]!.txn(request, { timeout: 5_000 })),
      compact: (request: Init<etcd.CompactionRequest>) => call((at) => kv[at]!.compact(request, { timeout: 5_000 })),
    },
    lease: {
      grant: (request: Init<etcd.LeaseGrantRequest>) =>
        call((at) => lease[at]!.leaseGrant(request, { timeout: 5_000 })),
    },
    watch: (request: Init<etcd.WatchCreateRequest>): StoreWatch => watch(() => watches[current]!, request),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

function watch(
  pick: () => ServiceClient<typeof etcd.WatchService>,
  request: Init<etcd.WatchCreateRequest>,
): StoreWatch {
  const stream = pick().watch();
  stream.write({ createRequest: request });
  async function* responses() {
    for await (const response of stream as AsyncIterable<etcd.WatchResponse>) {
      if (response.canceled) throw new Error(`watch canceled: ${response.cancelReason}`);
      if (response.created) continue;
      yield { revision: response.header?.revision ?? 0, events: response.events };
    }
  }
  return {
    [Symbol.asyncIterator]: responses,
    cancel: () => stream.cancel(),
    requestProgress: () => void stream.write({ progressRequest: {} }),
  };
}
