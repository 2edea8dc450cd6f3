import { isDeepStrictEqual } from 'node:util';
import { etcd } from '@keelson/protocol';
import type { KeyChange } from '../checks/timeline.js';
import type { Dice } from '../sim/dice.js';
import type { ServerStream } from '../sim/door.js';
import type { SimMember } from '../sim/member.js';
import type { Clients } from './session.js';

export interface WatchClientOptions {
  readonly key: string;
  readonly rangeEnd: string | undefined;
  readonly prevKv: boolean;
  /** Milliseconds that it takes over a response at most. */
  readonly slownessMs: number;
}

/** Responses that may wait for a client before the server is told to hold on. */
const WINDOW = 4;

/**
 * Watches a range for ever, going on at another member where it was when a stream ends. What it gets must be exactly
 * the changes that the store went through, in order, each revision whole, with the versions before.
 */
export class WatchClient {
  readonly name: string;
  readonly #clients: Clients;
  readonly #options: WatchClientOptions;
  readonly #dice: Dice;
  /** The first revision that it has not been told everything of. */
  #next = 0;
  received = 0;
  resumed = 0;

  constructor(name: string, clients: Clients, options: WatchClientOptions) {
    this.name = name;
    this.#clients = clients;
    this.#options = options;
    this.#dice = clients.world.dice.fork();
  }

  /** It was told everything that has happened. */
  get isCurrent(): boolean {
    const { timeline } = this.#clients.oracle;
    if (this.#next === 0) return false;
    for (const _ of timeline.changes(this.#next, timeline.revision, (key) => this.#wants(key))) return false;
    return true;
  }

  #wants(key: string): boolean {
    const { key: start, rangeEnd } = this.#options;
    return rangeEnd === undefined ? key === start : key >= start && key < rangeEnd;
  }

  /** Never ends by itself: it must be current whenever the cluster is well. */
  async run(): Promise<void> {
    const { world } = this.#clients;
    for (;;) {
      const member = this.#clients.anyMember(this.#dice);
      if (member.running) await this.#watch(member);
      this.resumed += 1;
      await world.sleep(this.#dice.between(5, 200));
    }
  }

  /** Resolves when the stream is over. */
  #watch(member: SimMember): Promise<void> {
    const { world } = this.#clients;
    return new Promise((over) => {
      const life = member.life!;
      const inbox: { readonly response: etcd.WatchResponse; readonly sent: () => void }[] = [];
      let stream: ServerStream | undefined;
      let ended = false;
      const end = () => {
        if (ended) return;
        ended = true;
        forget();
        life.post(0, () => stream?.emit('close'));
        over();
      };
      const forget = member.onDeath(end);
      const send = (request: Parameters<typeof etcd.WatchRequest.encode>[0]) => {
        const bytes = etcd.WatchRequest.encode(request);
        life.post(0, () => stream?.emit('data', { bytes, request: etcd.WatchRequest.decode(bytes) }));
      };
      const take = () => {
        const [first] = inbox.splice(0, 1);
        if (!first || ended) return;
        const { response, sent } = first;
        life.post(0, sent);
        this.#take(response, member);
        if (response.canceled) end();
        if (inbox.length === WINDOW - 1) life.post(0, () => stream?.emit('drain'));
        if (inbox.length > 0) world.after(this.#dice.float() * this.#options.slownessMs, take);
      };
      life.post(0, () => {
        if (!member.door) return end();
        stream = member.door.stream('watch', {
          onError: () => world.after(1, end),
          onWrite: (bytes, sent) => {
            inbox.push({ response: etcd.WatchResponse.decode(bytes as Buffer), sent });
            if (inbox.length === 1) world.after(this.#dice.float() * this.#options.slownessMs, take);
            return inbox.length < WINDOW;
          },
        });
        send({ createRequest: this.#createRequest() });
      });
      this.#askForProgress(send, () => ended);
      // Clients come and go too.
      world.after(this.#dice.between(500, 20_000), () => {
        if (!this.#clients.stopped) end();
      });
    });
  }

  #createRequest() {
    const { key, rangeEnd, prevKv } = this.#options;
    return {
      key: Buffer.from(key),
      rangeEnd: Buffer.from(rangeEnd ?? ''),
      startRevision: this.#next,
      prevKv,
      progressNotify: true,
    };
  }

  #askForProgress(send: (request: { progressRequest: object }) => void, isOver: () => boolean): void {
    const { world } = this.#clients;
    world.after(this.#dice.between(20, 1_500), () => {
      if (isOver()) return;
      send({ progressRequest: {} });
      this.#askForProgress(send, isOver);
    });
  }

  #take(response: etcd.WatchResponse, member: SimMember): void {
    const { world, oracle } = this.#clients;
    const revision = response.header?.revision ?? 0;
    if (response.canceled) this.#canceled(response, member);
    else if (response.created) {
      if (this.#next === 0) this.#next = revision + 1;
      world.note(`${this.name} watches at ${member.name} from ${this.#next}`);
    } else if (response.events.length > 0) this.#events(response.events, member);
    else this.#progress(revision, member);
    world.require(
      revision <= oracle.timeline.revision,
      () => `${this.name} is told of revision ${revision} that never was`,
    );
  }

  #canceled({ compactRevision, cancelReason }: etcd.WatchResponse, member: SimMember): void {
    const { world, oracle } = this.#clients;
    const what = `${member.name} ends ${this.name} at ${this.#next} with compact revision ${compactRevision}`;
    world.note(`${what} ${cancelReason}`);
    world.require(compactRevision > this.#next, () => `watch ended without need: ${what}`);
    world.require(compactRevision <= oracle.compacted, () => `${what}, but only ${oracle.compacted} is compacted`);
    this.#next = compactRevision;
  }

  #events(events: readonly etcd.Event[], member: SimMember): void {
    const { world, oracle } = this.#clients;
    const last = events.at(-1)!.kv!.modRevision;
    const expected = [...oracle.timeline.changes(this.#next, last, (key) => this.#wants(key))];
    const story = () =>
      `${this.name} at ${member.name}, due from revision ${this.#next}, gets ${events.map(describe).join(' ')}; ` +
      `expected ${expected.map((each) => `${each.revision} ${each.deleted ? '-' : '+'}${each.key}`).join(' ')}`;
    world.require(last >= this.#next, () => `watch events are repeated: ${story()}`);
    world.require(events.length === expected.length, () => `watch events are missing, split or repeated: ${story()}`);
    for (const [at, event] of events.entries()) this.#compare(event, expected[at]!, story);
    this.#next = last + 1;
    this.received += events.length;
    world.note(`${this.name} has ${events.length} events up to ${last}`);
  }

  #compare(event: etcd.Event, change: KeyChange, story: () => string): void {
    const { world, oracle } = this.#clients;
    const kv = etcd.KeyValue.decode(change.kv);
    const right = (event.type === etcd.EventType.DELETE) === change.deleted && isDeepStrictEqual(event.kv, kv);
    world.require(right, () => `a watch event is wrong at revision ${change.revision}: ${story()}`);
    if (!this.#options.prevKv) return;
    if (event.prevKv === undefined && change.revision - 1 < oracle.compacted) return;
    const previous = change.previous && etcd.KeyValue.decode(change.previous);
    const same = isDeepStrictEqual(event.prevKv, previous);
    world.require(same, () => `a watch event has a wrong version before it at ${change.revision}: ${story()}`);
  }

  #progress(revision: number, member: SimMember): void {
    const { world, oracle } = this.#clients;
    const what = `${member.name} tells ${this.name}, due from ${this.#next}, of progress to ${revision}`;
    world.require(revision >= this.#next - 1, () => `progress behind events: ${what}`);
    const missed = [...oracle.timeline.changes(this.#next, revision, (key) => this.#wants(key))];
    world.require(missed.length === 0, () => `progress ahead of events: ${what}; missing ${missed[0]?.revision}`);
    this.#next = Math.max(this.#next, revision + 1);
  }
}

function describe({ type, kv }: etcd.Event): string {
  return `${kv?.modRevision} ${type === etcd.EventType.DELETE ? '-' : '+'}${kv?.key.toString()}`;
}
