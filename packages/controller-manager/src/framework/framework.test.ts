import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Condition, withCondition, withoutCondition } from './conditions.js';
import { contentHash } from './hash.js';
import { slowStart } from './slow-start.js';

describe('conditions', () => {
  const ready = (status: string, reason = ''): Condition => ({ type: 'Ready', status, reason });

  it('keeps the transition time while the status stays, and the place always', () => {
    const first = withCondition([{ type: 'Other' }, ready('True')], ready('False'), 't1');
    const second = withCondition(first, ready('False', 'because'), 't2');
    assert.deepEqual(
      second.map((it) => [it.type, it.reason, it.lastTransitionTime]),
      [
        ['Other', undefined, undefined],
        ['Ready', 'because', 't1'],
      ],
    );
    assert.equal(withCondition(second, ready('True'), 't3')[1]?.lastTransitionTime, 't3');
  });

  it('takes one away and leaves the list that was given alone', () => {
    const given = [ready('True')];
    assert.deepEqual(withoutCondition(given, 'Ready'), []);
    withCondition(given, ready('False'), 't');
    assert.equal(given[0]?.status, 'True');
  });
});

describe('slowStart', () => {
  it('does each thing once, in batches that double', async () => {
    const batches: number[][] = [];
    let open: number[] | undefined;
    const outcome = await slowStart(10, async (index) => {
      if (open === undefined) {
        open = [];
        batches.push(open);
      }
      open.push(index);
      await Promise.resolve();
      open = undefined;
    });
    assert.deepEqual(outcome, { done: 10, error: undefined });
    assert.deepEqual(batches, [[0], [1, 2], [3, 4, 5, 6], [7, 8, 9]]);
  });

  it('stops at the batch in which something fails', async () => {
    let tried = 0;
    const outcome = await slowStart(100, async (index) => {
      tried += 1;
      if (index === 2) throw new Error('quota');
    });
    assert.equal(tried, 3);
    assert.equal(outcome.done, 2);
    assert.match(String(outcome.error), /quota/);
  });
});

it('a content hash does not see the order of keys, and sees everything else', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      assert.equal(contentHash(value, undefined), contentHash(reversed, undefined));
    }),
  );
  assert.notEqual(contentHash({ a: 1 }, undefined), contentHash({ a: 2 }, undefined));
  assert.notEqual(contentHash({ a: 1 }, 1), contentHash({ a: 1 }, 2));
  assert.match(contentHash({ a: 1 }, undefined), /^[bcdfghjklmnpqrstvwxz2456789]+$/);
});
