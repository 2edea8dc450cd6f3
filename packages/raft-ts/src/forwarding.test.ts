import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Forwarded, Forwarding, type ForwardingLimits } from './forwarding.js';
import { Intake } from './intake.js';

const LIMITS: ForwardingLimits = { appendBytesMax: 1000, inflightMessagesMax: 8, inflightBytesMax: 4000 };
const PATIENCE = 5;

const data = (text: string): Uint8Array => Buffer.from(text);
const textOf = (message: Forwarded): string => message.data.map((each) => Buffer.from(each)).join(',');

/** A follower and its leader, and what is between them. */
class Pair {
  readonly forwarding: Forwarding;
  readonly intake: Intake;
  readonly taken: string[] = [];
  readonly sent: Forwarded[] = [];
  room = true;

  constructor(limits: ForwardingLimits = LIMITS) {
    this.forwarding = new Forwarding(1, limits);
    this.intake = new Intake(limits, (data) => {
      if (this.room) for (const each of data) this.taken.push(Buffer.from(each).toString());
      return this.room;
    });
  }

  propose(count: number, size = 1): void {
    const from = this.taken.length + this.forwarding.bytes;
    for (let n = 0; n < count; n += 1) this.forwarding.add([data(`${from + n}`.padEnd(size))]);
  }

  /** What the follower sends now. */
  flush(): readonly Forwarded[] {
    const now: Forwarded[] = [];
    for (let next = this.forwarding.next(); next; next = this.forwarding.next()) now.push(next);
    this.sent.push(...now);
    return now;
  }

  arrive(message: Forwarded): void {
    this.intake.take('a', 1, message);
  }

  /** The leader's answers arrive. */
  answer(): void {
    for (const { sequence } of this.intake.takeAnswers()) this.forwarding.taken(sequence);
  }

  /** Everything arrives from now on. */
  finish(): void {
    for (let round = 0; this.forwarding.bytes > 0 && round < 1000; round += 1) {
      for (const message of this.flush()) this.arrive(message);
      this.answer();
      this.forwarding.tick(PATIENCE);
    }
  }

  get sentBytes(): number {
    return this.sent.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

describe('forwarded proposals', () => {
  test('are taken once and in order, whatever is lost, repeated, late or has no room', () => {
    const steps = fc.array(
      fc.record({ place: fc.nat(60), what: fc.constantFrom('arrive', 'flush', 'answer', 'tick', 'room') }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 30 }), (steps, count) => {
        const pair = new Pair();
        const all = Array.from({ length: count }, (_, n) => `${n}`);
        for (const each of all) pair.forwarding.add([data(each)]);
        for (const { place, what } of steps) {
          const message = pair.sent[place % (pair.sent.length + 1)];
          if (what === 'arrive' && message) pair.arrive(message);
          else if (what === 'flush') pair.flush();
          else if (what === 'answer') pair.answer();
          else if (what === 'tick') pair.forwarding.tick(PATIENCE);
          else pair.room = !pair.room;
        }
        pair.room = true;
        pair.intake.takeMore();
        pair.finish();
        assert.deepEqual(pair.taken, all);
        assert.equal(pair.forwarding.bytes, 0);
      }),
    );
  });

  test('share messages up to their limit, and one larger than that has its own', () => {
    const { forwarding } = new Pair();
    const sizes = [400, 400, 400, 2000, 1];
    forwarding.add(sizes.map((size) => data('x'.repeat(size))));
    const counts: number[] = [];
    for (let next = forwarding.next(); next; next = forwarding.next()) counts.push(next.data.length);
    assert.deepEqual(counts, [2, 1, 1, 1]);
  });

  test('are on their way only so many, in number and bytes', () => {
    const small = new Pair();
    small.propose(100);
    assert.equal(small.flush().length, 8);
    const large = new Pair();
    large.propose(100, 900);
    const bytes = large.flush().reduce((sum, each) => sum + each.bytes, 0);
    assert.ok(bytes >= 4000 && bytes < 5000, `${bytes} bytes`);
    for (const message of large.sent) large.arrive(message);
    large.answer();
    assert.equal(large.flush().length, large.taken.length, 'as many as were taken');
  });

  test('that were lost are sent again, and of those that were not hardly any', () => {
    const pair = new Pair();
    pair.propose(8);
    const [lost, ...others] = pair.flush();
    for (const message of others) pair.arrive(message);
    pair.answer();
    assert.deepEqual(pair.flush(), []);
    for (let ticks = 0; ticks < PATIENCE; ticks += 1) pair.forwarding.tick(PATIENCE);
    assert.deepEqual(pair.flush(), [lost], 'the first that is missing, alone');
    pair.arrive(lost!);
    pair.answer();
    assert.equal(pair.forwarding.bytes, 0);
    assert.equal(pair.taken.length, 8);
  });

  test('are all sent again after a loss of all, the faster the more of them turn out to be missing', () => {
    const pair = new Pair();
    pair.propose(8);
    pair.flush();
    pair.forwarding.doubt();
    const rounds: number[] = [];
    pair.forwarding.tick(PATIENCE);
    while (pair.forwarding.bytes > 0) {
      const now = pair.flush();
      rounds.push(now.length);
      for (const message of now) pair.arrive(message);
      pair.answer();
    }
    assert.deepEqual(rounds, [1, 2, 4, 1]);
    assert.equal(pair.taken.length, 8);
  });

  test('that were only late are hardly sent twice, and do not hold up what follows', () => {
    const pair = new Pair();
    pair.propose(20);
    const late = pair.flush();
    for (let ticks = 0; ticks < PATIENCE; ticks += 1) pair.forwarding.tick(PATIENCE);
    assert.equal(pair.flush().length, 1);
    for (const message of late.slice(0, 4)) pair.arrive(message);
    pair.answer();
    assert.equal(pair.flush().length, 2, 'as many as one that was sent again allows');
    for (const message of late.slice(4)) pair.arrive(message);
    pair.answer();
    assert.deepEqual(
      pair.flush().map(({ sequence }) => sequence),
      [9, 10, 11, 12, 13, 14, 15, 16],
    );
  });

  test('cost one message each time that patience ends while the leader has no room, however many wait', () => {
    const pair = new Pair({ ...LIMITS, inflightBytesMax: 4000 });
    pair.room = false;
    pair.propose(60, 900);
    for (const message of pair.flush()) pair.arrive(message);
    const first = pair.sentBytes;
    for (let ticks = 0; ticks < 10 * PATIENCE; ticks += 1) {
      pair.answer();
      pair.forwarding.tick(PATIENCE);
      for (const message of pair.flush()) pair.arrive(message);
    }
    assert.ok(pair.sentBytes <= first + 10 * 1000, `${pair.sentBytes} bytes`);
    pair.room = true;
    pair.intake.takeMore();
    pair.answer();
    pair.finish();
    assert.equal(pair.taken.length, 60);
    assert.ok(pair.sentBytes < 60 * 1000 + 12 * 1000, `${pair.sentBytes} bytes for 60 of about 1000`);
  });

  test('of a later term begin anew', () => {
    const { forwarding } = new Pair();
    forwarding.add([data('a')]);
    forwarding.next();
    forwarding.reset();
    assert.equal(forwarding.bytes, 0);
    assert.equal(forwarding.next(), undefined);
    forwarding.add([data('b')]);
    const next = forwarding.next();
    assert.deepEqual([next?.sequence, textOf(next!)], [1, 'b']);
  });
});

describe('what a leader takes', () => {
  const message = (sequence: number): Forwarded => ({ sequence, data: [data(`${sequence}`)], bytes: 100 });

  test('of a member that started again is not taken for what it sent before', () => {
    let taken = 0;
    const intake = new Intake(LIMITS, () => ++taken > 0);
    intake.take('a', 1, message(1));
    intake.take('a', 2, message(1));
    intake.take('a', 1, message(1));
    intake.take('b', 1, message(1));
    assert.equal(taken, 3);
  });

  test('before its turn is kept, as much as may be on its way', () => {
    const taken: string[] = [];
    const intake = new Intake({ ...LIMITS, inflightMessagesMax: 3 }, ([first]) => taken.push(`${first}`) > 0);
    for (const sequence of [5, 4, 3, 2]) intake.take('a', 1, message(sequence));
    intake.take('a', 1, message(1));
    assert.deepEqual(intake.takeAnswers(), [{ to: 'a', session: 1, sequence: 1 }]);
    intake.take('a', 1, message(2));
    assert.deepEqual(intake.takeAnswers(), [{ to: 'a', session: 1, sequence: 5 }]);
    assert.equal(taken.length, 5);
    assert.deepEqual(intake.takeAnswers(), []);
  });

  test('for lack of room is kept until there is some', () => {
    let room = 0;
    const intake = new Intake(LIMITS, () => room-- > 0);
    for (const sequence of [1, 2, 3]) intake.take('a', 1, message(sequence));
    assert.deepEqual(intake.takeAnswers(), [{ to: 'a', session: 1, sequence: 0 }]);
    room = 2;
    intake.takeMore();
    assert.deepEqual(intake.takeAnswers(), [{ to: 'a', session: 1, sequence: 2 }]);
  });
});
