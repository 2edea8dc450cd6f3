import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnGate, TurnLine } from './breather.js';

test('one turn at a time, every other of them for whoever has least to do', async () => {
  const line = new TurnLine(async () => {});
  const order: string[] = [];
  const run = async (name: string, turns: number) => {
    const next = line.work(turns);
    for (let turn = 0; turn < turns; turn++) {
      await next();
      order.push(name);
    }
  };
  await Promise.all([run('long', 6), run('longer', 8), run('short', 2)]);
  assert.equal(order.length, 16);
  const ends = (name: string) => order.lastIndexOf(name);
  assert.ok(ends('short') < 5, order.join(' '));
  assert.ok(ends('long') < ends('longer'), order.join(' '));
  // Whoever has much to do is not held up either.
  assert.ok(order.slice(0, 8).filter((it) => it === 'longer').length >= 2, order.join(' '));
});

test('input is handled between any two turns, whoever’s they are', async () => {
  let rounds = 0;
  const line = new TurnLine(async () => void rounds++);
  await Promise.all(Array.from({ length: 10 }, () => line.work(1)()));
  assert.equal(rounds, 10);
});

test('what begins in one round is limited, and a flood of one keeps nobody else waiting', async () => {
  let rounds = 0;
  const gate = new TurnGate(2, async () => {
    rounds++;
    await new Promise(setImmediate);
  });
  const order: string[] = [];
  const begin = async (key: string) => {
    await gate.pass(key);
    order.push(`${key}${rounds}`);
  };
  const all = Array.from({ length: 10 }, () => begin('flood'));
  all.push(begin('jane'));
  await Promise.all(all);
  assert.ok(order.findIndex((it) => it.startsWith('jane')) < 5, order.join(' '));
  for (const round of new Set(order.map((it) => it.replace(/[a-z]+/, ''))))
    assert.ok(order.filter((it) => it.endsWith(round)).length <= 2 || round.length > 1, order.join(' '));
  // Nothing is left that would keep the process.
  while (gate.pass('x') !== undefined) await new Promise(setImmediate);
});
