import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type ConfChange, type ConfChangeStep, changeConf, isJoint } from './confchange.js';
import { decodeConfChange, encodeConfChange } from './confchange-codec.js';
import { confState } from './config.js';
import type { ConfState } from './messages.js';

const PLAIN = { noNullPrototype: true };
const add = (id: string): ConfChangeStep => ({ type: 'addVoter', id });
const learn = (id: string): ConfChangeStep => ({ type: 'addLearner', id });
const remove = (id: string): ConfChangeStep => ({ type: 'remove', id });

const show = (state: ConfState) =>
  `(${state.voters})${isJoint(state) ? `&&(${state.votersOutgoing})` : ''}` +
  `${state.learners.length > 0 ? ` learners=(${state.learners})` : ''}` +
  `${state.learnersNext.length > 0 ? ` next=(${state.learnersNext})` : ''}${state.autoLeave ? ' autoleave' : ''}`;

const run = (voters: string, ...changes: ConfChange[]): string =>
  show(changes.reduce(changeConf, confState(voters.split(' '))));

describe('a change of the configuration', () => {
  test('is simple where at most one voter changes', () => {
    assert.equal(run('1', { steps: [add('2')] }), '(1,2)');
    assert.equal(run('1 2', { steps: [remove('1')] }), '(2)');
    assert.equal(run('1', { steps: [learn('2')] }, { steps: [add('2')] }), '(1,2)');
    assert.equal(run('1 2', { steps: [learn('2')] }), '(1) learners=(2)');
    assert.equal(run('1', { steps: [remove('9')] }), '(1)');
    assert.equal(run('1 2 3', { steps: [remove('3'), learn('4')] }), '(1,2) learners=(4)');
  });

  test('of several goes through a joint configuration, in which a demoted voter still votes', () => {
    const both = { steps: [add('4'), learn('3')] };
    assert.equal(run('1 2 3', both), '(1,2,4)&&(1,2,3) next=(3) autoleave');
    assert.equal(run('1 2 3', both, { steps: [] }), '(1,2,4) learners=(3)');
    assert.equal(run('1', { steps: [add('2')], transition: 'jointExplicit' }), '(1,2)&&(1)');
    assert.equal(run('1', { steps: [add('2')], transition: 'jointImplicit' }), '(1,2)&&(1) autoleave');
  });

  test('is refused where it cannot be', () => {
    const joint: ConfChange = { steps: [add('2')], transition: 'jointExplicit' };
    assert.throws(() => run('1', { steps: [remove('1')] }), /would remove every voter/);
    assert.throws(() => run('1', { steps: [] }), /not joint: there is nothing to leave/);
    assert.throws(() => run('1', joint, { steps: [add('3')] }), /joint: leave it first/);
    assert.throws(() => run('1', joint, joint), /joint already/);
    assert.throws(() => run('1', { steps: [add('')] }), /must name a member/);
  });

  const step = fc.record(
    {
      type: fc.constantFrom('addVoter', 'addLearner', 'remove'),
      id: fc.constantFrom('1', '2', '3', '4', '5', '6'),
    },
    PLAIN,
  ) as fc.Arbitrary<ConfChangeStep>;
  const change = fc.record(
    {
      steps: fc.array(step, { maxLength: 4 }),
      transition: fc.constantFrom('auto', 'jointImplicit', 'jointExplicit'),
    },
    PLAIN,
  ) as fc.Arbitrary<ConfChange>;

  test('leaves, whatever came before, a configuration whose parts fit together', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let state = confState(['1', '2', '3']);
        for (const each of changes) {
          const before = state;
          try {
            state = changeConf(state, each);
          } catch {
            continue;
          }
          checkParts(state);
          checkMajoritiesMeet(before, state);
        }
      }),
    );
  });

  test('survives being written', () => {
    fc.assert(
      fc.property(change, fc.uint8Array(), (each, context) => {
        assert.deepEqual(decodeConfChange(encodeConfChange({ ...each, context })), { ...each, context });
      }),
    );
    assert.throws(() => decodeConfChange(Uint8Array.of(9, 0, 0)), /unknown kind, 9/);
  });
});

function checkParts(state: ConfState): void {
  const voters = new Set([...state.voters, ...state.votersOutgoing]);
  assert.ok(state.voters.length > 0);
  for (const id of state.learners) assert.ok(!voters.has(id), `${id} listens and votes`);
  for (const id of state.learnersNext) assert.ok(state.votersOutgoing.includes(id) && !state.voters.includes(id));
  if (!isJoint(state)) assert.ok(state.learnersNext.length === 0 && !state.autoLeave);
}

/** Any majority of one configuration and any of the next share a voter: no two can decide apart. */
function checkMajoritiesMeet(before: ConfState, after: ConfState): void {
  const quorums = (state: ConfState) => subsets.filter((ids) => isQuorum(state, ids));
  for (const one of quorums(before)) {
    for (const other of quorums(after)) assert.ok([...one].some((id) => other.has(id)));
  }
}

const IDS = ['1', '2', '3', '4', '5', '6'];
const subsets = Array.from({ length: 2 ** IDS.length }, (_, bits) => new Set(IDS.filter((_, at) => bits & (1 << at))));

function isQuorum(state: ConfState, ids: ReadonlySet<string>): boolean {
  const majority = (voters: readonly string[]) => voters.filter((id) => ids.has(id)).length * 2 > voters.length;
  return majority(state.voters) && (!isJoint(state) || majority(state.votersOutgoing));
}
