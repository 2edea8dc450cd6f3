import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RaftError } from 'raft-ts';
import { errors } from '../errors.js';
import { Reads } from './reads.js';

/** Remembers what it was asked, as a node would that has not answered yet. */
class FakeNode {
  readonly asked: string[] = [];
  refusal: RaftError | undefined;

  readIndex(context: string): void {
    if (this.refusal) throw this.refusal;
    this.asked.push(context);
  }
}

describe('Reads', () => {
  const make = () => ({
    reads: new Reads({ timeoutMs: 1_000, retryMs: 200, pendingMax: 3 }, 'r'),
    node: new FakeNode(),
  });
  /** Which of the reads were answered, and how. */
  const watch = (...promises: Promise<void>[]) => {
    const answers = promises.map(() => 'waits');
    promises.forEach((promise, at) => {
      promise.then(
        () => {
          answers[at] = 'ok';
        },
        (error: Error) => {
          answers[at] = error.message;
        },
      );
    });
    return async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return answers;
    };
  };
  const TIMEOUT = errors.timeout().message;

  test('that come while one is under way share the next', async () => {
    const { reads, node } = make();
    const answers = watch(reads.add(0));
    reads.submit(node, 0);
    const more = watch(reads.add(1), reads.add(2));
    reads.submit(node, 2);
    assert.deepEqual(node.asked, ['r-1']);
    reads.confirmed('r-1', 5);
    reads.applied(4);
    assert.deepEqual(await answers(), ['waits']);
    reads.applied(5);
    assert.deepEqual(await answers(), ['ok']);
    reads.submit(node, 3);
    reads.confirmed('r-2', 5);
    reads.applied(5);
    assert.deepEqual(await more(), ['ok', 'ok']);
  });

  test('are over in their time where nobody answers', async () => {
    const { reads, node } = make();
    const answers = watch(reads.add(0), reads.add(500));
    node.refusal = new RaftError('noLeader', '');
    reads.submit(node, 0);
    reads.expire(1_000);
    assert.deepEqual(await answers(), [TIMEOUT, 'waits']);
    reads.expire(1_500);
    assert.deepEqual(await answers(), [TIMEOUT, TIMEOUT]);
  });

  test('are over in their time where what was confirmed is never applied', async () => {
    const { reads, node } = make();
    const answers = watch(reads.add(0), reads.add(500));
    reads.submit(node, 500);
    reads.confirmed('r-1', 9);
    reads.expire(1_000);
    assert.deepEqual(await answers(), [TIMEOUT, 'waits']);
    reads.applied(9);
    assert.deepEqual(await answers(), [TIMEOUT, 'ok']);
    // They hold no place any more.
    const others = watch(reads.add(1_500), reads.add(1_500), reads.add(1_500), reads.add(1_500));
    assert.deepEqual(await others(), ['waits', 'waits', 'waits', errors.tooManyRequests().message]);
  });

  test('are asked again when the answer is late or a leader comes', () => {
    const { reads, node } = make();
    reads.add(0).catch(() => undefined);
    reads.submit(node, 0);
    reads.submit(node, 199);
    assert.deepEqual(node.asked, ['r-1']);
    reads.submit(node, 200);
    reads.leaderChanged();
    reads.submit(node, 201);
    assert.deepEqual(node.asked, ['r-1', 'r-1', 'r-1']);
  });
});
