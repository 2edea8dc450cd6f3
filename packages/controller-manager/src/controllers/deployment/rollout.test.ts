import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment, ReplicaSet } from '@keelson/api';
import fc from 'fast-check';
import { isScaling, newestReplicas, rollingStep, scaleStep } from './rollout.js';
import { maxSurgeOf, maxUnavailableOf } from './strategy.js';

type Limit = number | string;

function deployment(replicas: number, maxSurge: Limit = '25%', maxUnavailable: Limit = '25%'): Deployment {
  return {
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: {},
      template: {},
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
    },
  };
}

function set(name: string, replicas: number, availableReplicas = replicas, desired?: number, max?: number): ReplicaSet {
  const annotations = {
    ...(desired === undefined ? {} : { 'deployment.kubernetes.io/desired-replicas': String(desired) }),
    ...(max === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(max) }),
  };
  return {
    metadata: { name, uid: name, annotations },
    spec: { replicas, selector: {} },
    status: { replicas, availableReplicas },
  };
}

const sizes = (steps: { replicaSet: ReplicaSet; replicas: number }[]) =>
  Object.fromEntries(steps.map((it) => [it.replicaSet.metadata.name, it.replicas]));

/** ReplicaSets as their own controllers keep them: pods that run, and a status that may be a look behind. */
interface Simulated {
  readonly name: string;
  wanted: number;
  available: number;
  reported: number;
}

const asSet = (it: Simulated) => set(it.name, it.wanted, it.reported);

describe('rollingStep', () => {
  it('keeps to surge and availability at every step, however late statuses come, and comes to an end', () => {
    const limit = fc.oneof(
      fc.nat(5),
      fc.nat(100).map((it) => `${it}%`),
    );
    const choices = fc.array(fc.nat(99), { minLength: 40, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), limit, limit, choices, (replicas, surge, unavailable, dice) => {
        const wanted = deployment(replicas, surge, unavailable);
        const most = replicas + maxSurgeOf(wanted);
        const least = replicas - maxUnavailableOf(wanted);
        const old: Simulated = { name: 'old', wanted: replicas, available: replicas, reported: replicas };
        const next: Simulated = { name: 'new', wanted: 0, available: 0, reported: 0 };
        const all = [old, next];
        const step = () => {
          const sets = { newest: asSet(next), old: [asSet(old)] };
          const steps = rollingStep(wanted, sets);
          for (const { replicaSet, replicas: size } of steps) {
            const it = all.find((one) => one.name === replicaSet.metadata.name)!;
            assert.ok(size >= 0, 'a negative size');
            it.wanted = size;
            it.available = Math.min(it.available, size);
          }
          assert.ok(old.wanted + next.wanted <= most, `${old.wanted}+${next.wanted} pods, at most ${most}`);
          assert.ok(old.available + next.available >= least, `${old.available}+${next.available} of ${least}`);
          return steps.length;
        };
        for (const choice of dice) {
          const it = all[choice % 2]!;
          if (choice < 30) it.available = Math.min(it.wanted, it.available + 1);
          else if (choice < 60) it.reported = it.available;
          else step();
        }
        for (let turn = 0; old.wanted > 0 || next.wanted < replicas; turn++) {
          assert.ok(turn < 200, `stuck at ${old.wanted}+${next.wanted}`);
          for (const it of all) {
            it.available = it.wanted;
            it.reported = it.available;
          }
          step();
        }
        assert.equal(next.wanted, replicas);
      }),
      { numRuns: 500 },
    );
  });

  it('takes pods that serve nobody first', () => {
    const wanted = deployment(10, 0, 2);
    const old = [set('older', 4, 0), set('old', 6, 6)];
    assert.deepEqual(sizes(rollingStep(wanted, { newest: set('new', 0), old })), { older: 2 });
  });

  it('shrinks a newest that is too large before anything else', () => {
    const sets = { newest: set('new', 9), old: [set('old', 3)] };
    assert.deepEqual(sizes(rollingStep(deployment(5), sets)), { new: 5 });
  });

  it('starts with the surge, or with all at once where pods are replaced wholly', () => {
    const old = [set('old', 10)];
    assert.equal(newestReplicas(deployment(10), { newest: undefined, old }), 3);
    const recreate = deployment(10);
    recreate.spec!.strategy = { type: 'Recreate' };
    assert.equal(newestReplicas(recreate, { newest: undefined, old }), 10);
  });

  it('reads limits: surge rounded up, unavailable down, never both nothing', () => {
    const limits = (it: Deployment) => [maxSurgeOf(it), maxUnavailableOf(it)];
    assert.deepEqual(limits(deployment(10)), [3, 2]);
    assert.deepEqual(limits(deployment(1)), [1, 0]);
    assert.deepEqual(limits(deployment(3, 0, '10%')), [0, 1]);
    assert.deepEqual(limits(deployment(2, 0, 9)), [0, 2]);
    assert.equal(maxUnavailableOf(deployment(0)), 0);
  });
});

describe('scaleStep', () => {
  it('sizes the only ReplicaSet in use', () => {
    assert.deepEqual(sizes(scaleStep(deployment(7), { newest: set('new', 3), old: [set('old', 0)] })), { new: 7 });
  });

  it('shares what is added among those of a rollout, in proportion', () => {
    const sets = { newest: set('new', 3, 3, 10, 13), old: [set('old', 10, 10, 10, 13)] };
    assert.deepEqual(sizes(scaleStep(deployment(20), sets)), { old: 19, new: 6 });
  });

  it('always comes to the size that is allowed, and to nothing at zero', () => {
    const size = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(size, size, size, fc.nat(60), (a, b, before, replicas) => {
        const max = a + b;
        const wanted = deployment(replicas);
        const sets = { newest: set('new', a, 0, before, max), old: [set('old', b, 0, before, max)] };
        const total = scaleStep(wanted, sets).reduce((sum, it) => sum + it.replicas, 0);
        assert.equal(total, replicas === 0 ? 0 : replicas + maxSurgeOf(wanted));
      }),
    );
  });

  it('sees by the annotation that the size changed', () => {
    assert.ok(isScaling(deployment(5), [set('new', 3, 3, 3)]));
    assert.ok(!isScaling(deployment(5), [set('new', 5, 5, 5), set('old', 0, 0, 3)]));
  });
});
