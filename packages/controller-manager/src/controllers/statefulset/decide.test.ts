import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rfc3339 } from '@keelson/service';
import fc from 'fast-check';
import type { Action, Decision } from '../../framework/actions.js';
import { StatefulSetModel as Model, templateOf } from '../../testing/stateful-set.js';
import { ordinalOf, revisionNameOf } from './identity.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const actionsOf = ({ steps = [] }: Decision, verb: Action['do']) =>
  steps.flat().flatMap((it) => (it.do === verb && it.do !== 'tell' ? [it.object.metadata.name] : []));
const named = (model: Model) => [...model.pods.keys()].sort();

describe('a decision about a StatefulSet', () => {
  it('makes a revision, then pod after pod, each when those before it serve', () => {
    const model = new Model();
    assert.deepEqual(actionsOf(model.look(), 'create').length, 1);
    model.step();
    assert.equal(model.revisions.size, 1);
    const [revision] = model.revisions.values();
    for (const name of ['web-0', 'web-1', 'web-2']) {
      assert.deepEqual(actionsOf(model.look(), 'create'), [name]);
      model.settle();
      assert.deepEqual(actionsOf(model.look(), 'create'), []);
      model.ready(name);
    }
    model.settle();
    const pod = model.pods.get('web-1')!;
    assert.deepEqual(pod.metadata.labels, {
      app: 'web',
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': revision?.metadata.name,
    });
    assert.deepEqual([pod.spec?.hostname, pod.spec?.subdomain], ['web-1', 'web']);
    const { observedGeneration, conditions: _, ...status } = model.set.status!;
    assert.equal(observedGeneration, 1);
    assert.deepEqual(status, {
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: revision?.metadata.name,
      updateRevision: revision?.metadata.name,
      collisionCount: 0,
    });
  });

  it('makes all at once where order does not matter, so many at a time, and numbers them from the start', () => {
    const model = new Model({ podManagementPolicy: 'Parallel', replicas: 2, ordinals: { start: 7 } });
    model.settle();
    assert.deepEqual(named(model), ['web-7', 'web-8']);
    const huge = new Model({
      podManagementPolicy: 'Parallel',
      replicas: 2 ** 31 - 1,
      ordinals: { start: 2 ** 31 - 1 },
    });
    huge.step();
    assert.equal(actionsOf(huge.look(), 'create').length, 500);
    const ordered = new Model({ replicas: 2 ** 31 - 1 });
    ordered.settle();
    assert.deepEqual(named(ordered), ['web-0']);
  });

  it('takes pods from the last, one at a time, and waits for each', () => {
    const model = new Model();
    model.serveAll();
    model.change({ replicas: 1 });
    assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-2']);
    model.settle();
    assert.deepEqual(actionsOf(model.look(), 'delete'), []);
    model.take('web-2');
    assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-1']);
    const parallel = new Model({ podManagementPolicy: 'Parallel' });
    parallel.serveAll();
    parallel.change({ replicas: 0 });
    assert.deepEqual(actionsOf(parallel.look(), 'delete').sort(), ['web-0', 'web-1', 'web-2']);
  });

  it('takes of pods beyond the first that does not serve, and no other while that is there', () => {
    const model = new Model();
    model.serveAll();
    model.pods.set('web-1', { ...model.pods.get('web-1')!, status: { phase: 'Pending' } });
    model.pods.set('web-2', { ...model.pods.get('web-2')!, status: { phase: 'Pending' } });
    model.change({ replicas: 1 });
    assert.deepEqual(actionsOf(model.look(), 'delete'), []);
    model.pods.delete('web-1');
    assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-2']);
  });

  it('replaces pods from the last on, down to the partition, and keeps those below at the old revision', () => {
    const model = new Model();
    model.serveAll();
    const old = model.set.status?.currentRevision;
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    model.change({ template: templateOf('two'), updateStrategy });
    model.step();
    assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-2']);
    model.serveAll();
    assert.deepEqual(model.images(), { 'web-0': 'one', 'web-1': 'two', 'web-2': 'two' });
    assert.equal(model.set.status?.currentRevision, old);
    assert.equal(model.set.status?.updatedReplicas, 2);
    assert.equal(model.set.status?.currentReplicas, 1);
    model.pods.delete('web-0');
    model.serveAll();
    assert.deepEqual(model.images()['web-0'], 'one');
    model.change({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } });
    model.serveAll();
    assert.deepEqual(model.images(), { 'web-0': 'two', 'web-1': 'two', 'web-2': 'two' });
    assert.equal(model.set.status?.currentRevision, model.set.status?.updateRevision);
    assert.notEqual(model.set.status?.currentRevision, old);
  });

  it('leaves pods that are to be deleted by hand to the hand', () => {
    const model = new Model({ updateStrategy: { type: 'OnDelete' } });
    model.serveAll();
    model.change({ template: templateOf('two') });
    model.serveAll();
    assert.deepEqual(Object.values(model.images()), ['one', 'one', 'one']);
    model.pods.delete('web-1');
    model.serveAll();
    assert.deepEqual(model.images(), { 'web-0': 'one', 'web-1': 'two', 'web-2': 'one' });
  });

  it('waits for a broken pod though the template was put right: somebody has to delete it', () => {
    const model = new Model();
    model.serveAll();
    const good = model.set.spec?.template;
    model.change({ template: templateOf('broken') });
    model.settle();
    model.take('web-2');
    model.settle();
    model.change({ template: good });
    model.settle();
    assert.equal(model.images()['web-2'], 'broken');
    assert.deepEqual(actionsOf(model.look(), 'delete'), []);
    assert.equal(model.revisions.size, 2);
    model.pods.delete('web-2');
    model.serveAll();
    assert.deepEqual(Object.values(model.images()), ['one', 'one', 'one']);
  });

  it('may replace several at once, and in a set without order those first that serve nobody', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 2 } };
    const model = new Model({ replicas: 5, updateStrategy });
    model.serveAll();
    model.change({ template: templateOf('two') });
    model.step();
    assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-4', 'web-3']);
    const parallel = new Model({ replicas: 5, updateStrategy, podManagementPolicy: 'Parallel' });
    parallel.serveAll();
    for (const name of ['web-0', 'web-1', 'web-2'])
      parallel.pods.set(name, { ...parallel.pods.get(name)!, status: { phase: 'Running' } });
    parallel.change({ template: templateOf('two') });
    parallel.step();
    assert.deepEqual(actionsOf(parallel.look(), 'delete'), ['web-2', 'web-1', 'web-0']);
    const share = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: '10%' } };
    parallel.change({ updateStrategy: share });
    parallel.serveAll();
    assert.ok(Object.values(parallel.images()).every((it) => it === 'two'));
  });

  it('makes pods that ended anew, once they are gone', () => {
    for (const phase of ['Failed', 'Succeeded']) {
      const model = new Model();
      model.serveAll();
      model.pods.set('web-1', { ...model.pods.get('web-1')!, status: { phase } });
      assert.deepEqual(actionsOf(model.look(), 'delete'), ['web-1']);
      model.settle();
      assert.deepEqual(actionsOf(model.look(), 'create'), []);
      model.take('web-1');
      assert.deepEqual(actionsOf(model.look(), 'create'), ['web-1']);
    }
  });

  it('waits until a pod has served for long enough, and says when to look again', () => {
    const model = new Model({ minReadySeconds: 10 });
    model.settle();
    model.ready('web-0');
    model.settle();
    assert.deepEqual([model.set.status?.readyReplicas, model.set.status?.availableReplicas], [1, 0]);
    const { again } = model.look();
    assert.ok(again! > 10_000 && again! < 11_000, String(again));
    model.now += again!;
    assert.deepEqual(actionsOf(model.look(), 'create'), ['web-1']);
  });

  it('comes back to a revision by its number, and forgets those that nothing lives by beyond its limit', () => {
    const model = new Model({ revisionHistoryLimit: 2 });
    for (const image of ['one', 'two', 'three', 'four', 'five']) {
      model.change({ template: templateOf(image) });
      model.serveAll();
    }
    const numbers = () => [...model.revisions.values()].map((it) => it.revision).sort();
    assert.deepEqual(numbers(), [3, 4, 5]);
    model.change({ template: templateOf('four') });
    model.serveAll();
    assert.deepEqual(numbers(), [3, 5, 6]);
    assert.deepEqual(Object.values(model.images()), ['four', 'four', 'four']);
  });

  it('takes what a revision leaves to defaults for no change', () => {
    const model = new Model();
    model.settle();
    const [name = '', revision] = [...model.revisions][0] ?? [];
    const data = { spec: { template: { ...templateOf('one'), $patch: 'replace' } } };
    model.revisions.set(name, { ...revision!, data });
    const full = { ...templateOf('one'), spec: { ...templateOf('one').spec, restartPolicy: 'Always' } };
    model.change({ template: full });
    model.serveAll();
    assert.equal(model.revisions.size, 1);
  });

  it('does nothing on its way out but count', () => {
    const model = new Model();
    model.serveAll();
    model.set.metadata.deletionTimestamp = rfc3339(NOW);
    model.pods.delete('web-1');
    const { steps = [], afterwards } = model.look();
    assert.deepEqual(steps.flat(), []);
    assert.equal(afterwards?.(undefined).length, 1);
    assert.deepEqual(new Model().look().steps?.length, 1);
  });

  it('never has an identity twice, keeps order and budget, and gets there, whatever is wanted and happens', () => {
    const change = fc.record({
      replicas: fc.nat(6),
      image: fc.constantFrom('one', 'two', 'three'),
      partition: fc.nat(3),
      maxUnavailable: fc.constantFrom(undefined, undefined, 1, 2, 3),
    });
    const happening = fc.oneof(
      { weight: 1, arbitrary: change },
      {
        weight: 8,
        arbitrary: fc.record({
          what: fc.constantFrom('step', 'step', 'ready', 'ready', 'take', 'take', 'fail', 'kill'),
          at: fc.nat(9),
        }),
      },
    );
    const policy = fc.constantFrom('OrderedReady', 'Parallel');
    fc.assert(
      fc.property(
        policy,
        fc.nat(2),
        fc.array(happening, { maxLength: 80, size: 'max' }),
        (podManagementPolicy, start, story) => {
          const model = new Model({ podManagementPolicy, ordinals: { start }, replicas: 5 });
          model.serveAll();
          for (const it of story) {
            if ('image' in it) {
              const rollingUpdate = {
                partition: it.partition,
                ...(it.maxUnavailable ? { maxUnavailable: it.maxUnavailable } : {}),
              };
              const updateStrategy = { type: 'RollingUpdate', rollingUpdate };
              model.change({ replicas: it.replicas, template: templateOf(it.image), updateStrategy });
              continue;
            }
            const name = `web-${it.at}`;
            if (it.what === 'step') checkedStep(model);
            else if (it.what === 'ready') model.ready(name);
            else if (it.what === 'take') model.take(name);
            else if (it.what === 'kill') model.pods.delete(name);
            else if (model.pods.has(name))
              model.pods.set(name, { ...model.pods.get(name)!, status: { phase: 'Failed' } });
          }
          model.serveAll();
          const { replicas = 0, updateStrategy, template } = model.set.spec!;
          const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
          assert.deepEqual(
            named(model),
            Array.from({ length: replicas }, (_, index) => `web-${start + index}`),
          );
          for (const pod of model.pods.values()) {
            if ((ordinalOf(model.set, pod) ?? 0) < start + partition) continue;
            assert.equal(pod.spec?.containers?.[0]?.image, template?.spec?.containers?.[0]?.image);
            assert.equal(revisionNameOf(pod), model.set.status?.updateRevision);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** One decision done, which must keep to the order and the budget that the set asks for. */
function checkedStep(model: Model): void {
  const { replicas = 0, ordinals, podManagementPolicy, updateStrategy } = model.set.spec!;
  const start = ordinals?.start ?? 0;
  const decision = model.look();
  const serves = (name: string) => model.pods.has(name) && model.isServing(model.pods.get(name)!);
  const range = Array.from({ length: replicas }, (_, index) => `web-${start + index}`);
  if (podManagementPolicy === 'OrderedReady') {
    for (const name of actionsOf(decision, 'create').filter((it) => it?.match(/^web-\d$/)))
      assert.ok(range.slice(0, range.indexOf(name!)).every(serves), `${name} before its turn`);
  }
  const gone = actionsOf(decision, 'delete').filter((name) => range.includes(name!) && serves(name!));
  const budget = updateStrategy?.rollingUpdate?.maxUnavailable;
  const idle = range.filter((name) => !serves(name)).length;
  if (budget !== undefined) assert.ok(gone.length <= Math.max(0, Number(budget) - idle), 'beyond the budget');
  else {
    assert.ok(gone.length <= 1, 'more than one at a time');
    for (const name of gone) assert.ok(range.slice(range.indexOf(name!) + 1).every(serves), `${name} before its turn`);
  }
  model.step();
}
