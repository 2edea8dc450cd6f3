import { etcd } from '@keelson/protocol';
import { errors } from '../errors.js';
import { AT_ONCE, finish, type Pace, type Steps, sortSteps, unitsOf } from '../steps.js';
import type { Change, History } from './history.js';
import type { IndexEntry, KeyIndex, KeyRange } from './key-index.js';

/** What a read found. `kvs` are encoded mvccpb.KeyValues. */
export interface RangeResult {
  readonly kvs: readonly Buffer[];
  readonly more: boolean;
  readonly count: number;
}

/** A version of a key as a read sees it; its bytes are fetched only when they are needed. */
export interface Found {
  readonly key: Buffer;
  readonly main: number;
  readonly sub: number;
  readonly create: number;
  readonly version: number;
  readonly lease: bigint;
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
  return finish(rangeSteps(source, query, AT_ONCE));
}

/**
 * The same in steps, so that a large range does not hold up what else is to be done. Between steps the source may
 * change: what is read stays that of the revision at which it began.
 * @throws EtcdError compacted (also when that revision is compacted meanwhile), futureRevision, responseTooLarge
 */
export function* rangeSteps(source: RangeSource, query: Query, pace: Pace): Steps<RangeResult> {
  const at = checkRevision(source, query.revision);
  const filtered = isFiltered(query);
  const cut = query.limit > 0 && query.sortOrder === etcd.RangeRequestSortOrder.NONE && !filtered;
  const max = query.countOnly ? 0 : cut ? query.limit + 1 : Infinity;
  const { found, count } = yield* collect(source, query, { at, max, pace });
  if (query.countOnly) return { kvs: [], more: false, count };
  const kept = yield* sort(source, filtered ? found.filter((each) => passes(query, each)) : found, query, at, pace);
  const more = query.limit > 0 && kept.length > query.limit;
  if (more) kept.length = query.limit;
  const kvs: Buffer[] = [];
  let bytes = 0;
  for (const each of kept) {
    const kv = bytesOf(source, each, query.keysOnly);
    kvs.push(kv);
    bytes += kv.length;
    if (bytes > RESPONSE_BYTES_MAX) throw errors.responseTooLarge(bytes);
    if (pace.spend(unitsOf(kv.length))) yield* pause(source, at);
  }
  return { kvs, more, count };
}

/** As much as a gRPC message of etcd's may be. */
export const RESPONSE_BYTES_MAX = 2 ** 31 - 1;

function* pause(source: RangeSource, at: number): Steps<void> {
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
  readonly pace: Pace;
}

/** The first `max` keys, and how many there are. */
function* collect(
  source: RangeSource,
  query: Query,
  { at, max, pace }: Collect,
): Steps<{ found: Found[]; count: number }> {
  if (query.rangeEnd.length === 0) {
    const version = yield* versionOf(source, query.key, at, pace);
    return version ? { found: [version], count: 1 } : { found: [], count: 0 };
  }
  const found: Found[] = [];
  let count = 0;
  const take = (version: Found) => {
    count += 1;
    if (found.length < max) found.push(version);
    return true;
  };
  const skip = (alive: boolean) => {
    count += Number(alive);
  };
  yield* versionsIn(source, keyRange(query.key, query.rangeEnd), at, pace, take, () =>
    found.length >= max ? skip : undefined,
  );
  return { found, count };
}

/**
 * Gives the versions of a range's keys as of a revision, until `take` wants no more. Where `skip` gives a function,
 * that is only told whether a key is there: most of a large range is only counted.
 */
export function* versionsIn(
  source: RangeSource,
  { start: first, end }: KeyRange,
  at: number,
  pace: Pace,
  take: (found: Found) => boolean,
  skip: () => ((alive: boolean) => void) | undefined = () => undefined,
): Steps<void> {
  for (let start: Buffer | undefined = first; start; ) {
    let far: { readonly key: Buffer; readonly entry: IndexEntry } | undefined;
    let last: Buffer | undefined;
    for (const pair of source.index.scan({ start, end })) {
      const usedUp = pace.spend();
      const skipped = pair.main <= at ? skip() : undefined;
      if (skipped) skipped(!pair.deleted);
      else {
        const version = nearVersionAt(source, pair.key, pair.entry, at);
        if (version === TOO_FAR) far = { key: pair.key, entry: pair.entry };
        else if (version && !take(version)) return;
      }
      if (!usedUp && !far) continue;
      last = pair.key;
      break;
    }
    start = last && Buffer.concat([last, ZERO]);
    const version = far && (yield* versionAt(source, far.key, far.entry, at, pace));
    if (version && !take(version)) return;
    if (pace.usedUp) yield* pause(source, at);
  }
}

/** A key's version as of a revision, and how it was then. */
export function* versionOf(source: RangeSource, key: Buffer, at: number, pace: Pace): Steps<Found | undefined> {
  const entry = source.index.get(key);
  return entry && (yield* versionAt(source, key, entry, at, pace));
}

/** Follows a key's versions back to the one that was there at a revision, however many lie between. */
export function* versionAt(
  source: RangeSource,
  key: Buffer,
  entry: IndexEntry,
  at: number,
  pace: Pace,
): Steps<Found | undefined> {
  if (entry.main <= at) return entry.deleted ? undefined : { key, ...entry };
  let change: Change | undefined = source.history.get(entry);
  while (change && change.main > at) {
    if (pace.spend()) yield* pause(source, at);
    change = change.previous.main === 0 ? undefined : source.history.get(change.previous);
  }
  return change && foundIn(key, change);
}

const TOO_FAR = Symbol('too far back');
/** Versions that are followed back at once. */
const NEAR = 8;

/** The same, if it is not far back. */
function nearVersionAt(
  source: RangeSource,
  key: Buffer,
  entry: IndexEntry,
  at: number,
): Found | typeof TOO_FAR | undefined {
  if (entry.main <= at) return entry.deleted ? undefined : { key, ...entry };
  let change: Change | undefined = source.history.get(entry);
  for (let hops = 0; change && change.main > at; hops += 1) {
    if (hops >= NEAR) return TOO_FAR;
    change = change.previous.main === 0 ? undefined : source.history.get(change.previous);
  }
  return change && foundIn(key, change);
}

function foundIn(key: Buffer, { main, sub, deleted, kv }: Change): Found | undefined {
  if (deleted) return undefined;
  const { createRevision: create, version, lease } = etcd.KeyValue.decode(kv);
  return { key, main, sub, create, version, lease };
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

function* sort(source: RangeSource, found: Found[], query: Query, at: number, pace: Pace): Steps<Found[]> {
  const { NONE, DESCEND } = etcd.RangeRequestSortOrder;
  const { KEY, VALUE } = etcd.RangeRequestSortTarget;
  if (query.sortTarget === KEY && query.sortOrder === NONE) return found;
  const values = query.sortTarget === VALUE ? yield* valuesOf(source, found, at, pace) : undefined;
  const order = comparator(query.sortTarget, values);
  return yield* sortSteps(found, query.sortOrder === DESCEND ? (a, b) => order(b, a) : order, pace);
}

function* valuesOf(
  source: RangeSource,
  found: readonly Found[],
  at: number,
  pace: Pace,
): Steps<ReadonlyMap<Found, Buffer>> {
  const values = new Map<Found, Buffer>();
  for (const each of found) {
    values.set(each, etcd.KeyValue.decode(bytesOf(source, each, false)).value);
    if (pace.spend()) yield* pause(source, at);
  }
  return values;
}

function comparator(
  target: etcd.RangeRequestSortTarget,
  values: ReadonlyMap<Found, Buffer> | undefined,
): (a: Found, b: Found) => number {
  const { VERSION, CREATE, MOD } = etcd.RangeRequestSortTarget;
  if (target === VERSION) return (a, b) => a.version - b.version;
  if (target === CREATE) return (a, b) => a.create - b.create;
  if (target === MOD) return (a, b) => a.main - b.main;
  if (values) return (a, b) => Buffer.compare(values.get(a)!, values.get(b)!);
  return (a, b) => Buffer.compare(a.key, b.key);
}

function bytesOf(source: RangeSource, found: Found, keysOnly: boolean): Buffer {
  const { kv } = source.history.get(found)!;
  return keysOnly ? etcd.KeyValue.encode({ ...etcd.KeyValue.decode(kv), value: undefined }) : kv;
}
