import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Curve } from './curve.js';
import { simulationOf } from './simulation.js';

const usual = { cpu: Curve.parse('1m'), memory: Curve.parse('8Mi') };

test('a constant is what it says at any time', () => {
  const curve = Curve.parse('250m');
  assert.deepEqual([curve.at(0), curve.at(1e9), curve.sum(4_000)], [0.25, 0.25, 1_000]);
});

test('a curve goes by straight lines, holds its last value, or begins anew', () => {
  const once = Curve.parse('10s=1,20s=3');
  assert.deepEqual(
    [0, 10_000, 15_000, 20_000, 99_000].map((ms) => once.at(ms)),
    [1, 1, 2, 3, 3],
  );
  assert.equal(once.sum(30_000), 10_000 + 20_000 + 30_000);
  const again = Curve.parse('0s=0,10s=2,repeat');
  assert.deepEqual(
    [5_000, 15_000, 20_000].map((ms) => again.at(ms)),
    [1, 1, 0],
  );
  assert.equal(again.sum(25_000), 10_000 + 10_000 + 2_500);
});

test('the sum is that of the values in small steps, and never falls', () => {
  const value = fc.nat(5_000);
  const points = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 60 }), value }, { noNullPrototype: true }), {
    minLength: 2,
    maxLength: 6,
  });
  fc.assert(
    fc.property(points, fc.boolean(), (given, repeats) => {
      let at = 0;
      const text = given
        .map(({ gap, value }) => {
          at += gap;
          return `${at}s=${value}m`;
        })
        .join(',');
      const curve = Curve.parse(repeats ? `${text},repeat` : text);
      let summed = 0;
      for (let ms = 0; ms < 300_000; ms += 500) {
        summed += curve.at(ms + 250) * 500;
        assert.ok(curve.sum(ms + 500) >= curve.sum(ms));
        // Where it jumps back to its beginning, the middle of a step says little.
        assert.ok(Math.abs(curve.sum(ms + 500) - summed) <= 2_500 * (1 + ms / (at * 1000)), `${text} at ${ms}`);
      }
    }),
    { numRuns: 50 },
  );
});

test('a pod says what its containers use, all of them or one by name', () => {
  const annotations = {
    'keelson.dev/simulated-cpu': '500m',
    'keelson.dev/simulated-cpu.db': '2',
    'keelson.dev/simulated-memory': '64Mi',
  };
  const load = (name: string) => {
    const { cpu, memory } = simulationOf(annotations, name, usual);
    return [cpu.at(0), memory.at(0)];
  };
  assert.deepEqual(
    [load('web'), load('db')],
    [
      [0.5, 64 * 2 ** 20],
      [2, 64 * 2 ** 20],
    ],
  );
  assert.equal(simulationOf({}, 'web', usual).memory.at(0), 8 * 2 ** 20);
});

test('what cannot be understood is refused by the annotation’s name', () => {
  const wrong: [string, string, RegExp][] = [
    ['cpu', 'lots', /annotation keelson\.dev\/simulated-cpu: "lots" is no quantity such as 250m/],
    ['cpu', '-1', /"-1" is not between 0 and/],
    ['cpu', '', /"" is no quantity/],
    ['memory', '1m=64Mi,30s=32Mi', /times must rise/],
    ['memory', '1m=64Mi,soon=1Gi', /"soon" is no time/],
    ['cpu', '0s=1,1m', /"1m" is not of the form TIME=AMOUNT/],
    ['cpu', '0s=1,repeat', /needs two points/],
    ['cpu', Array.from({ length: 101 }, (_, at) => `${at}s=1`).join(), /more than 100 points/],
    ['cpu.main', 'x', /annotation keelson\.dev\/simulated-cpu\.main: "x"/],
    ['run-seconds', 'ten', /annotation keelson\.dev\/simulated-run-seconds: "ten" is not a number of seconds/],
    ['exit-code', '256', /annotation keelson\.dev\/simulated-exit-code: "256" is not a whole number from 0 to 255/],
  ];
  for (const [name, value, message] of wrong) {
    const annotations = { [`keelson.dev/simulated-${name}`]: value };
    assert.throws(() => simulationOf(annotations, 'main', usual), { code: 'invalid', message }, `${name}=${value}`);
  }
});
