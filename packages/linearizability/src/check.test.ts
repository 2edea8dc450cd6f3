import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLinearizable } from '../test/brute-force.js';
import { check, formatReport, type Operation, type RegisterInput, type RegisterOutput, register } from './index.js';

type Op = Operation<RegisterInput<number>, RegisterOutput<number>>;
const model = register(0);

const at = (client: number, call: number, input: RegisterInput<number>, result: Op['result']): Op => ({
  client,
  call,
  input,
  result,
});
const write = (client: number, call: number, end: number, value: number) =>
  at(client, call, { op: 'write', value }, { at: end, output: { op: 'write' } });
const lostWrite = (client: number, call: number, value: number) => at(client, call, { op: 'write', value }, undefined);
const read = (client: number, call: number, end: number, value: number) =>
  at(client, call, { op: 'read' }, { at: end, output: { op: 'read', value } });
const cas = (client: number, call: number, end: number, [from, to]: [number, number], done: boolean) =>
  at(client, call, { op: 'cas', from, to }, { at: end, output: { op: 'cas', done } });

const verdict = (...operations: Op[]) => check(model, operations).verdict;

describe('histories that are linearizable', () => {
  test('nothing at all', () => assert.equal(verdict(), 'ok'));

  test('reads that overlap a write see the old value or the new', () => {
    assert.equal(verdict(write(0, 0, 100, 1), read(1, 10, 20, 0), read(2, 30, 60, 1)), 'ok');
  });

  test('writes that overlap take effect in either order', () => {
    assert.equal(verdict(write(0, 0, 10, 1), write(1, 0, 10, 2), read(2, 11, 12, 1), read(2, 13, 14, 1)), 'ok');
  });

  test('operations that meet at one moment count as concurrent', () => {
    assert.equal(verdict(write(0, 0, 10, 1), read(1, 10, 20, 0)), 'ok');
  });

  test('a write of unknown outcome may show at once, late or never', () => {
    assert.equal(verdict(lostWrite(0, 0, 1), read(1, 10, 20, 1)), 'ok');
    assert.equal(verdict(lostWrite(0, 0, 1), read(1, 10, 20, 0), read(1, 30, 40, 1)), 'ok');
    assert.equal(verdict(lostWrite(0, 0, 1), read(1, 10, 20, 0)), 'ok');
  });

  test('compare-and-set that finds what it compares with is done once', () => {
    assert.equal(verdict(cas(0, 0, 10, [0, 1], true), cas(1, 5, 15, [0, 2], false), read(1, 20, 30, 1)), 'ok');
  });
});

describe('histories that are not', () => {
  test('a read that goes back to the old value', () => {
    assert.equal(verdict(write(0, 0, 100, 1), read(1, 10, 20, 1), read(2, 30, 60, 0)), 'illegal');
  });

  test('a stale read: the write was acknowledged before it was asked', () => {
    assert.equal(verdict(write(0, 0, 10, 1), read(1, 11, 20, 0)), 'illegal');
  });

  test('a lost write that shows before it was asked', () => {
    assert.equal(verdict(read(1, 0, 10, 1), lostWrite(0, 20, 1)), 'illegal');
  });

  test('a lost write that shows twice', () => {
    const history = [lostWrite(0, 0, 1), read(1, 10, 20, 1), write(1, 30, 40, 2), read(1, 50, 60, 1)];
    assert.equal(verdict(...history), 'illegal');
  });

  test('two compare-and-sets from one value', () => {
    assert.equal(verdict(cas(0, 0, 10, [0, 1], true), cas(1, 5, 15, [0, 2], true)), 'illegal');
  });

  test('readers that disagree on the order of two writes', () => {
    const writes = [write(0, 0, 100, 1), write(1, 0, 100, 2)];
    const reads = [read(2, 10, 20, 1), read(2, 30, 40, 2), read(3, 50, 60, 1)];
    assert.equal(verdict(...writes, ...reads), 'illegal');
  });
});

describe('a report', () => {
  test('names the longest beginning and what could not be placed after it', () => {
    const report = check(model, [write(0, 0, 10, 1), read(1, 11, 20, 1), read(2, 21, 30, 0), write(0, 40, 50, 3)]);
    const [partition] = report.partitions;
    assert.equal(partition?.placed.length, 2);
    assert.deepEqual(
      partition?.blocked.map((each) => each.client),
      [2],
    );
    assert.match(formatReport(model, report), /✗ \[21, 30\] client 2: read = 0/);
  });

  test('gives an order that explains the history', () => {
    const report = check(model, [lostWrite(9, 0, 7), write(0, 1, 10, 1), read(1, 11, 20, 7)]);
    assert.deepEqual(
      report.partitions[0]?.placed.map((each) => each.state),
      [1, 7, 7],
    );
  });

  test('is undecided when the steps or the time are over', () => {
    const history = [write(0, 0, 10, 1), read(1, 11, 20, 1), read(2, 21, 30, 0)];
    assert.equal(check(model, history, { stepsMax: 1 }).verdict, 'unknown');
    let time = 0;
    const now = () => time++;
    assert.equal(check(model, history, { timeout: { ms: 1, now } }).verdict, 'unknown');
  });
});

test('partitions are checked by themselves', () => {
  const byClient = { ...register(0), partition: (input: RegisterInput<number>) => ('value' in input ? 'w' : 'r') };
  const report = check(byClient, [write(0, 0, 10, 1), read(1, 11, 20, 0)]);
  assert.equal(report.verdict, 'ok');
  assert.equal(report.partitions.length, 2);
});

const value = fc.integer({ min: 0, max: 2 });
const input: fc.Arbitrary<[RegisterInput<number>, RegisterOutput<number>]> = fc.oneof(
  value.map((value): [RegisterInput<number>, RegisterOutput<number>] => [{ op: 'write', value }, { op: 'write' }]),
  value.map((value): [RegisterInput<number>, RegisterOutput<number>] => [{ op: 'read' }, { op: 'read', value }]),
  fc.tuple(value, value, fc.boolean()).map(([from, to, done]): [RegisterInput<number>, RegisterOutput<number>] => [
    { op: 'cas', from, to },
    { op: 'cas', done },
  ]),
);
const operation = fc
  .record({ input, call: fc.nat(12), lasts: fc.nat(6), lost: fc.integer({ min: 0, max: 3 }) })
  .map(({ input: [asked, output], call, lasts, lost }) =>
    at(0, call, asked, lost === 0 ? undefined : { at: call + lasts, output }),
  );

test('agrees with a search that tries everything', () => {
  let legal = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 7 }), (history) => {
      const expected = isLinearizable(model, history);
      if (expected) legal += 1;
      assert.equal(check(model, history).verdict, expected ? 'ok' : 'illegal');
    }),
    { numRuns: 3_000 },
  );
  assert.ok(legal > 300 && legal < 2_900, `both kinds were tried: ${legal} of 3000 are legal`);
});

test('long histories with many lost writes are decided', () => {
  const history: Op[] = [];
  for (let n = 0; n < 5_000; n += 1) {
    const time = n * 10;
    history.push(write(0, time, time + 8, n), read(1, time + 2, time + 9, n));
    if (n % 20 === 0) history.push(lostWrite(2, time, 1_000_000 + n));
    if (n % 100 === 60) history.push(read(3, time + 9, time + 9.5, 1_000_000 + n - 60 - 40 * (n % 2)));
    if (n % 100 === 60) history.push(read(4, time + 9.6, time + 9.7, 1_000_000 + n - 60 - 40 * (n % 2)));
  }
  assert.equal(verdict(...history), 'ok');
  history.push(read(5, 10_005, 10_006, -1));
  assert.equal(verdict(...history), 'illegal');
});
