import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Container, Pod } from '@keelson/api';
import { rfc3339 } from '@keelson/service';
import type { PodMetric, PodMetrics } from './metrics-source.js';
import { groupPods } from './pod-groups.js';
import { byAverage, byShare, byUtilization, byValue, type Circumstances } from './replica-count.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const READINESS = { cpuInitializationMs: 300_000, initialReadinessMs: 30_000 };
const at = (secondsAgo: number) => rfc3339(NOW - secondsAgo * 1000);

interface Traits {
  phase?: string;
  ready?: boolean;
  /** Seconds ago. */
  started?: number;
  changed?: number;
  going?: boolean;
  request?: string;
}

function pod(name: string, traits: Traits = {}): Pod {
  const { phase = 'Running', ready = true, started = 3_600, changed = 3_500, going = false, request = '1' } = traits;
  const resources = request === '' ? {} : { requests: { cpu: request, memory: '100Mi' } };
  return {
    metadata: { name, namespace: 'default', ...(going ? { deletionTimestamp: at(1) } : {}) },
    spec: { containers: [{ name: 'c', resources } as Container] },
    status: {
      phase,
      startTime: at(started),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(changed) }],
    },
  };
}

const metric = (value: number, secondsAgo = 10): PodMetric => ({
  value,
  at: NOW - secondsAgo * 1000,
  windowMs: 30_000,
});
const metrics = (values: Record<string, number>): PodMetrics =>
  new Map(Object.entries(values).map(([name, value]) => [name, metric(value)]));

function of(pods: readonly Pod[], more: Partial<Circumstances> = {}): Circumstances {
  const tolerances = { up: 0.1, down: 0.1 };
  const replicas = { specReplicas: pods.length, statusReplicas: pods.length };
  return { ...replicas, pods, tolerances, readiness: READINESS, now: NOW, ...more };
}

const pods = (count: number, traits: Traits = {}) =>
  Array.from({ length: count }, (_, index) => pod(`p${index}`, traits));
const cpu = (percent: number) => ({ resource: 'cpu', percent, container: undefined });

describe('replicas by the percentage of what is requested', () => {
  for (const [title, count, used, percent, replicas, utilization] of [
    ['grow in proportion', 3, [300, 500, 700], 30, 5, 50],
    ['shrink in proportion', 5, [100, 300, 500, 250, 250], 50, 3, 28],
    ['stay within the tolerance', 3, [1010, 1030, 1020], 100, 3, 102],
    ['stay at its edges', 2, [1100, 1100], 100, 2, 110],
    ['grow just beyond it', 2, [1110, 1110], 100, 3, 111],
    ['shrink to none that is used', 3, [0, 0, 0], 50, 0, 0],
  ] as const)
    it(title, () => {
      const used_ = Object.fromEntries(used.map((value, index) => [`p${index}`, value]));
      const found = byUtilization(of(pods(count)), metrics(used_), cpu(percent));
      assert.deepEqual([found.replicas, found.utilization], [replicas, utilization]);
    });

  it('count pods that are not measured as idle when growing, and as busy when shrinking', () => {
    const grow = byUtilization(of(pods(3)), metrics({ p0: 900, p1: 900 }), cpu(50));
    assert.equal(grow.replicas, 4);
    const shrink = byUtilization(of(pods(4)), metrics({ p0: 100, p1: 100, p2: 100 }), cpu(50));
    assert.equal(shrink.replicas, 3);
    // Busy is what is requested, or the target where that is more.
    assert.equal(byUtilization(of(pods(4)), metrics({ p0: 100, p1: 100, p2: 100 }), cpu(200)).replicas, 2);
    // What is assumed never turns the direction.
    assert.equal(byUtilization(of(pods(3)), metrics({ p0: 600 }), cpu(50)).replicas, 3);
  });

  it('count pods that are not ready as idle when growing, and not at all when shrinking', () => {
    const starting = pod('p2', { ready: false, started: 60, changed: 60 });
    const all = metrics({ p0: 1000, p1: 1000, p2: 1000 });
    assert.equal(byUtilization(of([...pods(2), starting]), all, cpu(50)).replicas, 4);
    const low = metrics({ p0: 100, p1: 100, p2: 900 });
    assert.equal(byUtilization(of([...pods(2), starting]), low, cpu(50)).replicas, 1);
    const pending = pod('p2', { phase: 'Pending' });
    assert.equal(byUtilization(of([...pods(2), pending]), metrics({ p0: 600, p1: 600 }), cpu(50)).replicas, 3);
  });

  it('pass over pods that have ended or are going', () => {
    const all = [...pods(2), pod('p2', { phase: 'Failed' }), pod('p3', { going: true })];
    const used = metrics({ p0: 1000, p1: 1000, p2: 9000, p3: 9000 });
    assert.equal(byUtilization(of(all), used, cpu(50)).replicas, 4);
  });

  it('are none of pods that request nothing, were not measured, or are not there', () => {
    const fails = (all: readonly Pod[], used: PodMetrics, container?: string) => {
      try {
        byUtilization(of(all), used, { ...cpu(50), container });
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    assert.equal(
      fails(pods(1, { request: '' }), metrics({ p0: 1 })),
      'missing request for cpu in container c of Pod p0',
    );
    assert.equal(fails(pods(1), metrics({ p0: 1 }), 'x'), 'container x not found in Pod p0');
    assert.equal(fails([], metrics({})), 'no pods returned by selector while calculating replica count');
    assert.equal(fails(pods(1), metrics({})), 'did not receive metrics for targeted pods (pods might be unready)');
    assert.equal(fails(pods(1), metrics({ other: 1 })), 'no metrics returned matched known pods');
  });

  it('are of what a pod as a whole requests, where it says so', () => {
    const [one] = pods(1, { request: '100m' });
    const whole = { ...one!, spec: { ...one!.spec!, resources: { requests: { cpu: '2' } } } };
    assert.equal(byUtilization(of([whole]), metrics({ p0: 1000 }), cpu(50)).utilization, 50);
    assert.equal(byUtilization(of([whole]), metrics({ p0: 50 }), { ...cpu(50), container: 'c' }).utilization, 50);
  });

  it('count sidecars', () => {
    const [one] = pods(1);
    const sidecar = { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } } as Container;
    const both = { ...one!, spec: { ...one!.spec!, initContainers: [sidecar, { name: 'i' } as Container] } };
    assert.equal(byUtilization(of([both]), metrics({ p0: 1000 }), cpu(50)).utilization, 50);
  });
});

describe('a pod whose CPU was measured', () => {
  const isUnready = (traits: Traits, secondsAgo = 10) => {
    const groups = groupPods([pod('p', traits)], new Map([['p', metric(1, secondsAgo)]]), {
      ...{ resource: 'cpu', readiness: READINESS, now: NOW },
    });
    return groups.unready.has('p');
  };

  it('counts once it was ready for a whole window, while it may be starting', () => {
    assert.equal(isUnready({ started: 100, changed: 20 }), true);
    assert.equal(isUnready({ started: 100, changed: 45 }), false);
    assert.equal(isUnready({ started: 100, changed: 45, ready: false }), true);
  });

  it('counts later even when it is not ready, if it ever was', () => {
    assert.equal(isUnready({ started: 400, changed: 380, ready: false }), true);
    assert.equal(isUnready({ started: 400, changed: 100, ready: false }), false);
    assert.equal(isUnready({ started: 400, changed: 1 }), false);
  });
});

describe('replicas by what is measured as it is', () => {
  it('are as many as bring each pod to the target', () => {
    assert.equal(byAverage(of(pods(3)), metrics({ p0: 20_000, p1: 10_000, p2: 30_000 }), 15_000).replicas, 4);
    assert.deepEqual(byAverage(of(pods(3)), metrics({ p0: 12_000, p1: 12_000, p2: 12_000 }), 12_000), {
      ...{ replicas: 3, usage: 12_000 },
    });
    // A pod that says nothing is at the target when shrinking, and at nothing when growing.
    assert.equal(byAverage(of(pods(3)), metrics({ p0: 1_000, p1: 1_000 }), 12_000).replicas, 2);
    assert.equal(byAverage(of(pods(3)), metrics({ p0: 30_000, p1: 30_000 }), 12_000).replicas, 5);
  });

  it('are in proportion to the pods that are ready, for the value of an object', () => {
    assert.equal(byValue(of(pods(3)), 20_000, 15_000).replicas, 4);
    assert.equal(byValue(of([...pods(3), pod('x', { ready: false })]), 30_000, 15_000).replicas, 6);
    assert.equal(byValue(of(pods(3)), 15_900, 15_000).replicas, 3);
    assert.equal(byValue(of([], { specReplicas: 0 }), 31_000, 15_000).replicas, 3);
    assert.throws(() => byValue(of([], { specReplicas: 2 }), 31_000, 15_000), /unable to calculate ready pods/);
    assert.equal(byValue(of(pods(3)), 2 ** 62, 1).replicas, 2 ** 31 - 1);
  });

  it('are as many as a value makes of so much for each', () => {
    assert.deepEqual(byShare(of(pods(3)), 100_000, 10_000), { replicas: 10, usage: 33_334 });
    assert.deepEqual(byShare(of(pods(3)), 31_000, 10_000), { replicas: 3, usage: 10_334 });
    assert.deepEqual(byShare(of([], { statusReplicas: 0 }), 31_000, 10_000), { replicas: 4, usage: 0 });
    assert.deepEqual(byShare(of([], { statusReplicas: 0 }), 0, 10_000), { replicas: 0, usage: 0 });
  });
});
