import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RaftError } from 'raft-ts';
import { CommandKind, decodeCommand } from '../apply/command.js';
import { errors } from '../errors.js';
import { Proposals } from './proposals.js';

const body = Buffer.from('request');

/** Takes proposals as a node would. */
class FakeNode {
  softState = { leader: 'a', role: 'leader', term: 1 };
  refusal: RaftError | undefined;
  room = Infinity;
  readonly proposed: number[] = [];

  propose(...data: Uint8Array[]): void {
    if (this.refusal) throw this.refusal;
    if (this.proposed.length + data.length > this.room) throw new RaftError('tooManyUncommitted', '');
    for (const each of data) this.proposed.push(decodeCommand(each).sequence);
  }
}

describe('Proposals', () => {
  const make = () => new Proposals(7n, { timeoutMs: 1_000, pendingMax: 3, pendingBytesMax: 1_000 }, 10);
  const add = (proposals: Proposals, asLeader = false, now = 0) => {
    const promise = proposals.add<'compact'>(CommandKind.compact, body, { now, term: 1, asLeader });
    promise.catch(() => undefined);
    return promise;
  };
  const done = { ok: true, revision: 5, outcome: undefined } as const;

  test('each is answered when it is applied', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    const answers = [add(proposals), add(proposals)];
    proposals.submit(node);
    assert.deepEqual(node.proposed, [11, 12]);
    proposals.applied(12, done);
    proposals.applied(11, { ok: false, error: errors.compacted() });
    await assert.rejects(answers[0]!, /compacted/);
    assert.equal((await answers[1]!).revision, 5);
    assert.equal(proposals.size, 0);
  });

  test('what was lost with its leader is handed over again, once an entry of a later term is applied', () => {
    const [proposals, node] = [make(), new FakeNode()];
    void add(proposals);
    proposals.submit(node);
    proposals.resubmitLost(1);
    proposals.submit(node);
    assert.deepEqual(node.proposed, [11], 'the same term may still bring it');
    node.softState = { ...node.softState, term: 2 };
    proposals.resubmitLost(2);
    proposals.submit(node);
    proposals.resubmitLost(2);
    proposals.submit(node);
    assert.deepEqual(node.proposed, [11, 11]);
  });

  test('what a snapshot may hold is not handed over again', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    const submitted = add(proposals);
    proposals.submit(node);
    const waiting = add(proposals);
    proposals.outcomeUnknown();
    proposals.resubmitLost(2);
    proposals.submit(node);
    assert.deepEqual(node.proposed, [11, 12]);
    await assert.rejects(submitted, /timed out, possibly due to previous leader failure/);
    proposals.applied(12, done);
    await waiting;
  });

  test('without a leader they wait, and in the end are answered all the same', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    node.refusal = new RaftError('noLeader', '');
    const [late, kept] = [add(proposals), add(proposals, false, 500)];
    proposals.submit(node);
    proposals.expire(1_000, '', 1);
    await assert.rejects(late, /possibly due to previous leader failure/);
    node.refusal = undefined;
    proposals.submit(node);
    assert.deepEqual(node.proposed, [12]);
    proposals.applied(12, done);
    await kept;
  });

  test('what only a leader may ask for does not go through its successor', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    const revocation = add(proposals, true);
    node.softState = { leader: 'b', role: 'follower', term: 2 };
    proposals.submit(node);
    assert.deepEqual(node.proposed, []);
    await assert.rejects(revocation, /not leader/);
  });

  test('too many are refused', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    for (let n = 0; n < 3; n += 1) void add(proposals);
    await assert.rejects(add(proposals), /too many requests/);
    node.refusal = new RaftError('tooManyUncommitted', '');
    proposals.submit(node);
    assert.equal(proposals.size, 0);
  });

  test('too many bytes are refused, until some are answered; one request always fits', async () => {
    const [proposals, node] = [make(), new FakeNode()];
    const large = (bytes: number) => {
      const at = { now: 0, term: 1, asLeader: false };
      const promise = proposals.add<'compact'>(CommandKind.compact, Buffer.alloc(bytes), at);
      promise.catch(() => undefined);
      return promise;
    };
    const first = large(5_000);
    await assert.rejects(large(1), /too many requests/);
    proposals.submit(node);
    proposals.applied(11, done);
    await first;
    void large(500);
    await assert.rejects(large(600), /too many requests/);
    void large(300);
    assert.equal(proposals.size, 2);
  });

  test('what Raft has no room for is refused, not what was handed over with it', async () => {
    const proposals = new Proposals(7n, { timeoutMs: 1_000, pendingMax: 10, pendingBytesMax: 10_000_000 }, 10);
    const node = new FakeNode();
    const answers = [1, 2, 3].map(() => {
      const at = { now: 0, term: 1, asLeader: false };
      const promise = proposals.add<'compact'>(CommandKind.compact, Buffer.alloc(700_000), at);
      promise.catch(() => undefined);
      return promise;
    });
    node.room = 2;
    proposals.submit(node);
    assert.deepEqual(node.proposed, [11, 12]);
    await assert.rejects(answers[2]!, /too many requests/);
    proposals.applied(11, done);
    proposals.applied(12, done);
    await Promise.all(answers.slice(0, 2));
  });

  test('all that are over at once are answered and not handed over any more', () => {
    const proposals = new Proposals(7n, { timeoutMs: 1_000, pendingMax: 10_000, pendingBytesMax: 10_000_000 }, 10);
    for (let n = 0; n < 10_000; n += 1) void add(proposals);
    const node = new FakeNode();
    proposals.expire(1_000, '', 1);
    proposals.submit(node);
    assert.deepEqual([node.proposed.length, proposals.size, proposals.failed], [0, 0, 10_000]);
  });
});
