import { etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import { drive, type LoadResult, percentiles } from '../load.js';
import { type Cluster, openCallers } from './members.js';
import type { RawCaller } from './raw-caller.js';

export interface WorkloadOptions {
  readonly seconds: number;
  /** Keys that are written to and read from. */
  readonly keys: number;
  readonly valueBytes: number;
}

/** One figure to compare. */
export interface Workload {
  readonly name: string;
  readonly warmsUp?: boolean;
  run(cluster: Cluster, options: WorkloadOptions, clock: Clock): Promise<LoadResult>;
}

const { KVService, LeaseService, WatchService } = etcd;

export const WORKLOADS: readonly Workload[] = [
  closedLoop('put, 1 client', 1, put),
  closedLoop('put, 100 clients', 100, put),
  closedLoop('put, 1000 clients', 1000, put),
  closedLoop('txn compare+put, 100 clients', 100, txn),
  closedLoop('range linearizable, 100 clients', 100, range(false)),
  closedLoop('range serializable, 100 clients', 100, range(true)),
  closedLoop('mixed 80 % range, 100 clients', 100, (key, value, turn) =>
    turn % 5 === 0 ? put(key, value, turn) : range(false)(key, value, turn),
  ),
  { name: 'watch events, 100 watchers', run: watchFanOut },
  { name: 'lease grant, 100 clients', run: leaseGrant },
  { name: 'lease keepalive, 100 streams', run: leaseKeepAlive },
];

interface Call {
  readonly path: string;
  readonly request: Buffer;
}

function closedLoop(name: string, clients: number, call: (key: Buffer, value: Buffer, turn: number) => Call): Workload {
  return {
    name,
    warmsUp: true,
    run: async (cluster, { seconds, keys, valueBytes }, clock) => {
      const value = Buffer.alloc(valueBytes, 'v');
      const operation = (caller: RawCaller, client: number, turn: number) => {
        const key = keyOf((client * 7919 + turn * 104_729) % keys);
        const { path, request } = call(key, value, turn);
        return caller.unary(path, request);
      };
      return await drive(operation, { clients, seconds, open: (count) => openCallers(count, cluster) }, clock);
    },
  };
}

export function keyOf(number: number): Buffer {
  return Buffer.from(`bench/${String(number).padStart(9, '0')}`);
}

function put(key: Buffer, value: Buffer, _turn: number): Call {
  return { path: KVService.put.path, request: etcd.PutRequest.encode({ key, value }) };
}

/** As an API server writes: only if what it knows still holds, else say what is there. */
function txn(key: Buffer, value: Buffer, _turn: number): Call {
  const compare = [{ key, target: etcd.CompareTarget.MOD, result: etcd.CompareResult.GREATER, modRevision: 0 }];
  const request = etcd.TxnRequest.encode({
    compare,
    success: [{ requestPut: { key, value } }],
    failure: [{ requestRange: { key } }],
  });
  return { path: KVService.txn.path, request };
}

function range(serializable: boolean) {
  return (key: Buffer, _value: Buffer, _turn: number): Call => ({
    path: KVService.range.path,
    request: etcd.RangeRequest.encode({ key, serializable }),
  });
}

const WATCHERS = 100;
const WRITERS = 10;

/** Events delivered to watchers of one prefix while some clients write to it; latency from the write's start. */
async function watchFanOut(cluster: Cluster, options: WorkloadOptions, clock: Clock): Promise<LoadResult> {
  const callers = openCallers(10, cluster);
  const prefix = 'watched/';
  const latencies: number[] = [];
  let events = 0;
  const ready = Array.from({ length: WATCHERS }, (_, at) => {
    return new Promise<void>((resolve) => {
      const stream = callers[at % callers.length]!.stream(WatchService.watch.path);
      stream.on('error', () => undefined);
      stream.on('data', (bytes) => {
        const response = etcd.WatchResponse.decode(bytes);
        if (response.created) resolve();
        events += response.events.length;
        for (const { kv } of response.events) {
          if (kv) latencies.push(clock.monotonic() - Number(kv.value.toString('latin1', 0, 20)));
        }
      });
      const rangeEnd = Buffer.from('watched0');
      stream.write(etcd.WatchRequest.encode({ createRequest: { key: Buffer.from(prefix), rangeEnd } }));
    });
  });
  await Promise.all(ready);
  const write = (caller: RawCaller, client: number, turn: number) => {
    const value = Buffer.from(String(clock.monotonic()).padEnd(20).slice(0, 20).padEnd(options.valueBytes));
    const key = Buffer.from(`${prefix}${client}-${turn % 100}`);
    return caller.unary(KVService.put.path, etcd.PutRequest.encode({ key, value }));
  };
  const begin = clock.monotonic();
  const { errors } = await drive(
    write,
    { clients: WRITERS, seconds: options.seconds, open: (count) => openCallers(count, cluster) },
    clock,
  );
  const perSecond = (events * 1000) / (clock.monotonic() - begin);
  for (const caller of callers) caller.close();
  return { perSecond, ...percentiles(latencies), errors };
}

async function leaseGrant(cluster: Cluster, { seconds }: WorkloadOptions, clock: Clock): Promise<LoadResult> {
  const request = etcd.LeaseGrantRequest.encode({ TTL: 60 });
  const grant = (caller: RawCaller) => caller.unary(LeaseService.leaseGrant.path, request);
  return await drive(grant, { clients: 100, seconds, open: (count) => openCallers(count, cluster) }, clock);
}

async function leaseKeepAlive(cluster: Cluster, { seconds }: WorkloadOptions, clock: Clock): Promise<LoadResult> {
  const [first] = openCallers(1, cluster);
  const granted = await first!.unary(LeaseService.leaseGrant.path, etcd.LeaseGrantRequest.encode({ TTL: 600 }));
  const { ID } = etcd.LeaseGrantResponse.decode(granted);
  first!.close();
  const request = etcd.LeaseKeepAliveRequest.encode({ ID });
  const streams = new Map<number, (bytes: Buffer) => Promise<void>>();
  const keepAlive = (caller: RawCaller, client: number) => {
    const send = streams.get(client) ?? asking(caller);
    streams.set(client, send);
    return send(request);
  };
  return await drive(keepAlive, { clients: 100, seconds, open: (count) => openCallers(count, cluster) }, clock);
}

/** One question at a time over a stream of its own. */
function asking(caller: RawCaller): (bytes: Buffer) => Promise<void> {
  let answered: () => void = () => undefined;
  const stream = caller.stream(LeaseService.leaseKeepAlive.path);
  stream.on('data', () => answered());
  stream.on('error', () => answered());
  return (bytes) =>
    new Promise((resolve) => {
      answered = resolve;
      stream.write(bytes);
    });
}

const FILL_CLIENTS = 20;
const FILL_BATCH = 100;

/** Writes so many keys, in transactions. */
export async function fill(
  cluster: Cluster,
  { keys, valueBytes }: { readonly keys: number; readonly valueBytes: number },
): Promise<void> {
  const callers = openCallers(FILL_CLIENTS, cluster);
  const value = Buffer.alloc(valueBytes, 'v');
  let next = 0;
  const work = async (caller: RawCaller) => {
    while (next < keys) {
      const from = next;
      next += FILL_BATCH;
      const count = Math.min(FILL_BATCH, keys - from);
      const success = Array.from({ length: count }, (_, at) => ({ requestPut: { key: keyOf(from + at), value } }));
      await caller.unary(KVService.txn.path, etcd.TxnRequest.encode({ success }));
    }
  };
  await Promise.all(callers.map(work));
  for (const caller of callers) caller.close();
}
