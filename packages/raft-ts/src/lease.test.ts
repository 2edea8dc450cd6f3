import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { confState, type Message, RaftNode, type Ready } from './index.js';

const voters = ['1', '2', '3'];
const known = { commit: 0, commitTerm: 0 } as const;

function node(electionTicks: number, term = 0): RaftNode {
  return new RaftNode(
    { id: '1', electionTicks, heartbeatTicks: 1, random: (bound) => bound - 1, readOnly: 'lease', preVote: false },
    {
      hardState: { term, vote: '', commit: 0 },
      snapshot: { index: 0, term: 0, confState: confState(voters) },
      entries: [],
      applied: 0,
    },
  );
}

function settle(raft: RaftNode): Ready[] {
  const all: Ready[] = [];
  for (let ready = raft.ready(); ready; ready = raft.ready()) {
    all.push(ready);
    raft.advance(ready);
  }
  return all;
}

const sentBy = (raft: RaftNode): readonly Message[] =>
  settle(raft).flatMap(({ messages, messagesAfterPersist }) => [...messages, ...messagesAfterPersist]);

/** A leader of three in term 1 whose first entry is committed. */
function leader(electionTicks: number): RaftNode {
  const raft = node(electionTicks);
  for (let n = 1; n < 2 * electionTicks; n += 1) raft.tick();
  settle(raft);
  const head = { from: '2', to: '1', term: 1, ...known } as const;
  raft.step({ type: 'voteResponse', ...head, reject: false });
  settle(raft);
  raft.step({ type: 'appendResponse', ...head, index: 1, reject: false, hintIndex: 0, hintTerm: 0 });
  settle(raft);
  assert.deepEqual([raft.softState.role, raft.status.commit], ['leader', 1]);
  return raft;
}

/** For how many ticks after a round of heartbeats that the others answered a leader answers reads by itself. */
function leaseTicks(electionTicks: number): number {
  const raft = leader(electionTicks);
  raft.tick();
  const beat = sentBy(raft).find((message) => message.type === 'heartbeat');
  assert.ok(beat?.type === 'heartbeat');
  raft.step({ type: 'heartbeatResponse', from: '2', to: '1', term: 1, round: beat.round });
  for (let ticks = 0; ; ticks += 1) {
    raft.readIndex(`read ${ticks}`);
    if (settle(raft).every(({ readStates }) => readStates.length === 0)) return ticks - 1;
    raft.tick();
    settle(raft);
  }
}

describe('a lease', () => {
  test('is over before any voter is free, if its ticks are no more than a tenth faster', () => {
    for (let electionTicks = 2; electionTicks <= 60; electionTicks += 1) {
      const last = leaseTicks(electionTicks);
      // The tick before the next is as good as over; a voter's first tick came right after it heard of the leader.
      assert.ok((last + 1) * 1.1 <= electionTicks - 1, `${last} ticks of ${electionTicks}`);
      assert.ok((last + 2) * 1.1 > electionTicks - 1, `only ${last} ticks of ${electionTicks}`);
    }
  });
});

describe('who has heard of a leader', () => {
  const vote = { type: 'vote', from: '3', to: '1', force: false, lastIndex: 5, lastTerm: 3, ...known } as const;
  const follower = () => {
    const raft = node(10, 3);
    for (let n = 0; n < 20; n += 1) raft.tick();
    raft.step({ type: 'heartbeat', from: '2', to: '1', term: 4, ...known, round: 1 });
    settle(raft);
    return raft;
  };
  const granted = (raft: RaftNode) => sentBy(raft).some((each) => each.type === 'voteResponse' && !each.reject);

  test('votes for nobody for an election timeout, whatever later term it meets', () => {
    const raft = follower();
    // An answer to a pre-vote of long ago, from one that is ahead.
    raft.step({ type: 'preVoteResponse', from: '3', to: '1', term: 9, reject: true, ...known });
    for (let ticks = 0; ticks < 10; ticks += 1) {
      raft.step({ ...vote, term: 9 });
      raft.step({ ...vote, term: 10 });
      raft.campaign();
      assert.equal(granted(raft), false, `after ${ticks} ticks`);
      assert.deepEqual([raft.softState.role, raft.softState.term], ['follower', 9]);
      raft.tick();
    }
    raft.step({ ...vote, term: 10 });
    assert.equal(granted(raft), true);
  });

  test('votes where the leader itself wishes it', () => {
    const raft = follower();
    raft.step({ ...vote, term: 5, force: true });
    assert.equal(granted(raft), true);
  });

  test('and leads now is not deposed by a vote that it does not need to heed', () => {
    const raft = leader(10);
    for (let ticks = 0; ticks < 15; ticks += 1) {
      raft.tick();
      raft.step({ type: 'heartbeatResponse', from: '2', to: '1', term: 1, round: 0 });
    }
    raft.step({ ...vote, term: 10 });
    assert.equal(raft.softState.role, 'leader');
  });
});
