import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import fc from 'fast-check';
import { testPod } from '../testing/objects.js';
import { Heap } from './heap.js';
import type { QueuedPod } from './queued-pod.js';
import { SchedulingQueue } from './scheduling-queue.js';

const FIT = new Set(['NodeResourcesFit']);

function world() {
  const clock = new ManualClock();
  const helps = (plugin: string, event: string) => plugin === 'NodeResourcesFit' && event === 'NodeAdd';
  return { clock, queue: new SchedulingQueue({}, { clock, helps }) };
}

describe('SchedulingQueue', () => {
  it('gives the most important pod first, then the oldest, though several come at once', async () => {
    const { clock, queue } = world();
    const first = queue.next();
    queue.set(testPod('low', { priority: 1 }));
    clock.advance(1);
    queue.set(testPod('high', { priority: 10 }));
    clock.advance(1);
    queue.set(testPod('low-later', { priority: 1 }));
    assert.equal((await first)?.pod.metadata.name, 'high');
    assert.equal((await queue.next())?.pod.metadata.name, 'low');
    assert.equal((await queue.next())?.pod.metadata.name, 'low-later');
  });

  it('holds a pod that fits nowhere until something happens that may help, and then for its back-off', async () => {
    const { clock, queue } = world();
    queue.set(testPod('p'));
    queue.putUnschedulable((await queue.next())!, FIT);
    queue.moved('NodeUpdateLabel');
    assert.deepEqual(queue.counts, { active: 0, backoff: 0, unschedulable: 1 });
    queue.moved('NodeAdd');
    assert.deepEqual(queue.counts, { active: 0, backoff: 1, unschedulable: 0 });
    clock.advance(1_999);
    assert.equal(queue.counts.backoff, 1);
    clock.advance(1);
    assert.deepEqual(queue.counts, { active: 1, backoff: 0, unschedulable: 0 });
  });

  it('ends back-offs by whole seconds, so that of pods that failed one after another the most important comes first', async () => {
    const { clock, queue } = world();
    for (const [name, priority] of [
      ['low', 1],
      ['high', 10],
    ] as const) {
      queue.set(testPod(name, { priority }));
      queue.putBack((await queue.next())!);
      clock.advance(300);
    }
    clock.advance(1_000);
    assert.equal(queue.counts.backoff, 2);
    clock.advance(400);
    assert.deepEqual(queue.counts, { active: 2, backoff: 0, unschedulable: 0 });
    assert.equal((await queue.next())?.pod.metadata.name, 'high');
  });

  it('takes what is in back-off when there is nothing else to try, soonest first, but not what met an error', async () => {
    const { clock, queue } = world();
    const fail = async (name: string, priority: number, put: (item: QueuedPod) => void) => {
      queue.set(testPod(name, { priority }));
      put((await queue.next())!);
    };
    const unfit = (item: QueuedPod) => queue.putUnschedulable(item, FIT);
    await fail('erred', 100, (item) => queue.putBack(item));
    await fail('low', 1, unfit);
    await fail('high', 10, unfit);
    clock.advance(1_000);
    await fail('later', 50, unfit);
    queue.moved('NodeAdd');
    queue.set(testPod('new'));
    assert.deepEqual(queue.counts, { active: 1, backoff: 4, unschedulable: 0 });
    const order: (string | undefined)[] = [];
    for (let n = 0; n < 4; n++) order.push((await queue.next())?.pod.metadata.name);
    assert.deepEqual(order, ['new', 'high', 'low', 'later']);
    const next = queue.next();
    assert.equal(queue.counts.backoff, 1);
    clock.advance(1_000);
    assert.equal((await next)?.pod.metadata.name, 'erred');
  });

  it('does not try what is held, and knows afterwards whether something helped meanwhile', async () => {
    const { clock, queue } = world();
    for (const helped of [true, false]) {
      const name = `helped-${helped}`;
      queue.set(testPod(name));
      queue.putUnschedulable((await queue.next())!, FIT);
      queue.hold(`uid-${name}`);
      if (helped) queue.moved('NodeAdd');
      clock.advance(10_000);
      assert.deepEqual(queue.counts, { active: 0, backoff: 0, unschedulable: 1 });
      queue.letGo(`uid-${name}`, false);
      assert.equal(queue.counts.active, helped ? 1 : 0);
      queue.delete(`uid-${name}`);
    }
  });

  it('tries at once what has waited longer than its back-off', async () => {
    const { clock, queue } = world();
    queue.set(testPod('p'));
    queue.putUnschedulable((await queue.next())!, FIT);
    clock.advance(2_000);
    queue.moved('NodeAdd');
    assert.equal(queue.counts.active, 1);
  });

  it('backs off from 1 s to 10 s, and to the end of that second', async () => {
    const { clock, queue } = world();
    queue.set(testPod('p'));
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      queue.putBack((await queue.next())!);
      const from = clock.monotonic();
      while (queue.counts.active === 0) clock.advance(100);
      waits.push(clock.monotonic() - from);
    }
    assert.deepEqual(waits, [2_000, 3_000, 5_000, 9_000, 11_000, 11_000]);
  });

  it('tries a pod again that nothing helped for long', async () => {
    const { clock, queue } = world();
    queue.set(testPod('p'));
    queue.putUnschedulable((await queue.next())!, FIT);
    clock.advance(300_000);
    assert.equal(queue.counts.unschedulable, 1);
    clock.advance(60_000);
    assert.equal(queue.counts.active, 1);
  });

  it('tries a pod again whose spec changed, not one whose status did', async () => {
    const { clock, queue } = world();
    queue.set(testPod('p'));
    queue.putUnschedulable((await queue.next())!, FIT);
    clock.advance(5_000);
    queue.set({ ...testPod('p'), status: { phase: 'Pending' } });
    assert.equal(queue.counts.unschedulable, 1);
    queue.set(testPod('p', { tolerations: [{ operator: 'Exists' }] }));
    assert.equal(queue.counts.active, 1);
    assert.equal((await queue.next())?.attempts, 1);
  });

  it('forgets a pod wherever it waits', async () => {
    const { clock, queue } = world();
    for (const name of ['active', 'backing-off', 'unschedulable']) queue.set(testPod(name));
    const items = [(await queue.next())!, (await queue.next())!, (await queue.next())!];
    const named = (name: string) => items.find((it) => it.pod.metadata.name === name)!;
    queue.putBack(named('backing-off'));
    queue.putUnschedulable(named('unschedulable'), FIT);
    queue.set(testPod('active'));
    for (const item of items) queue.delete(item.pod.metadata.uid ?? '');
    clock.advance(1_000_000);
    assert.deepEqual(queue.counts, { active: 0, backoff: 0, unschedulable: 0 });
  });

  it('ends for who waits when it is closed', async () => {
    const { queue } = world();
    const waiting = queue.next();
    queue.close();
    assert.equal(await waiting, undefined);
  });
});

it('a heap gives its items in order, whatever was put in, replaced and removed', () => {
  const item = fc.record({ key: fc.nat(20).map(String), rank: fc.nat(100), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const heap = new Heap<{ key: string; rank: number }>(
        (it) => it.key,
        (a, b) => a.rank < b.rank,
      );
      const model = new Map<string, number>();
      for (const { key, rank, remove } of items) {
        if (remove) {
          assert.equal(heap.remove(key)?.rank, model.get(key));
          model.delete(key);
        } else {
          heap.push({ key, rank });
          model.set(key, rank);
        }
      }
      const given: number[] = [];
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) given.push(next.rank);
      assert.deepEqual(
        given,
        [...model.values()].sort((a, b) => a - b),
      );
    }),
  );
});
