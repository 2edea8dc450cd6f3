import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Member } from './membership.js';
import { canAddVoter, canPromote, canRemoveVoter } from './reconfiguration.js';

/** One member a letter: a capital has started, a small one has not. */
const voters = (text: string): Member[] =>
  [...text].map((letter, at) => ({
    id: BigInt(at + 1),
    name: letter === letter.toUpperCase() ? letter : '',
    peerUrls: [`http://${letter}:1`],
    clientUrls: [],
    isLearner: false,
  }));

test('a voter may be added while those that started would still be a quorum', () => {
  const allowed = ['A', 'AB', 'ABC', 'ABCd'];
  const refused = ['Ab', 'ABc', 'ABcd'];
  for (const each of allowed) assert.ok(canAddVoter(voters(each)), each);
  for (const each of refused) assert.ok(!canAddVoter(voters(each)), each);
});

test('a voter may go while the rest could decide', () => {
  assert.ok(canRemoveVoter(voters('ABC'), 3n));
  assert.ok(canRemoveVoter(voters('Ab'), 2n), 'one that never came');
  assert.ok(!canRemoveVoter(voters('Ab'), 1n));
  assert.ok(!canRemoveVoter(voters('ABc'), 1n), 'one of two that are left never came');
  assert.ok(!canRemoveVoter(voters('A'), 1n), 'the last one');
});

test('a learner that is promoted counts as started', () => {
  assert.ok(canPromote(voters('A')));
  assert.ok(canPromote(voters('Ab')));
  assert.ok(!canPromote(voters('Abc')));
});
