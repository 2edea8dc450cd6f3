import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import fc from 'fast-check';
import { exponential } from './rate-limiter.js';
import { WorkQueue } from './work-queue.js';

function queueOn(clock: ManualClock): WorkQueue {
  return new WorkQueue({ clock, limiter: exponential(5, 1_000) });
}

describe('WorkQueue', () => {
  it('gives a key that was added twice once', async () => {
    const queue = queueOn(new ManualClock());
    for (const key of ['a', 'b', 'a']) queue.add(key);
    assert.equal(queue.length, 2);
    assert.equal(await queue.next(), 'a');
    assert.equal(await queue.next(), 'b');
  });

  it('holds back a key that is worked on until the work is done', async () => {
    const queue = queueOn(new ManualClock());
    queue.add('a');
    await queue.next();
    queue.add('a');
    assert.equal(queue.length, 0);
    queue.done('a');
    assert.equal(await queue.next(), 'a');
  });

  it('wakes a worker that waits', async () => {
    const queue = queueOn(new ManualClock());
    const waiting = queue.next();
    queue.add('a');
    assert.equal(await waiting, 'a');
  });

  it('adds later, at the earliest of the times asked for', () => {
    const clock = new ManualClock();
    const queue = queueOn(clock);
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 300);
    clock.advance(99);
    assert.equal(queue.length, 0);
    clock.advance(1);
    assert.equal(queue.length, 1);
    clock.advance(1_000);
    assert.equal(queue.length, 1);
  });

  it('backs off further with each retry until the key is forgotten', async () => {
    const clock = new ManualClock();
    const queue = queueOn(clock);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      queue.retry('a');
      const from = clock.monotonic();
      while (queue.length === 0) clock.advance(1);
      waits.push(clock.monotonic() - from);
      queue.done((await queue.next())!);
    }
    assert.deepEqual(waits, [5, 10, 20]);
    assert.equal(queue.failures('a'), 3);
    queue.forget('a');
    assert.equal(queue.failures('a'), 0);
  });

  it('lets every worker go at shut-down, and takes nothing more', async () => {
    const clock = new ManualClock();
    const queue = queueOn(clock);
    const waiting = [queue.next(), queue.next()];
    queue.addAfter('late', 10);
    queue.shutDown();
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
    queue.add('a');
    clock.advance(100);
    assert.equal(queue.length, 0);
    assert.equal(await queue.next(), undefined);
  });

  it('never has one key worked on twice at once, and works on every key after its last addition', async () => {
    const step = fc.record({ do: fc.constantFrom('add', 'take', 'done'), key: fc.constantFrom('a', 'b', 'c') });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = queueOn(new ManualClock());
        const working = new Set<string>();
        const owed = new Set<string>();
        const take = async () => {
          if (queue.length === 0) return;
          const key = (await queue.next())!;
          assert.ok(!working.has(key), `${key} is worked on twice`);
          working.add(key);
          owed.delete(key);
        };
        const finish = (key: string) => {
          if (working.delete(key)) queue.done(key);
        };
        for (const it of steps) {
          if (it.do === 'take') await take();
          else if (it.do === 'done') finish(it.key);
          else {
            queue.add(it.key);
            owed.add(it.key);
          }
        }
        for (const key of [...working]) finish(key);
        while (queue.length > 0) await take();
        assert.deepEqual([...owed], []);
      }),
      { numRuns: 200 },
    );
  });
});
