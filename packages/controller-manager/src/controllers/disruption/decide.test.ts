import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type KubeObject, type OwnerReference, type Pod, type PodDisruptionBudget } from '@keelson/api';
import { rfc3339, seededRandom } from '@keelson/service';
import type { Action, Decision, Update } from '../../framework/actions.js';
import { selectorText } from '../../framework/selector-text.js';
import { decideBudget, decideFailed } from './decide.js';
import { expectedPods, type PodOwners } from './expected-pods.js';
import { decideStale, staleIn } from './stale-targets.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const SELECTOR = { matchLabels: { app: 'web' } };

function budget(spec: object, status?: PodDisruptionBudget['status']): PodDisruptionBudget {
  const metadata = { name: 'b', namespace: 'default', generation: 3, resourceVersion: '10' };
  return { metadata, spec: { selector: SELECTOR, ...spec }, ...(status === undefined ? {} : { status }) };
}

function reference(kind: string, name: string, apiVersion = 'apps/v1'): OwnerReference {
  return { apiVersion, kind, name, uid: `uid-${name}`, controller: true };
}

function pod(
  name: string,
  { owner, ready = true, going = false }: { owner?: OwnerReference | undefined; ready?: boolean; going?: boolean } = {},
): Pod {
  return {
    metadata: {
      name,
      namespace: 'default',
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      ...(going ? { deletionTimestamp: rfc3339(NOW) } : {}),
    },
    spec: { containers: [] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}

const kept = (name: string, replicas: number, owner?: OwnerReference): KubeObject & { spec: { replicas: number } } => ({
  metadata: {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    ...(owner === undefined ? {} : { ownerReferences: [owner] }),
  },
  spec: { replicas },
});

/** Owners that are there; whatever is `scaled` is of any kind. */
function owners(known: Record<string, KubeObject>, scaled: Record<string, number | Error> = {}): PodOwners {
  const find = (_namespace: string, name: string) => known[name] as never;
  return {
    ...{ replicationController: find, replicaSet: find, deployment: find, statefulSet: find },
    async scaled({ name = '', uid = '' }) {
      const found = scaled[name];
      if (found instanceof Error) throw found;
      return found === undefined ? undefined : { uid, replicas: found };
    },
  };
}

const actionsOf = (decision: Decision): Action[] => (decision.steps ?? []).flat();
const toldBy = (decision: Decision) => actionsOf(decision).flatMap((it) => (it.do === 'tell' ? [it.reason] : []));
const statusOf = (actions: readonly Action[]) =>
  (actions.find((it): it is Update => it.do === 'update')?.object as PodDisruptionBudget | undefined)?.status;
const conditionOf = (status: PodDisruptionBudget['status']) =>
  (({ type, status: is, reason, message }) => [type, is, reason, message])(status?.conditions?.[0] ?? {});

describe('the number of pods that a budget expects', () => {
  const set = reference('ReplicaSet', 'set');
  const pods = Array.from({ length: 3 }, (_, index) => pod(`p${index}`, { owner: set }));

  for (const [spec, replicas, expected, healthy] of [
    [{ minAvailable: 2 }, 5, 3, 2],
    [{ minAvailable: '50%' }, 5, 5, 3],
    [{ minAvailable: '100%' }, 5, 5, 5],
    [{ minAvailable: '0%' }, 5, 5, 0],
    [{ maxUnavailable: 1 }, 5, 5, 4],
    [{ maxUnavailable: 9 }, 5, 5, 0],
    [{ maxUnavailable: '50%' }, 5, 5, 2],
    [{ maxUnavailable: '1%' }, 3, 3, 2],
    [{ maxUnavailable: 0 }, 0, 0, 0],
    [{}, 5, 0, 0],
    [{ minAvailable: 2_147_483_647 }, 5, 3, 2_147_483_647],
  ] as const)
    it(`is as ${JSON.stringify(spec)} of ${replicas} says`, async () => {
      const found = await expectedPods(budget(spec), pods, owners({ set: kept('set', replicas) }));
      assert.deepEqual(found, { expectedPods: expected, desiredHealthy: healthy, unmanaged: [] });
    });

  it('is that of whoever keeps its pods, each counted once', async () => {
    const rollout = reference('Deployment', 'web');
    const known = {
      old: kept('old', 1, rollout),
      new: kept('new', 4, rollout),
      web: kept('web', 4),
      db: kept('db', 3),
      rc: kept('rc', 2),
      alone: kept('alone', 6, reference('Deployment', 'gone')),
    };
    const mixed = [
      pod('a', { owner: reference('ReplicaSet', 'old') }),
      pod('b', { owner: reference('ReplicaSet', 'new') }),
      pod('c', { owner: reference('StatefulSet', 'db') }),
      pod('d', { owner: reference('ReplicationController', 'rc', 'v1') }),
      pod('e', { owner: reference('Cup', 'cup', 'example.com/v1') }),
      pod('f'),
      pod('g', { owner: reference('ReplicaSet', 'alone') }),
    ];
    const found = await expectedPods(budget({ maxUnavailable: 1 }), mixed, owners(known, { cup: 10, alone: 6 }));
    assert.deepEqual(found, { expectedPods: 25, desiredHealthy: 24, unmanaged: ['f'] });
  });

  it('cannot be said of pods whose owner is not there, or of what is no percentage', async () => {
    const spec = budget({ maxUnavailable: 1 });
    await assert.rejects(expectedPods(spec, pods, owners({})), /^Error: found no controllers for pod "p0"$/);
    const other = { ...kept('set', 3), metadata: { name: 'set', uid: 'another' } };
    await assert.rejects(expectedPods(spec, pods, owners({ set: other })), /found no controllers for pod "p0"/);
    const odd = [pod('p', { owner: reference('Cup', 'c', 'a/b/c') })];
    await assert.rejects(expectedPods(spec, odd, owners({})), /unexpected GroupVersion string: a\/b\/c/);
    await assert.rejects(expectedPods(budget({ minAvailable: 'many' }), [], owners({})), /not a percentage/);
  });
});

describe('a budget', () => {
  const expected = { expectedPods: 3, desiredHealthy: 2, unmanaged: [] };
  const three = [pod('a'), pod('b'), pod('c')];
  const seen = { budget: budget({}), pods: three, isUpToDate: true, now: NOW };

  it('allows as many disruptions as pods are healthy beyond what is wished', () => {
    const status = statusOf(actionsOf(decideBudget(seen, expected)));
    assert.deepEqual(
      { ...status, conditions: undefined },
      {
        ...{ currentHealthy: 3, desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1, observedGeneration: 3 },
        conditions: undefined,
      },
    );
    assert.deepEqual(conditionOf(status), ['DisruptionAllowed', 'True', 'SufficientPods', '']);
    const again = decideBudget({ ...seen, budget: { ...seen.budget, status: status! } }, expected);
    assert.deepEqual(actionsOf(again), []);
  });

  it('allows none while pods are not ready or going, or as long as it has no pods', () => {
    const pods = [pod('a'), pod('b', { ready: false }), pod('c', { going: true })];
    const status = statusOf(actionsOf(decideBudget({ ...seen, pods }, expected)));
    assert.deepEqual([status?.currentHealthy, status?.disruptionsAllowed], [1, 0]);
    assert.deepEqual(conditionOf(status), ['DisruptionAllowed', 'False', 'InsufficientPods', '']);
    const empty = decideBudget({ ...seen, pods: [] }, { expectedPods: 0, desiredHealthy: 0, unmanaged: [] });
    assert.deepEqual(toldBy(empty), ['NoPods']);
    assert.equal(statusOf(actionsOf(empty))?.disruptionsAllowed, 0);
  });

  it('does not count pods whose eviction was granted, for two minutes', () => {
    const granted = (secondsAgo: number) => rfc3339(NOW - secondsAgo * 1000);
    const status = { disruptedPods: { a: granted(10), b: granted(121), c: granted(5), gone: granted(5) } };
    const pods = [pod('a'), pod('b'), pod('c', { going: true })];
    const decision = decideBudget({ ...seen, pods, budget: budget({}, status) }, expected);
    assert.deepEqual(statusOf(actionsOf(decision))?.disruptedPods, { a: granted(10) });
    assert.equal(statusOf(actionsOf(decision))?.currentHealthy, 1);
    assert.deepEqual(toldBy(decision), ['NotDeleted']);
    assert.equal(decision.again, 110_001);
    // As long as it may be that they have come and were not seen, they are not let go of.
    const late = decideBudget({ ...seen, pods, isUpToDate: false, budget: budget({}, status) }, expected);
    assert.deepEqual(Object.keys(statusOf(actionsOf(late))?.disruptedPods ?? {}), ['a', 'gone']);
    assert.equal(late.again, 5_000);
  });

  it('allows nothing that could not be counted, and says why', () => {
    const before = budget({}, { disruptionsAllowed: 4, currentHealthy: 5, observedGeneration: 2 });
    const failed = decideFailed({ ...seen, budget: before }, new Error('no scale'), 1000);
    assert.deepEqual(toldBy(failed), ['CalculateExpectedPodCountFailed']);
    const status = statusOf(failed.afterwards?.(undefined) ?? []);
    assert.deepEqual([status?.disruptionsAllowed, status?.currentHealthy, status?.observedGeneration], [0, 5, 2]);
    assert.deepEqual(conditionOf(status), ['DisruptionAllowed', 'False', 'SyncFailed', 'no scale']);
    const settled = decideFailed({ ...seen, budget: { ...before, status: status! } }, new Error('no scale'), 1000);
    assert.deepEqual(settled.afterwards?.(undefined), []);
    const unwritten = decideBudget({ ...seen, budget: before }, expected);
    assert.deepEqual(unwritten.afterwards?.(apiErrors.conflict({ group: 'policy', plural: 'x' }, 'b')), []);
    assert.equal(statusOf(unwritten.afterwards?.(apiErrors.internalError('disk')) ?? [])?.disruptionsAllowed, 0);
  });

  it('tells of pods that belong to nobody', () => {
    const decision = decideBudget(seen, { ...expected, unmanaged: ['a'] });
    const [told] = actionsOf(decision).filter((it) => it.do === 'tell');
    assert.match(
      String(told?.message),
      /^Pods selected by this PodDisruptionBudget \(selector: &LabelSelector\{MatchLabels/,
    );
    const text = selectorText({ ...SELECTOR, matchExpressions: [{ key: 'a', operator: 'In', values: ['x', 'y'] }] });
    assert.equal(
      text,
      '&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:a,Operator:In,Values:[x y],},},}',
    );
  });

  it('never allows more than is healthy, counted and beyond what is wished', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 2_000; round++) {
      const pods = Array.from({ length: random.integer(8) }, (_, index) =>
        pod(`p${index}`, { ready: random.integer(2) === 0, going: random.integer(4) === 0 }),
      );
      const names = Array.from({ length: random.integer(4) }, () => `p${random.integer(10)}`);
      const disruptedPods = Object.fromEntries(names.map((it) => [it, rfc3339(NOW - random.integer(200) * 1000)]));
      const counts = { expectedPods: random.integer(10), desiredHealthy: random.integer(10), unmanaged: [] };
      const isUpToDate = random.integer(2) === 0;
      const decision = decideBudget({ budget: budget({}, { disruptedPods }), pods, isUpToDate, now: NOW }, counts);
      const status = statusOf(actionsOf(decision));
      const standing = pods.filter(
        (it) =>
          it.metadata.deletionTimestamp === undefined &&
          it.status?.conditions?.[0]?.status === 'True' &&
          !(NOW - Date.parse(disruptedPods[it.metadata.name!] ?? '') <= 120_000),
      );
      assert.equal(status?.currentHealthy, standing.length);
      const most = counts.expectedPods === 0 ? 0 : Math.max(standing.length - counts.desiredHealthy, 0);
      assert.equal(status?.disruptionsAllowed, most);
    }
  });
});

describe('a pod that was said to go', () => {
  const going = (secondsAgo: number, more: object = {}): Pod => {
    const condition = {
      ...{
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      },
      ...{ lastTransitionTime: rfc3339(NOW - secondsAgo * 1000), ...more },
    };
    return { ...pod('a'), status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }, condition] } };
  };

  it('and stays is no longer said to, after two minutes', () => {
    assert.equal(staleIn(going(20), NOW), 100_000);
    assert.deepEqual(decideStale(going(20), NOW), { again: 100_000 });
    const [write] = actionsOf(decideStale({ ...going(120), metadata: { ...going(120).metadata, generation: 2 } }, NOW));
    assert.equal(write?.do, 'update');
    assert.deepEqual((write as Update).object, {
      ...{ ...pod('a'), metadata: { ...pod('a').metadata, generation: 2 } },
      status: {
        phase: 'Running',
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'DisruptionTarget', status: 'False', lastTransitionTime: rfc3339(NOW), observedGeneration: 2 },
        ],
      },
    });
  });

  it('is left alone when it goes, has ended, or the kubelet ends it', () => {
    assert.equal(staleIn({ ...going(300), metadata: { deletionTimestamp: rfc3339(NOW) } }, NOW), undefined);
    assert.equal(staleIn({ ...going(300), status: { ...going(300).status, phase: 'Failed' } }, NOW), undefined);
    assert.equal(staleIn(going(300, { reason: 'TerminationByKubelet' }), NOW), undefined);
    assert.equal(staleIn(going(300, { status: 'False' }), NOW), undefined);
    assert.equal(staleIn(going(0, { lastTransitionTime: undefined }), NOW), 0);
  });
});
