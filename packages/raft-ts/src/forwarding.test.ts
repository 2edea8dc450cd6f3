import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Forwarding, Intake } from './forwarding.js';

const data = (text: string): readonly Uint8Array[] => [Buffer.from(text)];

describe('forwarded proposals', () => {
  test('are taken once and in order, whatever is lost, repeated or late', () => {
    // Each step is a message of the network, by its place among all that were ever sent, delivered now.
    const steps = fc.array(fc.nat(30), { maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), (places, count) => {
        const forwarding = new Forwarding(1);
        const intake = new Intake();
        const taken: string[] = [];
        const sent = Array.from({ length: count }, (_, n) => ({
          sequence: forwarding.add(data(`${n}`)),
          data: data(`${n}`),
        }));
        const deliver = (message: (typeof sent)[number]) => {
          intake.take('a', 1, message.sequence, () => taken.push(Buffer.concat(message.data).toString()) > 0);
          for (const { sequence } of intake.takeAnswers()) forwarding.taken(sequence);
        };
        for (const place of places) {
          const message = sent[place % (sent.length + 1)];
          if (message) deliver(message);
          else sent.push(...forwarding.again());
        }
        for (const message of [...forwarding.again()]) deliver(message);
        assert.deepEqual(
          taken,
          Array.from({ length: count }, (_, n) => `${n}`),
        );
        assert.equal(forwarding.bytes, 0);
      }),
    );
  });

  test('that the leader has no room for are sent again, and only when that may help', () => {
    const forwarding = new Forwarding(1);
    assert.equal(forwarding.tick(1), false);
    forwarding.add(data('a'));
    assert.equal(forwarding.tick(2), false);
    assert.equal(forwarding.tick(2), true);
    forwarding.again();
    assert.equal(forwarding.tick(2), false);
    forwarding.doubt();
    assert.equal(forwarding.tick(2), true);
    const intake = new Intake();
    intake.take('a', 1, 1, () => false);
    assert.deepEqual(intake.takeAnswers(), [{ to: 'a', session: 1, sequence: 0 }]);
    assert.deepEqual(intake.takeAnswers(), []);
  });

  test('of a member that started again are not taken for those it sent before', () => {
    const intake = new Intake();
    let taken = 0;
    const take = (session: number, sequence: number) => intake.take('a', session, sequence, () => ++taken > 0);
    take(1, 1);
    take(2, 1);
    take(1, 1);
    assert.equal(taken, 2);
  });
});
