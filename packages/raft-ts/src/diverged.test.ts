import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { confState, type Entry, type Message, RaftError, RaftNode } from './index.js';

const TERM = 3;

/** Member 1 of three with entries 1 to 4 of terms 1, 1, 2, 2, of which the first three are committed. */
function node(): RaftNode {
  const entries = [1, 1, 2, 2].map((term, at): Entry => entry(at + 1, term));
  const raft = new RaftNode(
    { id: '1', electionTicks: 10, heartbeatTicks: 1, random: () => 0, preVote: false },
    {
      hardState: { term: TERM, vote: '', commit: 3 },
      snapshot: { index: 0, term: 0, confState: confState(['1', '2', '3']) },
      entries,
      applied: 0,
    },
  );
  settle(raft);
  return raft;
}

function leader(): RaftNode {
  const raft = node();
  raft.campaign();
  settle(raft);
  const grant = { from: '2', to: '1', term: TERM + 1, reject: false, commit: 0, commitTerm: 0 } as const;
  raft.step({ type: 'voteResponse', ...grant });
  settle(raft);
  assert.equal(raft.softState.role, 'leader');
  return raft;
}

function settle(raft: RaftNode): Message[] {
  const sent: Message[] = [];
  for (let ready = raft.ready(); ready; ready = raft.ready()) {
    sent.push(...ready.messages, ...ready.messagesAfterPersist);
    raft.advance(ready);
  }
  return sent;
}

function entry(index: number, term: number): Entry {
  return { index, term, type: 'normal', data: Buffer.from(`${index}@${term}`) };
}

const from2 = { from: '2', to: '1', term: TERM } as const;
const toLeader = { from: '2', to: '1', term: TERM + 1 } as const;
const known = (commit: number, commitTerm: number) => ({ commit, commitTerm });
const append = (prevIndex: number, prevTerm: number, entries: readonly Entry[], commit: number, commitTerm = 0) =>
  ({ type: 'append', ...from2, prevIndex, prevTerm, entries, commit, commitTerm }) as const;
const matches = (index: number, commit: number, commitTerm: number) =>
  ({
    type: 'appendResponse',
    ...toLeader,
    index,
    reject: false,
    hintIndex: 0,
    hintTerm: 0,
    commit,
    commitTerm,
  }) as const;
const ask = { lastIndex: 9, lastTerm: 2, force: false } as const;
const snapshot = (index: number, term: number) =>
  ({ type: 'snapshot', ...from2, snapshot: { index, term, confState: confState(['1', '2', '3']) } }) as const;

function stops(raft: RaftNode, message: Message, text: RegExp): void {
  const isAlarm = (error: unknown) =>
    error instanceof RaftError && error.code === 'diverged' && text.test(error.message);
  assert.throws(() => raft.step(message), isAlarm);
  raft.tick();
  assert.equal(raft.ready(), undefined);
  assert.throws(() => raft.step({ type: 'timeoutNow', ...from2 }), isAlarm);
  assert.equal(raft.ready(), undefined);
}

describe('a member stops when a promise was broken:', () => {
  test('a committed entry would be replaced', () => {
    stops(node(), append(1, 1, [entry(2, 3)], 0), /committed entry 2 is of term 1 here and of term 3 elsewhere/);
  });

  test('the leader has another entry before what it sends', () => {
    stops(node(), append(3, 3, [entry(4, 3)], 0), /committed entry 3 is of term 2 here and of term 3 elsewhere/);
    stops(node(), append(2, 2, [], 0), /committed entry 2/);
  });

  test('the leader has committed another entry', () => {
    stops(node(), append(4, 2, [], 3, 3), /committed entry 3 is of term 2 here and of term 3 elsewhere/);
    stops(node(), { type: 'heartbeat', ...from2, ...known(2, 2), round: 0 }, /committed entry 2/);
  });

  test('its log has lost what it had acknowledged', () => {
    stops(node(), { type: 'heartbeat', ...from2, ...known(5, 3), round: 0 }, /up to 5 are committed.*ends at 4/);
  });

  test('a snapshot stands for another entry', () => {
    stops(node(), snapshot(3, 3), /committed entry 3/);
    stops(node(), snapshot(2, 2), /committed entry 2/);
  });

  test('who asks for a vote, or gives one, has committed another entry', () => {
    stops(node(), { type: 'vote', ...from2, ...ask, ...known(3, 3) }, /committed entry 3/);
    stops(node(), { type: 'preVote', ...from2, ...ask, ...known(3, 3) }, /committed entry 3/);
    stops(node(), { type: 'voteResponse', ...from2, reject: true, ...known(3, 3) }, /committed entry 3/);
  });

  test('the leader lacks what a follower has committed', () => {
    stops(leader(), matches(5, 6, 4), /2 has committed 6; the leader's log ends at 5/);
    stops(leader(), matches(6, 0, 0), /6 is acknowledged; the leader's log ends at 5/);
    stops(leader(), matches(5, 3, 1), /committed entry 3 is of term 2 here and of term 1 elsewhere/);
  });

  test('two lead one term', () => {
    const beat = { type: 'heartbeat', ...known(0, 0), round: 0 } as const;
    stops(leader(), { ...beat, ...toLeader }, /1 and 2 both lead term 4/);
    const follower = node();
    follower.step({ ...beat, ...from2 });
    stops(follower, { ...beat, ...from2, from: '3' }, /2 and 3 both lead term 3/);
  });
});

describe('a member goes on', () => {
  test('with entries that are committed already, sent again', () => {
    const raft = node();
    raft.step(append(1, 1, [entry(2, 1), entry(3, 2), entry(4, 2)], 3, 2));
    const [answer] = settle(raft);
    assert.deepEqual(answer, { ...matches(3, 3, 2), from: '1', to: '2', term: TERM });
  });

  test('with another end of the log in place of its own, where that is not committed', () => {
    const raft = node();
    raft.step(append(3, 2, [entry(4, 3), entry(5, 3)], 4, 3));
    settle(raft);
    assert.deepEqual([raft.term(4), raft.status.lastIndex, raft.status.commit], [3, 5, 4]);
  });

  test('where the term of what is committed is not known', () => {
    const raft = node();
    raft.step({ type: 'heartbeat', ...from2, ...known(3, 0), round: 0 });
    raft.applied(3);
    raft.offerSnapshot(raft.snapshot());
    raft.compact(2);
    raft.step({ type: 'vote', ...from2, ...ask, ...known(1, 7) });
    assert.notEqual(settle(raft).length, 0);
  });
});
