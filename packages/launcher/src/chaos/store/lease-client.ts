import { type Connection, etcd } from '@keelson/protocol';
import type { Clock, Random } from '@keelson/service';
import type { StoreCluster } from './cluster.js';
import { PREFIX } from './kv-client.js';
import type { Record } from './record.js';

const TTL_SECONDS = 4;
const CALL = { timeout: 4_000 };

/** Takes leases with a key under each and keeps them for a while; notes until when the store promised each key. */
export class LeaseClient {
  readonly #name: string;
  readonly #cluster: StoreCluster;
  readonly #record: Record;
  readonly #clock: Clock;
  readonly #random: Random;
  #counter = 0;
  stopped = false;
  /** By key: milliseconds of the record. */
  readonly promisedUntil = new Map<string, number>();

  constructor(name: string, dependencies: { cluster: StoreCluster; record: Record; clock: Clock; random: Random }) {
    this.#name = name;
    this.#cluster = dependencies.cluster;
    this.#record = dependencies.record;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random;
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const { members } = this.#cluster;
      const connection = this.#cluster.connect(members[this.#random.integer(members.length)]!);
      // Whatever fails, the next lease begins anew; what was promised stays promised.
      await this.#liveOneLease(connection).catch(() => undefined);
      connection.close();
      await this.#clock.sleep(100 + this.#random.integer(500));
    }
  }

  async #liveOneLease(connection: Connection): Promise<void> {
    this.#counter += 1;
    const key = `${PREFIX}lease-${this.#name}-${this.#counter}`;
    const askedAt = this.#record.now;
    const { ID, TTL } = await connection.service(etcd.LeaseService).leaseGrant({ ID: 0n, TTL: TTL_SECONDS }, CALL);
    const request = { key: Buffer.from(key), value: Buffer.from(key), lease: ID };
    const { header } = await connection.service(etcd.KVService).put(request, CALL);
    this.promisedUntil.set(key, askedAt + TTL * 1000);
    this.#record.wrote({ revision: header!.revision, key, value: key });
    for (let n = this.#random.integer(6); n > 0 && !this.stopped; n -= 1) {
      await this.#clock.sleep(1_000);
      const renewedAt = this.#record.now;
      const ttl = await keepAlive(connection, ID, this.#clock);
      if (ttl === 0) return;
      this.promisedUntil.set(key, renewedAt + ttl * 1000);
    }
  }
}

/** One renewal; the seconds that the lease has again. */
function keepAlive(connection: Connection, ID: bigint, clock: Clock): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = connection.service(etcd.LeaseService).leaseKeepAlive();
    const timer = clock.after(4_000, () => call.cancel());
    call.on('data', ({ TTL }: etcd.LeaseKeepAliveResponse) => {
      timer.cancel();
      call.cancel();
      resolve(TTL);
    });
    call.on('error', (error: Error) => {
      timer.cancel();
      reject(error);
    });
    call.write({ ID });
  });
}
