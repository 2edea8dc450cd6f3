import { status } from '@grpc/grpc-js';
import { etcd } from '@keelson/protocol';
import { EtcdError } from '../errors.js';
import type { Revision } from '../mvcc/key-index.js';
import type { Meta } from '../mvcc/meta.js';
import type { ChangeEvent, Mvcc } from '../mvcc/mvcc.js';
import { nameOf, type QuotaRule } from './rules.js';

export interface PrefixUsage {
  readonly rule: QuotaRule;
  keys: number;
  bytes: number;
}

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
    this.#usage = rules.map((rule) => {
      const known = this.#usage.find((each) => each.rule.prefix === rule.prefix);
      return known ? { ...known, rule } : this.#count(rule);
    });
    this.#saved = false;
  }

  #count(rule: QuotaRule): PrefixUsage {
    const usage: PrefixUsage = { rule, keys: 0, bytes: 0 };
    const start = Buffer.from(rule.prefix, 'latin1');
    for (const { key, entry } of this.#mvcc.index.scan({ start, end: undefined })) {
      if (!isBelow(key, rule.prefix)) break;
      if (entry.deleted) continue;
      usage.keys += 1;
      usage.bytes += this.#sizeAt(entry);
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
    for (const usage of this.#usage) {
      for (const event of events) {
        if (!isBelow(event.key, usage.rule.prefix)) continue;
        const before = event.previous.main === 0 ? undefined : this.#mvcc.history.get(event.previous);
        const had = before !== undefined && !before.deleted;
        usage.keys += Number(!event.deleted) - Number(had);
        usage.bytes -= had ? sizeOf(etcd.KeyValue.decode(before.kv)) : 0;
        usage.bytes += event.deleted ? 0 : sizeOf(etcd.KeyValue.decode(event.kv));
        this.#saved = false;
      }
    }
  }

  /** Writes the counts down; before every commit, so that they are in the same transaction as what they count. */
  save(): void {
    if (this.#saved) return;
    this.#meta.writeJson('quotas', this.#usage);
    this.#saved = true;
  }
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
