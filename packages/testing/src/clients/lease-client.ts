import { status } from '@grpc/grpc-js';
import type { etcd } from '@keelson/protocol';
import type { Dice } from '../sim/dice.js';
import { CallError } from '../sim/door.js';
import type { SimMember } from '../sim/member.js';
import { type Clients, hadNoEffect } from './session.js';

/**
 * Takes leases, puts a key under each, keeps them alive for a while and lets them go. Until the time that the store
 * promised is over, counted from when the client asked for it, the store may not end a lease.
 */
export class LeaseClient {
  readonly #name: string;
  readonly #clients: Clients;
  readonly #dice: Dice;
  /** How much faster than the world's a member's clock may be. */
  readonly #drift: number;
  #counter = 0;
  /** Leases that were granted, with their keys: all must be gone in the end. */
  readonly granted: { readonly id: bigint; readonly key: string }[] = [];

  constructor(name: string, clients: Clients, options: { readonly drift: number }) {
    this.#name = name;
    this.#clients = clients;
    this.#dice = clients.world.dice.fork();
    this.#drift = options.drift;
  }

  async run(): Promise<void> {
    while (!this.#clients.stopped) {
      await this.#clients.world.sleep(this.#dice.between(100, 1_500));
      try {
        await this.#liveOneLease();
      } catch (error) {
        hadNoEffect(error);
      }
    }
  }

  async #liveOneLease(): Promise<void> {
    const { world } = this.#clients;
    const askedAt = world.now;
    const ttl = 1 + this.#dice.integer(4);
    const member = this.#clients.anyMember(this.#dice);
    const { ID, TTL } = await this.#clients.call(member, this.#dice, (door) =>
      door.call<etcd.LeaseGrantResponse>('leaseGrant', { ID: 0n, TTL: ttl }),
    );
    this.#promise(ID, TTL, askedAt);
    world.note(`${this.#name} has lease ${ID.toString(16)} for ${TTL} s`);
    this.#counter += 1;
    const key = `l${this.#name}-${this.#counter}`;
    this.granted.push({ id: ID, key });
    await this.#putUnder(ID, key);
    for (let renewals = this.#dice.integer(8); renewals > 0 && !this.#clients.stopped; renewals -= 1) {
      await world.sleep(this.#dice.between(100, (TTL * 1000) / 2));
      if (!(await this.#renew(ID))) return;
    }
    if (this.#dice.chance(0.3)) await this.#revoke(ID);
  }

  #promise(id: bigint, ttl: number, askedAt: number): void {
    const ttlMs = (ttl * 1000) / (1 + this.#drift);
    this.#clients.oracle.leaseEnds.set(id, { notBefore: askedAt + ttlMs, ttlMs });
  }

  async #putUnder(lease: bigint, key: string): Promise<void> {
    const { history } = this.#clients;
    const put = history.begin(this.#name, { op: 'put', key, value: key });
    // The lease's end deletes it, nobody knows when.
    history.begin('lease', { op: 'delete', key });
    try {
      const request = { key: Buffer.from(key), value: Buffer.from(key), lease };
      const { header } = await this.#clients.call(this.#clients.anyMember(this.#dice), this.#dice, (door) =>
        door.kv('put', request),
      );
      put.ok({ revision: header!.revision });
      this.#clients.saw(header!.revision);
    } catch (error) {
      if (hadNoEffect(error)) put.failed();
    }
  }

  /** False if the lease is over. */
  async #renew(id: bigint): Promise<boolean> {
    const { world, oracle } = this.#clients;
    const askedAt = world.now;
    const member = this.#clients.anyMember(this.#dice);
    try {
      const TTL = await this.#clients.call(member, this.#dice, () => keepAlive(member, id));
      if (TTL > 0) {
        this.#promise(id, TTL, askedAt);
        return true;
      }
      const end = oracle.leaseEnds.get(id)!.notBefore;
      world.require(world.now >= end, () => `${member.name} says that lease ${id.toString(16)} is over before ${end}`);
      return false;
    } catch (error) {
      hadNoEffect(error);
      return true;
    }
  }

  async #revoke(id: bigint): Promise<void> {
    this.#clients.oracle.leaseEnds.delete(id);
    await this.#clients.call(this.#clients.anyMember(this.#dice), this.#dice, (door) =>
      door.call('leaseRevoke', { ID: id }),
    );
  }
}

/** One renewal over a stream of its own. */
function keepAlive(member: SimMember, ID: bigint): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = member.door!.stream('leaseKeepAlive', {
      onError: ({ code, details }) => reject(new CallError(code ?? status.UNKNOWN, details ?? '')),
      onWrite: (response) => {
        resolve((response as etcd.LeaseKeepAliveResponse).TTL);
        return true;
      },
    });
    stream.emit('data', { ID });
  });
}
