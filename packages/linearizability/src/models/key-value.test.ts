import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLinearizable } from '../../test/brute-force.js';
import {
  check,
  type KeyValueInput,
  type KeyValueOutput,
  keyValue,
  type Operation,
  type StoredValue,
} from '../index.js';

type Op = Operation<KeyValueInput, KeyValueOutput>;

let clock = 0;
/** One after the other: each begins after the one before has ended. */
const then = (input: KeyValueInput, output?: KeyValueOutput): Op => {
  clock += 2;
  return { client: 0, call: clock, input, result: output && { at: clock + 1, output } };
};
const kv = (value: string, modRevision: number, createRevision: number, version: number): StoredValue => ({
  ...{ value, modRevision, createRevision, version },
});
const put = (value: string): KeyValueInput => ({ op: 'put', key: 'k', value });
const get: KeyValueInput = { op: 'get', key: 'k' };
const remove: KeyValueInput = { op: 'delete', key: 'k' };
const swap = (ifModRevision: number, value: string): KeyValueInput => ({ op: 'txn', key: 'k', ifModRevision, value });
const verdict = (...history: Op[]) => check(keyValue, history).verdict;

describe('a key with revisions', () => {
  test('lives, changes and ends', () => {
    const history = [
      then(get, { revision: 1, kv: null }),
      then(put('a'), { revision: 2, previous: null }),
      then(put('b'), { revision: 5, previous: kv('a', 2, 2, 1) }),
      then(get, { revision: 6, kv: kv('b', 5, 2, 2) }),
      then(remove, { revision: 7, deleted: 1 }),
      then(remove, { revision: 7, deleted: 0 }),
      then(swap(0, 'c'), { revision: 8, succeeded: true }),
      then(swap(0, 'd'), { revision: 9, succeeded: false, kv: kv('c', 8, 8, 1) }),
    ];
    assert.equal(verdict(...history), 'ok');
  });

  test('revisions never go back, and no two writes share one', () => {
    assert.equal(verdict(then(put('a'), { revision: 3 }), then(put('b'), { revision: 3 })), 'illegal');
    assert.equal(verdict(then(put('a'), { revision: 3 }), then(get, { revision: 2, kv: kv('a', 3, 3, 1) })), 'illegal');
    assert.equal(verdict(then(get, { revision: 9, kv: null }), then(put('a'), { revision: 9 })), 'illegal');
  });

  test('versions and create revisions are checked', () => {
    const first = then(put('a'), { revision: 3 });
    assert.equal(verdict(first, then(get, { revision: 3, kv: kv('a', 3, 3, 2) })), 'illegal');
    assert.equal(verdict(first, then(get, { revision: 3, kv: kv('a', 3, 2, 1) })), 'illegal');
  });

  test('many lost writes that nobody saw are not tried in every order', () => {
    const lost = Array.from({ length: 40 }, (_, at) => then(at === 20 ? swap(9, 'c') : put(`p${at}`)));
    const early = then(put('a'), { revision: 2 });
    const shows = (version: number) => then(get, { revision: 99, kv: kv('b', 99, 2, version) });
    const last = then(put('b'), { revision: 99 });
    const decided = (...history: Op[]) => check(keyValue, history, { stepsMax: 50_000 }).verdict;
    assert.equal(decided(early, ...lost, last, shows(20)), 'ok');
    assert.equal(decided(early, ...lost, last, shows(60)), 'illegal');
  });

  test('a put that nobody saw answered is learnt from the next read', () => {
    const lost = () => then(put('a'));
    assert.equal(verdict(lost(), then(get, { revision: 4, kv: kv('a', 4, 4, 1) })), 'ok');
    assert.equal(verdict(lost(), then(get, { revision: 4, kv: null })), 'ok');
    const seen = then(get, { revision: 4, kv: kv('a', 4, 4, 1) });
    assert.equal(verdict(lost(), seen, then(get, { revision: 4, kv: kv('a', 3, 3, 1) })), 'illegal');
  });

  test('a compare with a revision that nobody saw may go either way, but once', () => {
    const lost = then(put('a'));
    const swapped = then(swap(4, 'b'), { revision: 6, succeeded: true });
    assert.equal(verdict(lost, swapped, then(get, { revision: 6, kv: kv('b', 6, 4, 2) })), 'ok');
    assert.equal(verdict(lost, swapped, then(get, { revision: 6, kv: kv('b', 6, 4, 1) })), 'illegal');
    assert.equal(verdict(lost, then(swap(4, 'b'), { revision: 6, succeeded: false })), 'ok');
  });
});

/** A store that does what a store should, for histories that are certainly right. */
function runSequentially(inputs: readonly (readonly [KeyValueInput, boolean])[]): Op[] {
  let revision = 1;
  let now: StoredValue | null = null;
  const write = (value: string): number => {
    revision += 1;
    now = kv(value, revision, now?.createRevision ?? revision, (now?.version ?? 0) + 1);
    return revision;
  };
  const erase = (): KeyValueOutput => {
    const deleted: number = now ? 1 : 0;
    revision += deleted;
    now = null;
    return { revision, deleted };
  };
  return inputs.map(([input, lost]) => {
    let output: KeyValueOutput;
    if (input.op === 'get') output = { revision, kv: now };
    else if (input.op === 'put') output = { previous: now, revision: write(input.value) };
    else if (input.op === 'delete') output = erase();
    else if ((now?.modRevision ?? 0) !== input.ifModRevision) output = { revision, succeeded: false, kv: now };
    else if (input.value !== null) output = { revision: write(input.value), succeeded: true };
    else output = { ...erase(), succeeded: true };
    return then(input, lost ? undefined : output);
  });
}

const anInput = fc.oneof(
  fc.constant(get),
  fc.constant(remove),
  fc.constantFrom('a', 'b').map(put),
  fc.tuple(fc.nat(5), fc.constantFrom('a', 'b')).map(([revision, value]) => swap(revision, value)),
);
const inputs = fc.array(
  fc.tuple(
    anInput,
    fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  ),
  { maxLength: 7 },
);

test('accepts what a right store answers, however many answers are lost, and agrees with a search of everything', () => {
  fc.assert(
    fc.property(inputs, fc.nat(6), fc.nat(3), (asked, damagedAt, by) => {
      const history = runSequentially(asked);
      assert.equal(verdict(...history), 'ok');
      const damaged = history.map((each, at) =>
        at === damagedAt && each.result
          ? { ...each, result: { ...each.result, output: { ...each.result.output, revision: by } } }
          : each,
      );
      assert.equal(verdict(...damaged), isLinearizable(keyValue, damaged) ? 'ok' : 'illegal');
    }),
    { numRuns: 1_500 },
  );
});
