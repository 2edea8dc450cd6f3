import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { confState, RaftError, RaftNode } from './index.js';

/** A leader of three, in a term in which nothing is committed yet, that lets two reads wait. */
function leader(): RaftNode {
  const node = new RaftNode(
    { id: '1', electionTicks: 10, heartbeatTicks: 1, random: () => 0, preVote: false, pendingReadsMax: 2 },
    {
      hardState: { term: 0, vote: '', commit: 0 },
      snapshot: { index: 0, term: 0, confState: confState(['1', '2', '3']) },
      entries: [],
      applied: 0,
    },
  );
  node.campaign();
  settle(node);
  node.step({ type: 'voteResponse', from: '2', to: '1', term: 1, reject: false, commit: 0, commitTerm: 0 });
  settle(node);
  return node;
}

function settle(node: RaftNode): string[] {
  const contexts: string[] = [];
  for (let ready = node.ready(); ready; ready = node.ready()) {
    contexts.push(...ready.readStates.map(({ context }) => context));
    node.advance(ready);
  }
  return contexts;
}

function commit(node: RaftNode): void {
  const head = { type: 'appendResponse', from: '2', to: '1', term: 1, reject: false } as const;
  node.step({ ...head, index: 1, hintIndex: 0, hintTerm: 0, commit: 0, commitTerm: 0 });
}

describe('reads that wait', () => {
  const full = (error: unknown) => error instanceof RaftError && error.code === 'tooManyReads';

  test('for the first commit of the term are refused when there are too many', () => {
    const node = leader();
    node.readIndex('a');
    node.step({ type: 'readIndex', from: '3', to: '1', term: 0, context: 'b' });
    assert.throws(() => node.readIndex('c'), full);
    // One that was passed on is dropped: who passed it on asks again.
    node.step({ type: 'readIndex', from: '3', to: '1', term: 0, context: 'd' });
    commit(node);
    settle(node);
    node.step({ type: 'heartbeatResponse', from: '2', to: '1', term: 1, round: 1 });
    assert.deepEqual(settle(node), ['a']);
    node.readIndex('e');
  });

  test('for a confirmation are refused when there are too many', () => {
    const node = leader();
    commit(node);
    settle(node);
    node.readIndex('a');
    node.readIndex('b');
    assert.throws(() => node.readIndex('c'), full);
    settle(node);
    node.step({ type: 'heartbeatResponse', from: '3', to: '1', term: 1, round: 1 });
    assert.deepEqual(settle(node), ['a', 'b']);
  });

  test('need a leader', () => {
    const node = leader();
    node.stepDown();
    assert.throws(
      () => node.readIndex('a'),
      (error) => error instanceof RaftError && error.code === 'noLeader',
    );
  });
});
