import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Pod } from '@keelson/api';
import { ManualClock } from '@keelson/service/testing';
import { Expectations } from '../framework/expectations.js';
import { deleteExpected } from './delete-expected.js';

it('tries every pod though one fails, and expects only what was done', async () => {
  const pods: Pod[] = ['a', 'b', 'c'].map((uid) => ({ metadata: { uid } }));
  const expectations = new Expectations({ clock: new ManualClock() });
  expectations.expect('key', 0, ['a', 'b', 'c']);
  const deleted: string[] = [];
  const control = {
    async delete({ metadata }: Pod) {
      if (metadata.uid === 'a') throw new Error('refused');
      deleted.push(metadata.uid ?? '');
    },
  };
  const failure = await deleteExpected(control, expectations, 'key', pods, { metadata: {} });
  assert.match(String(failure), /refused/);
  assert.deepEqual(deleted, ['b', 'c']);
  assert.ok(!expectations.satisfied('key'));
  for (const uid of deleted) expectations.deleted('key', uid);
  assert.ok(expectations.satisfied('key'));
});
