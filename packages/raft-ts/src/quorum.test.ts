import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { allVoters, quorumValue, quorumVote, type Voters } from './quorum.js';

const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'));
const voters: fc.Arbitrary<Voters> = fc.tuple(ids, ids).map(([incoming, outgoing]) => ({
  incoming: new Set(incoming),
  outgoing: new Set(outgoing),
}));
const values = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.nat(20));

/** The definition, by trying every value: the highest that more than half of each non-empty half has reached. */
function slowValue({ incoming, outgoing }: Voters, of: (id: string) => number): number {
  const reached = (set: ReadonlySet<string>, value: number) =>
    set.size === 0 || [...set].filter((id) => of(id) >= value).length > set.size / 2;
  for (let value = 20; value > 0; value -= 1) if (reached(incoming, value) && reached(outgoing, value)) return value;
  return 0;
}

describe('quorum', () => {
  test('the value of a quorum is the highest that it has reached', () => {
    fc.assert(
      fc.property(voters, values, (given, reached) => {
        const of = (id: string) => reached[id] ?? 0;
        if (allVoters(given).size === 0) assert.equal(quorumValue(given, of), Infinity);
        else assert.equal(quorumValue(given, of), slowValue(given, of));
      }),
    );
  });

  test('an election that is won stays won, and one that is lost stays lost, whoever votes later', () => {
    const votes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.boolean());
    fc.assert(
      fc.property(voters, votes, votes, (given, early, late) => {
        const before = quorumVote(given, (id) => early[id]);
        const after = quorumVote(given, (id) => early[id] ?? late[id]);
        if (before !== 'pending') assert.equal(after, before);
      }),
    );
  });

  test('two candidates never both win', () => {
    const choices = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), fc.constantFrom('x', 'y'));
    fc.assert(
      fc.property(voters, choices, (given, choice) => {
        fc.pre(allVoters(given).size > 0);
        const result = (candidate: string) =>
          quorumVote(given, (id) => (choice[id] === undefined ? undefined : choice[id] === candidate));
        assert.ok(!(result('x') === 'won' && result('y') === 'won'));
      }),
    );
  });

  test('a joint configuration needs both majorities', () => {
    const joint = { incoming: new Set(['a', 'b', 'c']), outgoing: new Set(['c', 'd', 'e']) };
    const granted = (...yes: string[]) => quorumVote(joint, (id) => (yes.includes(id) ? true : undefined));
    assert.equal(granted('a', 'b'), 'pending');
    assert.equal(granted('a', 'c', 'd'), 'won');
    assert.equal(
      quorumVote(joint, (id) => !['d', 'e'].includes(id)),
      'lost',
    );
  });
});
