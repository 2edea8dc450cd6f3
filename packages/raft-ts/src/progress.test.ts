import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Progress } from './progress.js';

const limits = { inflightMessagesMax: 3, inflightBytesMax: 100 };

const step = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ kind: fc.constant('acknowledge' as const), index: fc.nat(40) }),
  fc.record({ kind: fc.constant('reject' as const), index: fc.nat(40), hint: fc.nat(40) }),
  fc.record({ kind: fc.constant('probe' as const) }),
  fc.record({ kind: fc.constant('replicate' as const) }),
  fc.record({ kind: fc.constant('snapshot' as const), index: fc.nat(40) }),
);

describe('Progress', () => {
  test('match never falls and stays below next, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const peer = new Progress(10, limits);
        for (const each of steps) {
          const before = peer.match;
          if (each.kind === 'send' && !peer.paused) peer.sent(peer.next - 1 + each.count, each.count * 10, 0);
          else if (each.kind === 'acknowledge') peer.acknowledge(each.index);
          else if (each.kind === 'reject') peer.reject(each.index, each.hint);
          else if (each.kind === 'probe') peer.becomeProbe();
          else if (each.kind === 'replicate') peer.becomeReplicate();
          else if (each.kind === 'snapshot' && each.index >= peer.match) peer.becomeSnapshot(each.index);
          assert.ok(peer.match >= before && peer.match < peer.next, JSON.stringify(peer));
        }
      }),
    );
  });

  test('replicating stops at the limit of messages, and at that of bytes', () => {
    const byCount = new Progress(1, limits);
    byCount.becomeReplicate();
    for (const index of [1, 2, 3]) byCount.sent(index, 10, 0);
    assert.equal(byCount.paused, true);
    byCount.inflights.freeTo(1);
    assert.equal(byCount.paused, false);

    const byBytes = new Progress(1, limits);
    byBytes.becomeReplicate();
    byBytes.sent(1, 100, 0);
    assert.equal(byBytes.paused, true);
  });

  test('a probe is sent once and goes back to where the follower says', () => {
    const peer = new Progress(20, limits);
    peer.sent(25, 60, 0);
    assert.equal(peer.paused, true);
    assert.equal(peer.reject(18, 5), false, 'an answer to an older probe');
    assert.equal(peer.reject(19, 5), true);
    assert.equal(peer.next, 6);
    assert.equal(peer.paused, false);
  });
});
