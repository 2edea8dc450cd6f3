import { type ServiceError, status } from '@grpc/grpc-js';
import type { KeyValueInput, KeyValueOutput, StoredValue } from '@keelson/linearizability';
import { type Connection, etcd } from '@keelson/protocol';
import type { Clock, Random } from '@keelson/service';
import type { StoreCluster } from './cluster.js';
import type { Record } from './record.js';

/** Keys at a time; every few seconds there are others, so that a key's history stays short. */
const KEYS = 12;
const KEYS_FOR_MS = 5_000;
const TIMEOUT_MS = 5_000;
export const PREFIX = 'chaos/';

/** Puts, gets, deletes and swaps, one at a time, at whatever member answers; everything goes into the record. */
export class KvClient {
  readonly #name: string;
  readonly #cluster: StoreCluster;
  readonly #record: Record;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #pauseMs: number;
  readonly #connections = new Map<string, Connection>();
  readonly #seen = new Map<string, number>();
  #member = 0;
  #counter = 0;
  stopped = false;

  constructor(
    name: string,
    options: { readonly pauseMs: number },
    dependencies: { cluster: StoreCluster; record: Record; clock: Clock; random: Random },
  ) {
    this.#name = name;
    this.#pauseMs = options.pauseMs;
    this.#cluster = dependencies.cluster;
    this.#record = dependencies.record;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
    this.#member = this.#random.integer(3);
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      await this.#operate();
      await this.#clock.sleep(this.#random.float() * 2 * this.#pauseMs);
    }
    for (const connection of this.#connections.values()) connection.close();
  }

  #key(): string {
    const epoch = Math.floor(this.#record.now / KEYS_FOR_MS);
    return `${PREFIX}${epoch}-${this.#random.integer(KEYS)}`;
  }

  async #operate(): Promise<void> {
    // Clients come and go: otherwise all would end up where no fault was lately.
    if (this.#random.integer(50) === 0) this.#member = this.#random.integer(3);
    const key = this.#key();
    const turn = this.#random.integer(20);
    if (turn < 9) await this.#put(key);
    else if (turn < 14) await this.#get(key);
    else if (turn < 16) await this.#delete(key);
    else await this.#swap(key);
  }

  #connection(): Connection {
    const { members } = this.#cluster;
    const member = members[this.#member % members.length]!;
    const known = this.#connections.get(member.name);
    if (known) return known;
    const connection = this.#cluster.connect(member);
    this.#connections.set(member.name, connection);
    return connection;
  }

  async #do(input: KeyValueInput, ask: (connection: Connection) => Promise<KeyValueOutput>): Promise<void> {
    const operation = this.#record.history.begin(this.#name, input);
    const sentAt = this.#record.now;
    try {
      const output = await ask(this.#connection());
      operation.ok(output);
      this.#record.answered(sentAt);
      const wrote = input.op === 'put' || (input.op === 'delete' && output.deleted === 1);
      const swapped = input.op === 'txn' && output.succeeded === true && output.deleted !== 0;
      if (wrote || swapped) {
        const value = 'value' in input ? (input.value ?? undefined) : undefined;
        this.#record.wrote({ revision: output.revision, key: input.key, value });
      }
    } catch (error) {
      if (hadNoEffect(error as ServiceError)) operation.failed();
      this.#record.failed();
      this.#member += 1;
      await this.#clock.sleep(50 + this.#random.integer(150));
    }
  }

  async #put(key: string): Promise<void> {
    const value = this.#newValue();
    const prevKv = this.#random.integer(3) === 0;
    await this.#do({ op: 'put', key, value }, async (connection) => {
      const request = { key: Buffer.from(key), value: Buffer.from(value), prevKv };
      const { header, prevKv: previous } = await connection.service(etcd.KVService).put(request, CALL);
      return { revision: header!.revision, ...(prevKv ? { previous: stored(previous) } : {}) };
    });
  }

  async #get(key: string): Promise<void> {
    await this.#do({ op: 'get', key }, async (connection) => {
      const { header, kvs } = await connection.service(etcd.KVService).range({ key: Buffer.from(key) }, CALL);
      const kv = stored(kvs[0]);
      this.#saw(key, kv?.modRevision ?? 0);
      return { revision: header!.revision, kv };
    });
  }

  async #delete(key: string): Promise<void> {
    await this.#do({ op: 'delete', key }, async (connection) => {
      const request = { key: Buffer.from(key), prevKv: true };
      const { header, deleted, prevKvs } = await connection.service(etcd.KVService).deleteRange(request, CALL);
      return { revision: header!.revision, deleted, previous: stored(prevKvs[0]) };
    });
  }

  /** If the key is as it was seen last, put or delete it, otherwise get it. */
  async #swap(key: string): Promise<void> {
    const ifModRevision = this.#seen.get(key) ?? 0;
    const value = this.#random.integer(4) > 0 ? this.#newValue() : null;
    const bytes = Buffer.from(key);
    const change =
      value === null
        ? { requestDeleteRange: { key: bytes } }
        : { requestPut: { key: bytes, value: Buffer.from(value) } };
    const { MOD } = etcd.CompareTarget;
    const request = {
      compare: [{ key: bytes, target: MOD, result: etcd.CompareResult.EQUAL, modRevision: ifModRevision }],
      success: [change],
      failure: [{ requestRange: { key: bytes } }],
    };
    await this.#do({ op: 'txn', key, ifModRevision, value }, async (connection) => {
      const { header, succeeded, responses } = await connection.service(etcd.KVService).txn(request, CALL);
      const { revision } = header!;
      if (!succeeded) {
        const kv = stored(responses[0]?.responseRange?.kvs[0]);
        this.#saw(key, kv?.modRevision ?? 0);
        return { revision, succeeded, kv };
      }
      const deleted = responses[0]?.responseDeleteRange?.deleted;
      this.#saw(key, value === null ? 0 : revision);
      return { revision, succeeded, ...(deleted === undefined ? {} : { deleted }) };
    });
  }

  #saw(key: string, modRevision: number): void {
    if (this.#seen.size > 4 * KEYS) this.#seen.clear();
    this.#seen.set(key, modRevision);
  }

  #newValue(): string {
    this.#counter += 1;
    return `${this.#name}.${this.#counter}`;
  }
}

const CALL = { timeout: TIMEOUT_MS };

const REFUSALS: readonly status[] = [
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.OUT_OF_RANGE,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
];

/** Refused, or never sent: it certainly has no effect. */
function hadNoEffect({ code, details = '' }: ServiceError): boolean {
  if (REFUSALS.includes(code)) return true;
  return code === status.UNAVAILABLE && /No connection established|ECONNREFUSED/.test(details);
}

function stored(kv: etcd.KeyValue | undefined): StoredValue | null {
  if (!kv) return null;
  const { modRevision, createRevision, version } = kv;
  return { value: kv.value.toString(), modRevision, createRevision, version };
}
