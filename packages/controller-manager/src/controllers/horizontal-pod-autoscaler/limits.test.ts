import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HorizontalPodAutoscalerBehavior } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { limit, type Wanted } from './limits.js';
import { begun, recommended, type ScalingHistory, scaled } from './scaling-history.js';

const NOW = 10_000_000;
const NONE: ScalingHistory = { recommendations: [], ups: [], downs: [] };
const wanted = (current: number, desired: number, more: Partial<Wanted> = {}): Wanted => ({
  ...{ current, desired, min: 1, max: 100, now: NOW, downscaleMs: 300_000, ...more },
});
const rules = (policies: readonly (readonly [string, number, number])[], more: object = {}) => ({
  policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
  selectPolicy: 'Max',
  ...more,
});
const UP = rules(
  [
    ['Pods', 4, 15],
    ['Percent', 100, 15],
  ],
  { stabilizationWindowSeconds: 0 },
);
const DOWN = rules([['Percent', 100, 15]]);
const said = (at: Wanted, behavior?: HorizontalPodAutoscalerBehavior, history = NONE) => {
  const { replicas, stabilized, limited } = limit(at, behavior, history);
  return [replicas, stabilized.reason, limited.reason, limited.isLimited];
};

describe('without a behaviour of its own a target', () => {
  it('grows to twice its replicas at most, or to four', () => {
    assert.deepEqual(said(wanted(1, 30)), [4, 'ReadyForNewScale', 'ScaleUpLimit', true]);
    assert.deepEqual(said(wanted(10, 30)), [20, 'ReadyForNewScale', 'ScaleUpLimit', true]);
    assert.deepEqual(said(wanted(10, 30, { max: 12 })), [12, 'ReadyForNewScale', 'TooManyReplicas', true]);
    assert.deepEqual(said(wanted(10, 12)), [12, 'ReadyForNewScale', 'DesiredWithinRange', false]);
    assert.deepEqual(said(wanted(10, 0, { min: 3 })), [3, 'ReadyForNewScale', 'TooFewReplicas', true]);
  });

  it('shrinks to the most that was asked for within five minutes', () => {
    const history = recommended(begun(8, NOW - 200_000), 6, NOW - 100_000);
    assert.deepEqual(said(wanted(8, 2), undefined, history), [8, 'ScaleDownStabilized', 'DesiredWithinRange', false]);
    const later = recommended(begun(8, NOW - 300_001), 6, NOW - 100_000);
    assert.deepEqual(said(wanted(8, 2), undefined, later)[0], 6);
  });
});

describe('a behaviour', () => {
  it('says by how much a target grows in a period', () => {
    assert.equal(said(wanted(10, 90), { scaleUp: UP, scaleDown: DOWN })[0], 20);
    assert.equal(said(wanted(2, 90), { scaleUp: UP, scaleDown: DOWN })[0], 6);
    const least = { ...UP, selectPolicy: 'Min' };
    assert.deepEqual(said(wanted(10, 90), { scaleUp: least, scaleDown: DOWN }), [
      14,
      'ReadyForNewScale',
      'ScaleUpLimit',
      true,
    ]);
    const off = { ...UP, selectPolicy: 'Disabled' };
    assert.deepEqual(said(wanted(10, 90), { scaleUp: off, scaleDown: DOWN }), [
      10,
      'ReadyForNewScale',
      'ScaleUpLimit',
      true,
    ]);
    const history = scaled(NONE, 7, 10, NOW - 10_000);
    assert.equal(said(wanted(10, 90), { scaleUp: rules([['Pods', 4, 15]]), scaleDown: DOWN }, history)[0], 11);
    assert.equal(said(wanted(10, 90), { scaleUp: rules([['Pods', 2, 15]]), scaleDown: DOWN }, history)[0], 10);
    assert.equal(said(wanted(10, 90), { scaleUp: rules([['Pods', 4, 5]]), scaleDown: DOWN }, history)[0], 14);
    assert.equal(said(wanted(3, 90), { scaleUp: rules([['Percent', 10, 5]]), scaleDown: DOWN })[0], 4);
  });

  it('says by how much it shrinks in a period', () => {
    const window = { stabilizationWindowSeconds: 0 };
    const down = (policies: readonly (readonly [string, number, number])[], more = {}) => ({
      ...{ scaleUp: UP, scaleDown: rules(policies, { ...window, ...more }) },
    });
    assert.deepEqual(said(wanted(10, 2), down([['Pods', 3, 60]])), [7, 'ReadyForNewScale', 'ScaleDownLimit', true]);
    assert.equal(said(wanted(10, 2), down([['Percent', 10, 60]]))[0], 9);
    assert.equal(
      said(
        wanted(10, 2),
        down([
          ['Pods', 3, 60],
          ['Percent', 50, 60],
        ]),
      )[0],
      5,
    );
    assert.equal(
      said(
        wanted(10, 2),
        down(
          [
            ['Pods', 3, 60],
            ['Percent', 50, 60],
          ],
          { selectPolicy: 'Min' },
        ),
      )[0],
      7,
    );
    assert.equal(said(wanted(10, 2), down([['Pods', 3, 60]], { selectPolicy: 'Disabled' }))[0], 10);
    const history = scaled(NONE, 12, 10, NOW - 30_000);
    assert.equal(said(wanted(10, 2), down([['Pods', 3, 60]]), history)[0], 9);
    assert.deepEqual(said(wanted(10, 0, { min: 4 }), down([['Percent', 100, 60]])), [
      4,
      'ReadyForNewScale',
      'TooFewReplicas',
      true,
    ]);
  });

  it('waits until all that was asked for within a window agrees', () => {
    const slow = { scaleUp: { ...UP, stabilizationWindowSeconds: 60 }, scaleDown: DOWN };
    const low = recommended(begun(4, NOW - 200_000), 5, NOW - 30_000);
    assert.deepEqual(said(wanted(4, 9), slow, low), [5, 'ScaleUpStabilized', 'DesiredWithinRange', false]);
    // The flag's window holds where the behaviour names none.
    const high = recommended(begun(4, NOW - 400_000), 7, NOW - 200_000);
    assert.deepEqual(said(wanted(8, 2), { scaleUp: UP, scaleDown: DOWN }, high), [
      ...[7, 'ScaleDownStabilized', 'DesiredWithinRange', false],
    ]);
    const quick = { scaleUp: UP, scaleDown: { ...DOWN, stabilizationWindowSeconds: 0 } };
    assert.equal(said(wanted(8, 2), quick, high)[0], 2);
  });

  it('never leads out of the range, whatever is asked for', () => {
    const random = seededRandom(3);
    const policy = () =>
      rules([[random.integer(2) ? 'Pods' : 'Percent', 1 + random.integer(100), 1 + random.integer(60)]], {
        selectPolicy: ['Max', 'Min', 'Disabled'][random.integer(3)],
        stabilizationWindowSeconds: random.integer(120),
      });
    for (let run = 0; run < 200; run++) {
      const behavior = random.integer(2) ? { scaleUp: policy(), scaleDown: policy() } : undefined;
      const [min, max] = [1 + random.integer(5), 10 + random.integer(50)];
      let current = min + random.integer(max - min);
      let history = begun(current, 0);
      for (let now = 15_000; now < 900_000; now += 15_000) {
        const desired = random.integer(100);
        const { replicas } = limit({ current, desired, min, max, now, downscaleMs: 60_000 }, behavior, history);
        assert.ok(replicas >= min && replicas <= max, `${replicas} of ${min} to ${max}`);
        history = recommended(history, desired, now);
        if (replicas !== current) history = scaled(history, current, replicas, now);
        current = replicas;
      }
      assert.ok(history.recommendations.length <= 70);
    }
  });
});
