import assert from 'node:assert/strict';
import { it } from 'node:test';
import { seededRandom } from '@keelson/service';
import { Backoff } from './backoff.js';

it('waits between half of each step and the whole of it, doubling up to the cap', () => {
  const backoff = new Backoff({ baseMs: 100, capMs: 400 }, { random: seededRandom(1) });
  for (const step of [100, 200, 400, 400, 400]) {
    const wait = backoff.next();
    assert.ok(wait >= step / 2 && wait <= step, `${wait} for ${step}`);
  }
  backoff.reset();
  assert.ok(backoff.next() <= 100);
});
