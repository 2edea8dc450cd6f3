import { isDeepStrictEqual } from 'node:util';
import type { KeyValueInput, KeyValueOutput, StoredValue } from '@keelson/linearizability';
import { etcd } from '@keelson/protocol';
import type { Dice } from '../sim/dice.js';
import type { Door } from '../sim/door.js';
import { type Clients, hadNoEffect } from './session.js';

export const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4'] as const;

/** Reads and writes a few keys, one operation at a time; everything it sees goes into the history. */
export class KvClient {
  readonly #name: string;
  readonly #clients: Clients;
  readonly #dice: Dice;
  readonly #pauseMs: number;
  #counter = 0;
  /** Mod revisions seen last, to compare with. */
  readonly #seen = new Map<string, number>();
  /** Operations that succeeded. */
  done = 0;

  constructor(name: string, clients: Clients, options: { readonly pauseMs: number }) {
    this.#name = name;
    this.#clients = clients;
    this.#dice = clients.world.dice.fork();
    this.#pauseMs = options.pauseMs;
  }

  async run(): Promise<void> {
    while (!this.#clients.stopped) {
      await this.#clients.world.sleep(this.#dice.between(0, 2 * this.#pauseMs));
      await this.operate();
    }
  }

  async operate(): Promise<void> {
    const key = this.#dice.pick(KEYS);
    const turn = this.#dice.integer(20);
    if (turn < 7) await this.#put(key);
    else if (turn < 11) await this.get(key);
    else if (turn < 13) await this.#delete(key);
    else if (turn < 16) await this.#swap(key);
    else if (turn < 17) await this.#putTwo(key);
    else await this.#readRange();
  }

  async #record(
    inputs: readonly KeyValueInput[],
    ask: (door: Door) => Promise<readonly KeyValueOutput[]>,
  ): Promise<boolean> {
    const { history, world } = this.#clients;
    const began = inputs.map((input) => history.begin(this.#name, input));
    const member = this.#clients.anyMember(this.#dice);
    try {
      const outputs = await this.#clients.call(member, this.#dice, ask);
      for (const [at, operation] of began.entries()) operation.ok(outputs[at]!);
      const [input] = inputs;
      world.note(`${this.#name} at ${member.name}: ${input!.op} ${input!.key} → revision ${outputs[0]!.revision}`);
      this.#clients.saw(outputs[0]!.revision);
      this.#clients.succeeded += 1;
      this.done += 1;
      return true;
    } catch (error) {
      if (hadNoEffect(error)) for (const operation of began) operation.failed();
      return false;
    }
  }

  async #put(key: string): Promise<void> {
    const value = this.#newValue();
    const prevKv = this.#dice.chance(0.3);
    await this.#record([{ op: 'put', key, value: value.name }], async (door) => {
      const { header, prevKv: previous } = await door.kv('put', { key: Buffer.from(key), value: value.bytes, prevKv });
      return [{ revision: revisionOf(header), ...(prevKv ? { previous: stored(previous) } : {}) }];
    });
  }

  async get(key: string): Promise<boolean> {
    return await this.#record([{ op: 'get', key }], async (door) => {
      const { header, kvs } = await door.kv('range', { key: Buffer.from(key) });
      const kv = stored(kvs[0]);
      this.#seen.set(key, kv?.modRevision ?? 0);
      return [{ revision: revisionOf(header), kv }];
    });
  }

  async #delete(key: string): Promise<void> {
    await this.#record([{ op: 'delete', key }], async (door) => {
      const { header, deleted, prevKvs } = await door.kv('deleteRange', { key: Buffer.from(key), prevKv: true });
      return [{ revision: revisionOf(header), deleted, previous: stored(prevKvs[0]) }];
    });
  }

  /** As API servers write: if the key is as it was seen, put or delete, otherwise get. */
  async #swap(key: string): Promise<void> {
    const value = this.#dice.chance(0.7) ? this.#newValue() : null;
    const ifModRevision = this.#seen.get(key) ?? 0;
    const requestKey = Buffer.from(key);
    const change = value
      ? { requestPut: { key: requestKey, value: value.bytes } }
      : { requestDeleteRange: { key: requestKey } };
    const { EQUAL } = etcd.CompareResult;
    await this.#record([{ op: 'txn', key, ifModRevision, value: value?.name ?? null }], async (door) => {
      const { header, succeeded, responses } = await door.kv('txn', {
        compare: [{ key: requestKey, target: etcd.CompareTarget.MOD, result: EQUAL, modRevision: ifModRevision }],
        success: [change],
        failure: [{ requestRange: { key: requestKey } }],
      });
      const revision = revisionOf(header);
      if (!succeeded) {
        const kv = stored(responses[0]?.responseRange?.kvs[0]);
        this.#seen.set(key, kv?.modRevision ?? 0);
        return [{ revision, succeeded, kv }];
      }
      const deleted = responses[0]?.responseDeleteRange?.deleted;
      this.#seen.set(key, value ? revision : 0);
      return [{ revision, succeeded, ...(deleted === undefined ? {} : { deleted }) }];
    });
  }

  /** Two keys in one transaction: the history has it as an operation on each. */
  async #putTwo(key: string): Promise<void> {
    const other = KEYS[(KEYS.indexOf(key as (typeof KEYS)[number]) + 1) % KEYS.length]!;
    const value = this.#newValue();
    const puts = [key, other].map((each) => ({ op: 'put', key: each, value: value.name }) as const);
    await this.#record(puts, async (door) => {
      const success = puts.map((put) => ({ requestPut: { key: Buffer.from(put.key), value: value.bytes } }));
      const { header } = await door.kv('txn', { compare: [], success, failure: [] });
      return puts.map(() => ({ revision: revisionOf(header) }));
    });
  }

  /** A whole range, now or in the past, is compared with what the store went through. */
  async #readRange(): Promise<void> {
    const { world, oracle } = this.#clients;
    const kind = this.#dice.pick(['linearizable', 'serializable', 'past'] as const);
    const floor = this.#clients.acknowledged;
    const past = 1 + this.#dice.integer(floor);
    const revision = kind === 'past' ? past : 0;
    const member = this.#clients.anyMember(this.#dice);
    const range = {
      key: Buffer.from('k'),
      rangeEnd: Buffer.from('l'),
      revision,
      serializable: kind === 'serializable',
    };
    try {
      const { header, kvs, count } = await this.#clients.call(member, this.#dice, (door) => door.kv('range', range));
      const current = revisionOf(header);
      if (kind !== 'serializable') {
        const what = `${member.name} reads at revision ${current}, but ${floor} was known before it was asked`;
        world.require(current >= floor, () => `stale read: ${what}`);
      }
      const expected = [...oracle.timeline.state(revision || current, (key) => key.startsWith('k')).values()];
      const same = count === expected.length && isDeepStrictEqual(kvs, expected);
      world.require(same, () => `${member.name} shows at revision ${revision || current} what was not there then`);
      this.#clients.saw(current);
      this.done += 1;
    } catch (error) {
      hadNoEffect(error);
    }
  }

  /** Some are long and full of zeros: what a torn write looks like. */
  #newValue(): { readonly name: string; readonly bytes: Buffer } {
    this.#counter += 1;
    const name = `${this.#name}.${this.#counter}`;
    const zeros = this.#dice.chance(0.1) ? this.#dice.integer(2_500) : 0;
    return { name, bytes: Buffer.concat([Buffer.from(name), Buffer.alloc(zeros)]) };
  }
}

function revisionOf(header: etcd.ResponseHeader | undefined): number {
  return header?.revision ?? 0;
}

function stored(kv: etcd.KeyValue | undefined): StoredValue | null {
  if (!kv) return null;
  const zeros = kv.value.indexOf(0);
  const value = (zeros < 0 ? kv.value : kv.value.subarray(0, zeros)).toString();
  return { value, modRevision: kv.modRevision, createRevision: kv.createRevision, version: kv.version };
}
