import { type Connection, etcd } from '@keelson/protocol';
import type { Clock } from '@keelson/service';
import type { StoreCluster } from './cluster.js';
import { PREFIX } from './kv-client.js';

/** One change as a watch tells it. */
export interface SeenChange {
  readonly revision: number;
  readonly key: string;
  readonly value: string | undefined;
  readonly previous: string | undefined;
}

/** Follows all keys from the beginning on, at one member after another, and keeps what it is told in a few numbers. */
export class Watcher {
  readonly name: string;
  readonly #cluster: StoreCluster;
  readonly #clock: Clock;
  readonly #keep: ((change: SeenChange) => void) | undefined;
  #member: number;
  /** Everything below this revision has come. */
  next = 1;
  events = 0;
  /** A hash of all that came, in order. */
  hash = 0;
  streams = 0;
  readonly problems: string[] = [];
  stopped = false;

  /** `keep` is given every change. */
  constructor(
    name: string,
    options: { readonly member: number; readonly keep?: (change: SeenChange) => void },
    dependencies: { readonly cluster: StoreCluster; readonly clock: Clock },
  ) {
    this.name = name;
    this.#member = options.member;
    this.#keep = options.keep;
    this.#cluster = dependencies.cluster;
    this.#clock = dependencies.clock;
  }

  /** Ends when it is stopped, or once it has everything up to `until`. */
  async run(until = Infinity): Promise<void> {
    while (!this.stopped && this.next <= until) {
      const { members } = this.#cluster;
      const connection = this.#cluster.connect(members[this.#member % members.length]!);
      await this.#watch(connection, until);
      connection.close();
      this.#member += 1;
      await this.#clock.sleep(100);
    }
  }

  #watch(connection: Connection, until: number): Promise<void> {
    this.streams += 1;
    return new Promise((over) => {
      const call = connection.service(etcd.WatchService).watch();
      const end = () => {
        look.cancel();
        call.cancel();
        over();
      };
      let silentSince = this.#clock.monotonic();
      // A member that is cut off or stopped says nothing: another is asked. Progress shows that there is nothing to say.
      const look = this.#clock.every(500, () => {
        if (this.stopped || this.next > until || this.#clock.monotonic() - silentSince > 5_000) end();
        else call.write({ progressRequest: {} });
      });
      call.on('error', end);
      call.on('end', end);
      call.on('data', (response: etcd.WatchResponse) => {
        silentSince = this.#clock.monotonic();
        if (response.canceled) {
          this.problems.push(`${this.name} was cancelled at ${this.next}: ${response.cancelReason}`);
          end();
        } else this.#take(response);
      });
      const key = Buffer.from(PREFIX);
      const rangeEnd = Buffer.from(`${PREFIX.slice(0, -1)}0`);
      call.write({ createRequest: { key, rangeEnd, startRevision: this.next, prevKv: true, progressNotify: true } });
    });
  }

  #take({ events, header, created }: etcd.WatchResponse): void {
    if (events.length === 0) {
      if (!created) this.next = Math.max(this.next, (header?.revision ?? 0) + 1);
      return;
    }
    let last = this.next - 1;
    for (const { type, kv, prevKv } of events) {
      const revision = kv!.modRevision;
      if (revision < this.next)
        this.problems.push(`${this.name}, due from ${this.next}, was told of ${revision} again`);
      if (revision < last) this.problems.push(`${this.name} was told of ${revision} after ${last}`);
      last = revision;
      const deleted = type === etcd.EventType.DELETE;
      this.#add({
        revision,
        key: kv!.key.toString(),
        value: deleted ? undefined : kv!.value.toString(),
        previous: prevKv?.value.toString(),
      });
    }
    this.next = last + 1;
  }

  #add(change: SeenChange): void {
    this.events += 1;
    this.hash = addToHash(this.hash, change);
    this.#keep?.(change);
  }
}

function addToHash(hash: number, { revision, key, value, previous }: SeenChange): number {
  const text = `${revision} ${key} ${value} ${previous}`;
  let next = hash;
  for (let at = 0; at < text.length; at += 1) next = Math.imul(next ^ text.charCodeAt(at), 0x01000193);
  return next;
}
