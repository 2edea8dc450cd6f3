import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import { EtcdError } from '../errors.js';
import type { History } from '../mvcc/history.js';
import type { Revision } from '../mvcc/key-index.js';
import type { Meta } from '../mvcc/meta.js';
import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { AT_ONCE, finish, type Pace, type Steps } from '../steps.js';
import { nameOf, type QuotaRule } from './rules.js';

export interface PrefixUsage {
  readonly rule: QuotaRule;
  keys: number;
  bytes: number;
}

/** Keys and bytes more, or fewer, for each rule. */
type Tally = readonly { readonly keys: number; readonly bytes: number }[];

const COUNTED_KEY_UNITS = 2;
const ZERO = Buffer.alloc(1);

/**
 * What prefixes hold and may hold. Rules come through the log and counts follow what is applied, so that every member
 * refuses the same writes.
 */
export class PrefixQuotas {
  readonly #meta: Meta;
  readonly #mvcc: Mvcc;
  #usage: PrefixUsage[];
  #saved = true;

  constructor(meta: Meta, mvcc: Mvcc) {
    this.#meta = meta;
    this.#mvcc = mvcc;
    this.#usage = meta.readJson<PrefixUsage[]>('quotas') ?? [];
  }

  get usage(): readonly Readonly<PrefixUsage>[] {
    return this.#usage;
  }

  get rules(): readonly QuotaRule[] {
    return this.#usage.map((each) => each.rule);
  }

  /** Prefixes that had no rule before are counted: all their keys are read. */
  set(rules: readonly QuotaRule[]): void {
    finish(this.setSteps(rules, AT_ONCE));
  }

  /** The same in steps, between which nothing may be written. */
  *setSteps(rules: readonly QuotaRule[], pace: Pace): Steps<undefined> {
    const usage: PrefixUsage[] = [];
    for (const rule of rules) {
      const known = this.#usage.find((each) => each.rule.prefix === rule.prefix);
      usage.push(known ? { ...known, rule } : yield* this.#count(rule, pace));
    }
    this.#usage = usage;
    this.#saved = false;
    return undefined;
  }

  *#count(rule: QuotaRule, pace: Pace): Steps<PrefixUsage> {
    const usage: PrefixUsage = { rule, keys: 0, bytes: 0 };
    for (let start: Buffer | undefined = Buffer.from(rule.prefix, 'latin1'); start; ) {
      let last: Buffer | undefined;
      for (const { key, deleted, entry } of this.#mvcc.index.scan({ start, end: undefined })) {
        if (!isBelow(key, rule.prefix)) break;
        if (!deleted) {
          usage.keys += 1;
          usage.bytes += this.#sizeAt(entry);
        }
        if (!pace.spend(COUNTED_KEY_UNITS)) continue;
        last = key;
        break;
      }
      if (!last) break;
      start = Buffer.concat([last, ZERO]);
      yield;
    }
    return usage;
  }

  #sizeAt(revision: Revision): number {
    const change = this.#mvcc.history.get(revision);
    return change && !change.deleted ? sizeOf(etcd.KeyValue.decode(change.kv)) : 0;
  }

  /** Whether puts may go on, which happen together. @throws EtcdError with the prefix and its limit */
  require(puts: readonly etcd.PutRequest[]): void {
    for (const usage of this.#usage) {
      let [keys, bytes] = [0, 0];
      for (const put of puts) {
        if (!isBelow(put.key, usage.rule.prefix)) continue;
        const old = this.#mvcc.index.get(put.key);
        const isNew = !old || old.deleted;
        keys += Number(isNew);
        if (!put.ignoreValue) bytes += sizeOf(put) - (isNew ? 0 : this.#sizeAt(old));
      }
      requireRoom(usage, keys, bytes);
    }
  }

  changed(events: readonly ChangeEvent[]): void {
    this.add(finish(this.tally(events, this.#mvcc.history, AT_ONCE)));
  }

  /** What changes come to, for each rule, by the history that they are part of. */
  *tally(events: readonly ChangeEvent[], history: History, pace: Pace): Steps<Tally> {
    const tally = this.#usage.map(() => ({ keys: 0, bytes: 0 }));
    if (tally.length === 0) return tally;
    for (const event of events) {
      for (const [at, { rule }] of this.#usage.entries()) {
        if (isBelow(event.key, rule.prefix)) addTo(tally[at]!, event, history);
      }
      if (pace.spend(tally.length)) yield;
    }
    return tally;
  }

  add(tally: Tally): void {
    for (const [at, { keys, bytes }] of tally.entries()) {
      if (keys === 0 && bytes === 0) continue;
      this.#usage[at]!.keys += keys;
      this.#usage[at]!.bytes += bytes;
      this.#saved = false;
    }
  }

  /** Writes the counts down; before every commit, so that they are in the same transaction as what they count. */
  save(): void {
    if (this.#saved) return;
    this.#meta.writeJson('quotas', this.#usage);
    this.#saved = true;
  }
}

function addTo(sum: { keys: number; bytes: number }, event: ChangeEvent, history: History): void {
  const before = event.previous.main === 0 ? undefined : history.get(event.previous);
  const had = before !== undefined && !before.deleted;
  sum.keys += Number(!event.deleted) - Number(had);
  sum.bytes -= had ? sizeOf(etcd.KeyValue.decode(before.kv)) : 0;
  sum.bytes += event.deleted ? 0 : sizeOf(etcd.KeyValue.decode(event.kv));
}

function isBelow(key: Buffer, prefix: string): boolean {
  return key.length >= prefix.length && key.toString('latin1', 0, prefix.length) === prefix;
}

function sizeOf({ key, value }: { readonly key: Buffer; readonly value: Buffer }): number {
  return key.length + value.length;
}

function requireRoom({ rule, ...used }: PrefixUsage, keys: number, bytes: number): void {
  const { keysMax = Infinity, bytesMax = Infinity } = rule;
  const limit =
    keys > 0 && used.keys + keys > keysMax
      ? `${keysMax} keys`
      : bytes > 0 && used.bytes + bytes > bytesMax
        ? `${bytesMax} bytes`
        : undefined;
  if (limit === undefined) return;
  throw new EtcdError(
    status.RESOURCE_EXHAUSTED,
    `keelson: the quota of "${nameOf(rule.prefix)}" is ${limit}: delete keys below it, or raise its --prefix-quota`,
  );
}
