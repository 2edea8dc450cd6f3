import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '@keelson/service/testing';
import { type NextVisit, Patrol } from './patrol.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function patrol(next: (name: string) => NextVisit) {
  const clock = new ManualClock();
  const visits: string[] = [];
  const open: (() => void)[] = [];
  const it = new Patrol(
    { atOnce: 2, againMs: 1_000, retryMs: 100 },
    async (name) => {
      visits.push(name);
      await new Promise<void>((resolve) => open.push(resolve));
      return next(name);
    },
    { clock },
  );
  const end = async () => {
    for (const finish of open.splice(0)) finish();
    await turn();
  };
  return { clock, visits, it, end };
}

test('no more than some are visited at once, and nobody twice at the same time', async () => {
  const { visits, it, end } = patrol(() => 'never');
  for (const name of ['a', 'b', 'c', 'a']) it.visit(name);
  assert.deepEqual(visits, []);
  it.run(new AbortController().signal);
  assert.deepEqual(visits, ['a', 'b']);
  it.visit('a');
  it.visit('a');
  await end();
  assert.deepEqual(visits, ['a', 'b', 'c', 'a']);
  await end();
  assert.equal(visits.length, 4);
});

test('who is well is visited again after a while, who is not ever more seldom, until it ends', async () => {
  let next: NextVisit = 'soon';
  const { clock, visits, it, end } = patrol(() => next);
  const stop = new AbortController();
  it.run(stop.signal);
  it.visit('a');
  for (const waitMs of [100, 200, 400, 800, 1_000, 1_000]) {
    await end();
    const before = visits.length;
    clock.advance(waitMs - 1);
    assert.equal(visits.length, before);
    clock.advance(1);
    assert.equal(visits.length, before + 1, `after ${waitMs} ms`);
  }
  next = 'later';
  await end();
  clock.advance(1_000);
  next = 'soon';
  await end();
  const before = visits.length;
  clock.advance(100);
  assert.equal(visits.length, before + 1);
  await end();
  stop.abort();
  clock.advance(10_000);
  assert.equal(visits.length, before + 1);
});
