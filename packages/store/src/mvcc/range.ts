import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import type { Change, History } from './history.js';
import type { IndexEntry, IndexPair, KeyIndex, KeyRange } from './key-index.js';

/** What a read found. `kvs` are encoded mvccpb.KeyValues. */
export interface RangeResult {
  readonly kvs: readonly Buffer[];
  readonly more: boolean;
  readonly count: number;
}

/** A version of a key as a read sees it; its bytes are fetched only when they are needed. */
interface Found {
  readonly key: Buffer;
  readonly main: number;
  readonly sub: number;
  readonly create: number;
  readonly version: number;
}

type Query = Omit<etcd.RangeRequest, 'serializable'>;

/** The keys that `key` and `rangeEnd` of a request mean. */
export function keyRange(key: Buffer, rangeEnd: Buffer): KeyRange {
  if (rangeEnd.length === 0) return { start: key, end: Buffer.concat([key, ZERO]) };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { start: key, end: undefined };
  return { start: key, end: rangeEnd };
}

const ZERO = Buffer.alloc(1);

export interface RangeSource {
  readonly index: KeyIndex;
  readonly history: History;
  readonly revision: number;
  readonly compactRevision: number;
}

/** Reads at a revision (0: the latest). @throws EtcdError compacted, futureRevision */
export function range(source: RangeSource, query: Query): RangeResult {
  const steps = rangeSteps(source, query, Infinity);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/**
 * The same in steps of so many keys, so that a large range does not hold up what else is to be done. Between steps the
 * source may change: what is read stays that of the revision at which it began.
 * @throws EtcdError compacted (also when that revision is compacted meanwhile), futureRevision
 */
export function* rangeSteps(source: RangeSource, query: Query, keysPerStep: number): Generator<void, RangeResult> {
  const at = checkRevision(source, query.revision);
  const filtered = isFiltered(query);
  const cut = query.limit > 0 && query.sortOrder === etcd.RangeRequestSortOrder.NONE && !filtered;
  const max = query.countOnly ? 0 : cut ? query.limit + 1 : Infinity;
  const { found, count } = yield* collect(source, query, { at, max, keysPerStep });
  if (query.countOnly) return { kvs: [], more: false, count };
  const kept = filtered ? found.filter((each) => passes(query, each)) : found;
  sort(source, kept, query);
  const more = query.limit > 0 && kept.length > query.limit;
  if (more) kept.length = query.limit;
  const kvs: Buffer[] = [];
  for (const each of kept) {
    if (kvs.length > 0 && kvs.length % keysPerStep === 0) yield* pause(source, at);
    kvs.push(bytesOf(source, each, query.keysOnly));
  }
  return { kvs, more, count };
}

function* pause(source: RangeSource, at: number): Generator<void> {
  yield;
  if (at < source.compactRevision) throw errors.compacted();
}

/** @throws EtcdError compacted, futureRevision */
export function checkRevision(source: RangeSource, revision: number): number {
  if (revision > source.revision) throw errors.futureRevision();
  if (revision > 0 && revision < source.compactRevision) throw errors.compacted();
  return revision <= 0 ? source.revision : revision;
}

interface Collect {
  readonly at: number;
  readonly max: number;
  readonly keysPerStep: number;
}

/** The first `max` keys, and how many there are. */
function* collect(
  source: RangeSource,
  query: Query,
  { at, max, keysPerStep }: Collect,
): Generator<void, { found: Found[]; count: number }> {
  if (query.rangeEnd.length === 0) return collectOne(source, query.key, at);
  const found: Found[] = [];
  let count = 0;
  const { start: first, end } = keyRange(query.key, query.rangeEnd);
  let start = first;
  for (;;) {
    let seen = 0;
    for (const pair of source.index.scan({ start, end })) {
      if (found.length < max) {
        const version = versionAt(source, pair.key, pair.entry, at);
        if (version) found.push(version);
        count += Number(version !== undefined);
      } else count += Number(isVisible(source, pair, at));
      seen += 1;
      if (seen < keysPerStep) continue;
      start = Buffer.concat([pair.key, ZERO]);
      break;
    }
    if (seen < keysPerStep) return { found, count };
    yield* pause(source, at);
  }
}

function collectOne(source: RangeSource, key: Buffer, at: number): { found: Found[]; count: number } {
  const entry = source.index.get(key);
  const version = entry && versionAt(source, key, entry, at);
  return version ? { found: [version], count: 1 } : { found: [], count: 0 };
}

function isVisible(source: RangeSource, pair: IndexPair, at: number): boolean {
  if (pair.main <= at) return !pair.deleted;
  return versionAt(source, pair.key, pair.entry, at) !== undefined;
}

/** Follows a key's versions back to the one that was there at a revision. */
function versionAt(source: RangeSource, key: Buffer, entry: IndexEntry, at: number): Found | undefined {
  if (entry.main <= at) return entry.deleted ? undefined : { key, ...entry };
  let change: Change | undefined = source.history.get(entry);
  while (change && change.main > at) {
    change = change.previous.main === 0 ? undefined : source.history.get(change.previous);
  }
  if (!change || change.deleted) return undefined;
  const { createRevision, version } = etcd.KeyValue.decode(change.kv);
  return { key, main: change.main, sub: change.sub, create: createRevision, version };
}

function isFiltered(query: Query): boolean {
  return (
    query.minModRevision !== 0 ||
    query.maxModRevision !== 0 ||
    query.minCreateRevision !== 0 ||
    query.maxCreateRevision !== 0
  );
}

function passes(query: Query, { main, create }: Found): boolean {
  return (
    main >= query.minModRevision &&
    (query.maxModRevision === 0 || main <= query.maxModRevision) &&
    create >= query.minCreateRevision &&
    (query.maxCreateRevision === 0 || create <= query.maxCreateRevision)
  );
}

function sort(source: RangeSource, found: Found[], query: Query): void {
  const { NONE, DESCEND } = etcd.RangeRequestSortOrder;
  const byKey = query.sortTarget === etcd.RangeRequestSortTarget.KEY;
  if (byKey && query.sortOrder === NONE) return;
  const order = comparator(source, query.sortTarget);
  found.sort(query.sortOrder === DESCEND ? (a, b) => order(b, a) : order);
}

function comparator(source: RangeSource, target: etcd.RangeRequestSortTarget): (a: Found, b: Found) => number {
  const { VERSION, CREATE, MOD, VALUE } = etcd.RangeRequestSortTarget;
  if (target === VERSION) return (a, b) => a.version - b.version;
  if (target === CREATE) return (a, b) => a.create - b.create;
  if (target === MOD) return (a, b) => a.main - b.main;
  if (target === VALUE) {
    const values = new Map<Found, Buffer>();
    const valueFor = (each: Found) => {
      const known = values.get(each) ?? etcd.KeyValue.decode(bytesOf(source, each, false)).value;
      values.set(each, known);
      return known;
    };
    return (a, b) => Buffer.compare(valueFor(a), valueFor(b));
  }
  return (a, b) => Buffer.compare(a.key, b.key);
}

function bytesOf(source: RangeSource, found: Found, keysOnly: boolean): Buffer {
  const { kv } = source.history.get(found)!;
  return keysOnly ? etcd.KeyValue.encode({ ...etcd.KeyValue.decode(kv), value: undefined }) : kv;
}
