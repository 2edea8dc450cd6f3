import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { confState, type Entry, RaftNode } from './index.js';

const entry = (index: number, term: number): Entry => ({ index, term, type: 'normal', data: Buffer.from(`${index}`) });

describe('a follower', () => {
  test('takes as committed only what its log is known to share with the leader', () => {
    const node = new RaftNode(
      { id: '1', electionTicks: 10, heartbeatTicks: 1, random: () => 0 },
      {
        hardState: { term: 2, vote: '', commit: 1 },
        snapshot: { index: 0, term: 0, confState: confState(['1', '2', '3']) },
        // The last two were never committed: the leader of term 2 has others there.
        entries: [entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 1)],
        applied: 0,
      },
    );
    const head = { type: 'append', from: '2', to: '1', term: 2 } as const;
    node.step({ ...head, prevIndex: 1, prevTerm: 1, entries: [entry(2, 1)], commit: 4, commitTerm: 2 });
    assert.equal(node.status.commit, 2);
    node.step({ ...head, prevIndex: 2, prevTerm: 1, entries: [entry(3, 2), entry(4, 2)], commit: 4, commitTerm: 2 });
    assert.equal(node.status.commit, 4);
    assert.deepEqual([node.term(3), node.term(4)], [2, 2]);
  });

  test('tells a leader of an older term of the later one, also where it does not vote any more', () => {
    const node = new RaftNode(
      { id: '3', electionTicks: 10, heartbeatTicks: 1, random: () => 0, preVote: false, checkQuorum: false },
      {
        hardState: { term: 9, vote: '', commit: 1 },
        snapshot: { index: 0, term: 0, confState: { ...confState(['1', '2']), learners: ['3'] } },
        entries: [entry(1, 1)],
        applied: 1,
      },
    );
    const head = { from: '1', to: '3', term: 2, commit: 1, commitTerm: 1 } as const;
    node.step({ type: 'heartbeat', ...head, round: 0 });
    const answer = { type: 'appendResponse', from: '3', to: '1', term: 9, index: 0, reject: false } as const;
    assert.deepEqual(node.ready()?.messagesAfterPersist, [
      { ...answer, hintIndex: 0, hintTerm: 0, commit: 1, commitTerm: 1 },
    ]);
  });
});
