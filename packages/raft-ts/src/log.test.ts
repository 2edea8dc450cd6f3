import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { confState } from './config.js';
import { RaftLog } from './log.js';
import type { Entry } from './messages.js';

const NO_DATA = new Uint8Array(0);
const entry = (index: number, term: number): Entry => ({ index, term, type: 'normal', data: NO_DATA });
const entries = (from: number, ...terms: number[]) => terms.map((term, at) => entry(from + at, term));

function logOf(...terms: number[]): RaftLog {
  const snapshot = { index: 0, term: 0, confState: confState(['1']) };
  return new RaftLog({ snapshot, entries: entries(1, ...terms), commit: 0, applied: 0 });
}

/** How many terms from the start are the same in both. */
function agreement(mine: readonly number[], other: readonly number[]): number {
  const end = mine.findIndex((term, at) => other[at] !== term);
  return end < 0 ? mine.length : end;
}

const termsOf = (log: RaftLog) => log.slice(log.firstIndex, log.lastIndex, Infinity).map((each) => each.term);

describe('RaftLog', () => {
  test('append keeps what matches and replaces from the first conflict on', () => {
    const log = logOf(1, 1, 2, 2);
    assert.equal(log.append(1, 1, entries(2, 1, 2)), 3);
    assert.deepEqual(termsOf(log), [1, 1, 2, 2], 'an old, shorter append cuts nothing off');
    assert.equal(log.append(2, 1, entries(3, 3)), 3);
    assert.deepEqual(termsOf(log), [1, 1, 3]);
    assert.equal(log.append(5, 3, []), undefined);
    assert.equal(log.append(2, 9, []), undefined);
  });

  test('a committed entry is never replaced', () => {
    const log = logOf(1, 1);
    log.commitTo(2);
    assert.throws(() => log.append(1, 1, entries(2, 2)), /entry 2 would be replaced/);
  });

  test('a write overtaken by a truncation does not make the new entries durable', () => {
    const log = logOf();
    log.append(0, 0, entries(1, 1, 1));
    const first = log.beginWrite();
    log.append(0, 0, entries(1, 2));
    const second = log.beginWrite();
    // The old entry comes back: equal to what the first write holds, but the second write lies between.
    log.append(0, 0, entries(1, 1));
    const third = log.beginWrite();
    log.endWrite(first.sequence);
    assert.equal(log.stable, 0);
    log.endWrite(second.sequence);
    assert.equal(log.stable, 0);
    log.endWrite(third.sequence);
    assert.equal(log.stable, 1);
  });

  test('entries are handed out for applying once, in order, when durable and committed', () => {
    const log = logOf();
    log.append(0, 0, entries(1, 1, 1, 1));
    log.commitTo(2);
    assert.deepEqual(log.beginApply(Infinity), []);
    log.endWrite(log.beginWrite().sequence);
    assert.deepEqual(
      log.beginApply(Infinity).map((each) => each.index),
      [1, 2],
    );
    assert.deepEqual(log.beginApply(Infinity), []);
  });

  test('compaction keeps the term at its edge and goes no further than the offered snapshot', () => {
    const log = logOf(1, 2, 3);
    log.commitTo(3);
    log.beginApply(Infinity);
    log.endApply(3);
    log.offerSnapshot({ index: 2, term: 2, confState: confState(['1']) });
    log.compact(3);
    assert.equal(log.firstIndex, 3);
    assert.equal(log.term(2), 2);
    assert.equal(log.term(1), undefined);
  });

  test('the bytes in memory are those of the entries, whatever was cut off', () => {
    const log = logOf(1, 1, 2);
    const each = log.bytes / 3;
    log.append(2, 1, entries(3, 3, 3, 3));
    assert.equal(log.bytes, 5 * each);
    log.commitTo(5);
    log.endWrite(log.beginWrite().sequence);
    log.beginApply(Infinity);
    log.endApply(5);
    log.offerSnapshot({ index: 5, term: 3, confState: confState(['1']) });
    assert.equal(log.indexKeeping(2 * each), 3);
    log.compact(log.indexKeeping(2 * each));
    assert.equal(log.bytes, 2 * each);
    assert.equal(log.firstIndex, 4);
  });

  test('conflictByTerm never passes over an index at which the logs agree', () => {
    const terms = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 12 }).map((all) => all.sort());
    fc.assert(
      fc.property(terms, terms, fc.nat(12), (mine, theirs, agree) => {
        const common = mine.slice(0, agree);
        const other = [...common, ...theirs.filter((term) => term >= (common.at(-1) ?? 1))];
        const log = logOf(...mine);
        const hint = logOf(...other).conflictByTerm(other.length, log.lastTerm);
        const guess = log.conflictByTerm(hint.index, hint.term);
        const last = agreement(mine, other);
        assert.ok(guess.index >= last, `${guess.index} < ${last}`);
      }),
    );
  });
});
