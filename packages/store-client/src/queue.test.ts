import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseQueue } from './queue.js';

test('what is pushed comes out in order, also to one who waited, and then the end', async () => {
  const queue = new ResponseQueue<number>(10, () => undefined);
  const first = queue.next();
  queue.push(1);
  queue.push(2);
  queue.end();
  queue.push(3);
  assert.deepEqual(await first, { done: false, value: 1 });
  assert.deepEqual(await queue.next(), { done: false, value: 2 });
  assert.equal((await queue.next()).done, true);
});

test('an error comes after what was pushed before it, once', async () => {
  const queue = new ResponseQueue<number>(10, () => undefined);
  queue.push(1);
  queue.end(new Error('broken'));
  await queue.next();
  await assert.rejects(queue.next(), /broken/);
  assert.equal((await queue.next()).done, true);
});

test('a full queue says when it has room again', async () => {
  let room = 0;
  const queue = new ResponseQueue<number>(2, () => {
    room += 1;
  });
  queue.push(1);
  assert.equal(queue.full, false);
  queue.push(2);
  assert.equal(queue.full, true);
  await queue.next();
  assert.equal(room, 1);
  await queue.next();
  assert.equal(room, 1);
});
